import { expect, it } from 'vitest'
import { dataset, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'

const test = await testApp()
const { ask, freshTenant, reads } = test
const tenant = await freshTenant()
await recorded(test, tenant, [dataset('a')])

const PAGE = 'query Q($n: Int!) { entities(first: $n) { nodes { facets { name } } } }'
/** A page of `n`, five times over: an entity is 1 and its facets 1 and ten. */
const FIVE = `query Q($n: Int!) { ${['a', 'b', 'c', 'd', 'e'].map((name) => `${name}: entities(first: $n) { nodes { kind ... on Job { runs(first: 35) { nodes { id } } } } }`).join(' ')} }`

it('refuses an operation above the most before it reads anything, and says both', async () => {
  reads()
  const { errors, status } = await ask(FIVE, { tenant, variables: { n: 1_000 } })
  expect(status).toBe(400)
  expect(errors).toMatchObject([{ extensions: { code: 'OPERATION_TOO_COSTLY', most: 100_000 } }])
  expect(errors?.[0]?.extensions.price).toBeGreaterThan(100_000)
  expect(reads()).toEqual([])
})

it('tells the price with the answer where it is asked to', async () => {
  const asked = { tenant, variables: { n: 2 } }
  const told = await ask(PAGE, { ...asked, extensions: { cost: 'report' } })
  const price = 1 + (1 + 2 * (1 + (1 + 10)))
  expect(told.extensions).toMatchObject({
    cost: { price, most: 100_000, fields: { entities: price } },
    position: expect.any(String),
  })
  expect((await ask(PAGE, asked)).extensions).not.toHaveProperty('cost')
})

it.each([2, 1_000])('prices without running, and whatever the price: a page of %i', async (n) => {
  reads()
  const answer = await ask(FIVE, { variables: { n }, extensions: { cost: 'only' } })
  expect(answer).toMatchObject({ data: null, extensions: { cost: { price: expect.any(Number) } } })
  expect([answer.errors, reads()]).toEqual([undefined, []])
})

it('does no mutation that is only priced', async () => {
  const mutation = 'mutation { tenantCreate(name: "priced") { name } }'
  const { extensions } = await ask(mutation, { extensions: { cost: 'only' } })
  expect(extensions).toMatchObject({ cost: { price: 100 } })
  const { data } = await ask<{ tenants: { name: string }[] }>('{ tenants { name } }')
  expect(data.tenants.map(({ name }) => name)).not.toContain('priced')
})

it('refuses another word for how to tell the price', async () => {
  const { errors } = await ask('{ log { size } }', { tenant, extensions: { cost: true } })
  expect(errors).toMatchObject([{ extensions: { code: 'COST_INVALID' } }])
})
