import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { BODIES } from '../../domains/kinds/bodies.ts'
import { TYPED_KINDS } from '../../lineage/kinds.ts'
import { testApp } from '../setup/app.ts'
import { bodyBy, edgesOf, type Spoilt, spoiltBy } from './arbitrary.ts'
import { besides, bodyAt, leastBody, recordedKind, sendKind } from './recording.ts'

const test = await testApp()
const { ask, freshTenant, faults } = test

const SPOILT = 200
const SEED = 20_260_331

const sizeOf = async (tenant: string) =>
  (await ask<{ log: { size: number } }>('{ log { size } }', { tenant })).data.log.size

/** Where an error says that something is wrong: our own by a JSON Pointer, GraphQL's by a path. */
function placeTold({
  message,
  extensions,
}: {
  message: string
  extensions: Record<string, unknown>
}) {
  if (extensions.code === 'BODY_INVALID') return extensions.path as string
  const [, path] = /at "items\[0\]\.body((?:\.\w+|\[\d+\])*)"/.exec(message) ?? []
  const [, more] = /(?:unknown|required) field "([^"]+)"/.exec(message) ?? []
  const place = (path ?? '').replaceAll(/\.|\[/g, '/').replaceAll(']', '')
  return more ? `${place}/${more.replaceAll('~', '~0').replaceAll('/', '~1')}` : place
}

describe.each(TYPED_KINDS)('the body of a %s', (kind) => {
  const { whole } = BODIES[kind]
  let tenant: string
  beforeAll(async () => {
    tenant = await freshTenant()
  })

  it('comes back as it was given, and the JSON Schema of its kind takes it', async () => {
    const bodies = fc.sample(bodyBy(whole), { numRuns: 20, seed: SEED })
    const items = bodies.map((body, i) => ({ namespace: 'n', name: `${i}`, body }))
    const outcomes = await recordedKind(test, kind, { tenant, items })
    expect(new Set(outcomes.map(({ id }) => id)).size).toBe(bodies.length)
    for (const [i, { id }] of outcomes.entries()) {
      expect(await bodyAt(test, kind, { tenant, id })).toEqual(bodies[i])
    }
  })

  it(`is refused where anything in it is wrong, by a code that says where, and nothing is written (${SPOILT} of them)`, async () => {
    const before = await sizeOf(tenant)
    const spoilt = fc.sample(spoiltBy(whole), { numRuns: SPOILT, seed: SEED })
    const wrong: [Spoilt, unknown][] = []
    for (const one of spoilt) {
      const { data, errors } = await sendKind(test, kind, {
        ...{ tenant, items: [{ namespace: 'n', name: 'a', body: one.body }] },
      })
      const [error] = errors ?? []
      const code = error?.extensions.code as string
      const isTyped = ['BODY_INVALID', 'BAD_USER_INPUT'].includes(code)
      const named = one.path
      // Above 20 things wrong at once, or in a list of one wrong thing, the first is told.
      const told = error && placeTold(error)
      const isNamed = told?.startsWith(named) || (told && named.startsWith(told))
      if (data?.done || !isTyped || !isNamed) wrong.push([one, error])
    }
    expect(wrong.slice(0, 3)).toEqual([])
    expect(await sizeOf(tenant)).toBe(before)
  })

  it('is taken at every limit, and refused above it', async () => {
    const edges = edgesOf(whole)
    expect(edges.length).toBeGreaterThan(0)
    for (const { field, at, above } of edges) {
      const item = (value: unknown) => [
        {
          namespace: 'n',
          name: field,
          body: { ...leastBody(kind), ...besides(kind, field), [field]: value },
        },
      ]
      const [taken] = await recordedKind(test, kind, { tenant, items: item(at) })
      expect(await bodyAt(test, kind, { tenant, id: taken!.id })).toMatchObject({ [field]: at })
      const { errors } = await sendKind(test, kind, { tenant, items: item(above) })
      expect(errors).toMatchObject([{ extensions: { code: 'BODY_INVALID', path: `/${field}` } }])
    }
  })

  it('is the least that it needs, and no less: what is left out is kept, null deletes', async () => {
    const least = leastBody(kind)
    const [field] = Object.keys(least)
    const [optional] = fc
      .sample(bodyBy(whole), { numRuns: 100, seed: SEED })
      .filter((body) => Object.keys(body).length > Object.keys(least).length)
    const item = (body: unknown) => ({ tenant, items: [{ namespace: 'n', name: 'kept', body }] })
    const [{ id } = { id: '' }] = await recordedKind(test, kind, item(least))
    await recordedKind(test, kind, item(optional))
    expect(await bodyAt(test, kind, { tenant, id })).toEqual({ ...least, ...optional })
    const extra = Object.keys(optional!).filter((name) => !(name in least))
    const none = Object.fromEntries(extra.map((name) => [name, null]))
    await recordedKind(test, kind, item({ ...least, ...none }))
    expect(await bodyAt(test, kind, { tenant, id })).toEqual(least)
    const { errors } = await sendKind(test, kind, item({ [field!]: null }))
    expect(errors).toMatchObject([
      { extensions: { code: 'BODY_INVALID', path: `/${field}`, kind } },
    ])
    expect(await bodyAt(test, kind, { tenant, id })).toEqual(least)
  })

  it('is recorded wholly or not at all, once for one key', async () => {
    const good = { namespace: 'n', name: 'once', body: leastBody(kind) }
    const bad = { namespace: 'n', name: 'bad', body: {} }
    const size = await sizeOf(tenant)
    const { errors } = await sendKind(test, kind, { tenant, items: [good, bad] })
    expect(errors).toMatchObject([{ extensions: { code: 'BODY_INVALID', item: 1 } }])
    expect(await sizeOf(tenant)).toBe(size)
    const headers = { 'idempotency-key': 'k' }
    const first = await sendKind(test, kind, { tenant, headers, items: [good] })
    const again = await sendKind(test, kind, { tenant, headers, items: [good] })
    expect(again.data.done).toEqual({ ...first.data.done, replayed: true })
    const unchanged = await recordedKind(test, kind, { tenant, items: [good] })
    expect(unchanged).toMatchObject([{ version: 1, changed: false }])
  })

  it('is seen by nobody else', async () => {
    const other = await freshTenant()
    const items = [{ namespace: 'n', name: 'seen', body: leastBody(kind) }]
    const [{ id } = { id: '' }] = await recordedKind(test, kind, { tenant, items })
    expect(await bodyAt(test, kind, { tenant: other, id })).toBeNull()
    const { data } = await ask<{ entities: { nodes: object[] }; entity: object }>(
      `{ entities(kind: ${kind}) { nodes { id } } entity(kind: ${kind}, namespace: "n", name: "seen") { id } }`,
      { tenant: other },
    )
    expect(data).toEqual({ entities: { nodes: [] }, entity: null })
    const found = await ask<{ entities: { nodes: object[] } }>(
      `{ entities(kind: ${kind}) { nodes { id kind name } } }`,
      { tenant },
    )
    expect(found.data.entities.nodes).toContainEqual({ id, kind, name: 'seen' })
  })

  it('goes when it is erased, and can be said anew', async () => {
    const items = [{ namespace: 'n', name: 'erased', body: leastBody(kind) }]
    const [{ id } = { id: '' }] = await recordedKind(test, kind, { tenant, items })
    await ask(`mutation { erase(id: "${id}", ground: OTHER, reason: "a test") { position } }`, {
      tenant,
    })
    expect(await bodyAt(test, kind, { tenant, id })).toBeNull()
    const { errors } = await sendKind(test, kind, {
      ...{ tenant, items: [{ namespace: 'n', name: 'erased', body: {} }] },
    })
    expect(errors).toMatchObject([{ extensions: { code: 'BODY_INVALID' } }])
    await recordedKind(test, kind, { tenant, items })
    expect(await bodyAt(test, kind, { tenant, id })).toEqual(leastBody(kind))
  })
})

it('says of what is missing that it must be said', async () => {
  const item = { namespace: 'n', name: 'a', body: { title: 'Orders' } }
  const { errors } = await sendKind(test, 'Source', { tenant: await freshTenant(), items: [item] })
  expect(errors?.[0]?.extensions.issues).toEqual([
    { path: '/description', says: 'it must be said' },
  ])
})

it('takes bodies in batches of up to 500', async () => {
  const tenant = await freshTenant()
  const items = Array.from({ length: 501 }, (_, i) => ({
    namespace: 'n',
    name: `${i}`,
    body: leastBody('Source'),
  }))
  const { errors } = await sendKind(test, 'Source', { tenant, items })
  expect(errors).toMatchObject([{ extensions: { code: 'RECORD_BATCH_TOO_LARGE' } }])
  expect(await recordedKind(test, 'Source', { tenant, items: items.slice(1) })).toHaveLength(500)
})

it('had no fault of its own', () => expect(faults).toEqual([]))
