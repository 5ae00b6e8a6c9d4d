import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { testApp } from '../setup/app.ts'
import { listening } from '../setup/listening.ts'
import { selvedge } from '../setup/selvedge.ts'

const test = await testApp('on demand')
const url = await listening(test.app)
const folder = mkdtempSync(join(tmpdir(), 'selvedge-saved-queries-'))
afterAll(() => rmSync(folder, { recursive: true }))

const page = readFileSync('docs/how-to/saved-queries.md', 'utf8')
const file = join(folder, 'unlicensed.graphql')
writeFileSync(file, /^```graphql\n(.*?)^```$/ms.exec(page)![1]!)

/** The commands of the page, in its order, without where their output goes. */
const lines = [...page.matchAll(/^ {4}selvedge (query .*?)(?: > .*)?$/gm)].map(([, line]) =>
  [...line!.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!),
)

const recordOwner = async (tenant: string) => {
  const { data, errors } = await test.ask<{ principalRecord: { results: { id: string }[] } }>(
    `mutation { principalRecord(items: [{ namespace: "people", name: "ada", body: { title: "Ada", type: person } }]) { results { id } } }`,
    { tenant },
  )
  expect(errors).toBeUndefined()
  return data.principalRecord.results[0]!.id
}

it('docs/how-to/saved-queries.md: each command does as it says', async () => {
  const tenant = await test.freshTenant()
  const owner = await recordOwner(tenant)
  const { errors } = await test.ask(
    `mutation { linksRecord(items: [{ entity: { kind: Dataset, namespace: "db", name: "orders" }, attributedTo: [{ id: "${owner}" }] }]) { position } }`,
    { tenant },
  )
  expect(errors).toBeUndefined()
  const variables = join(folder, 'owner.json')
  writeFileSync(variables, JSON.stringify({ owner }))

  const put: Record<string, string> = {
    acme: tenant,
    'unlicensed.graphql': file,
    'owner.json': variables,
    'owner=urn:selvedge:principal:h:…': `owner=${owner}`,
  }
  const run = async (i: number) => {
    const args = lines[i]!.map((one) => put[one] ?? one)
    const { code, stdout, stderr } = await selvedge([...args, '--url', url])
    expect(code, `${args.join(' ')}: ${stderr}`).toBe(0)
    return stdout
  }

  expect(await run(0)).toBe('unlicensed is saved, as version 1.\n')
  expect(await run(1)).toMatch(
    /^name +version +saved +variables +title\nunlicensed +1 +\S+ +first +What has no licence\n$/,
  )
  expect(await run(2)).toBe(readFileSync(file, 'utf8'))
  const table = 'kind     namespace  name\nDataset  db         orders\n'
  expect(await run(3)).toBe(table)
  const whole = JSON.parse(await run(4))
  expect(whole).toMatchObject({
    ...{ ok: true, tenant, position: expect.stringMatching(/^0:\d+$/) },
    data: { owned: { nodes: [{ kind: 'Dataset', namespace: 'db', name: 'orders' }] } },
  })
  expect(await run(5)).toBe(table)
  expect(JSON.parse(await run(6))).toEqual(whole)

  const [body] = [...page.matchAll(/^```json\n(.*?)^```$/gms)].map(([, text]) => text!)
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-selvedge-tenant': tenant },
    body: body!.replace('urn:selvedge:principal:h:…', owner),
  })
  expect(((await response.json()) as { data: unknown }).data).toEqual(whole.data)

  expect(await run(7)).toBe('unlicensed is removed.\n')
  expect(lines).toHaveLength(8)
})
