import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { recordedKind } from '../kinds/recording.ts'
import { chain, dataset, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { listening } from '../setup/listening.ts'
import { selvedge } from '../setup/selvedge.ts'
import { listedIn } from '../standards/catalogues.ts'
import { graphOf } from '../standards/triples.ts'

const test = await testApp()
const url = await listening(test.app)
const folder = mkdtempSync(join(tmpdir(), 'selvedge-cli-formats-'))
let tenant = ''
let root = ''

beforeAll(async () => {
  tenant = await test.freshTenant()
  root = (await chain(test, tenant))[2]
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** The commands of the how-to, with what it leaves open. */
const commands = [
  ...readFileSync('docs/how-to/standards-out.md', 'utf8').matchAll(
    /^npm run -s selvedge -- (export --format prov.*)$/gm,
  ),
].map(([, args]) => args!.split(' '))

const told = (args: string[]) =>
  selvedge([...args, '--url', url].map((arg) => (arg === 'lineage.json' ? join(folder, arg) : arg)))
const withPlaces = (args: string[]) =>
  args.map((arg) => ({ demo: tenant, 'urn:selvedge:dataset:h:…': root })[arg] ?? arg)

it('writes what the how-to says, as a file or to standard output', async () => {
  const [toFile, toOutput] = commands.map(withPlaces) as [string[], string[]]
  const kept = await told(toFile)
  expect(kept.code, kept.stderr).toBe(0)
  expect(kept.stdout).toMatch(/^prov-json as of position 0:\d+: /)
  const { entity } = JSON.parse(readFileSync(join(folder, 'lineage.json'), 'utf8'))
  expect(Object.keys(entity)).toHaveLength(3)
  const { code, stdout } = await told(toOutput)
  expect([code, stdout.split('\n')[0], stdout.match(/^entity/gm)]).toEqual([
    0,
    'document',
    ['entity', 'entity', 'entity'],
  ])
  expect(readdirSync(folder)).toEqual(['lineage.json'])
})

it('tells programs in one JSON object, and reads at a moment', async () => {
  const { data } = await test.ask<{ log: { size: number } }>('{ log { size } }', { tenant })
  const out = join(folder, 'then.provn')
  const { code, stdout } = await told([
    ...['export', '--format', 'prov-n', '--tenant', tenant, '--root', root, '--out', out],
    ...['--as-of', `0:${data.log.size}`, '--json'],
  ])
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toEqual({
    ...{ ok: true, tenant, file: out, format: 'prov-n', position: `0:${data.log.size}` },
  })
})

it.each([
  ['what the server refuses', ['--depth', '21'], 1, /^LINEAGE_DEPTH_OUT_OF_RANGE: /],
  [
    'a format that is none',
    ['--format', 'rdf'],
    2,
    /Allowed choices are bundle, prov-json, prov-n/,
  ],
  ['fields to withhold', ['--withhold', 'name'], 2, /--withhold is for bundles/],
  ['a size for a moment', ['--as-of', '7'], 2, /the position is 0:7/],
  ['runs in a bundle', ['--format', 'bundle', '--runs', '1'], 2, /formats of others/],
])('refuses %s, and writes nothing', async (_what, args, exit, wrong) => {
  const out = join(folder, 'refused')
  const { code, stdout, stderr } = await told([
    ...['export', '--format', 'prov-n', '--tenant', tenant, '--root', root, '--out', out],
    ...args,
  ])
  expect([code, stdout]).toEqual([exit, ''])
  expect(stderr).toMatch(wrong)
  expect(readdirSync(folder)).not.toContain('refused')
})

it('describes a model as the how-to says, and takes nothing that is about walks', async () => {
  const [made] = await recordedKind(test, 'Model', {
    tenant,
    items: [{ namespace: 'ml', name: 'churn', body: { title: 'Churn' } }],
  })
  const page = readFileSync('docs/how-to/standards-out.md', 'utf8')
  const lines = [...page.matchAll(/^npm run -s selvedge -- (export --format (?:c|m).*)$/gm)]
  const outs = ['bom.json', 'README.md'].map((name) => join(folder, name))
  for (const [i, [, args]] of lines.entries()) {
    const places: Record<string, string> = { demo: tenant, 'urn:selvedge:model:h:…': made!.id }
    const given = args!.split(' ').map((arg) => places[arg] ?? arg)
    const { code, stderr } = await told([...given.slice(0, -1), outs[i]!])
    expect(code, stderr).toBe(0)
  }
  expect(JSON.parse(readFileSync(outs[0]!, 'utf8'))).toMatchObject({ specVersion: '1.7' })
  expect(readFileSync(outs[1]!, 'utf8')).toContain('# Churn')
  const walked = await told([
    ...['export', '--format', 'cyclonedx', '--tenant', tenant, '--root', made!.id, '--out', '-'],
    ...['--depth', '3'],
  ])
  expect([walked.code, walked.stderr]).toEqual([2, expect.stringContaining('--depth is not for')])
})

it('writes a catalogue as the how-to says: everything, page after page, as one document, or one lineage', async () => {
  const page = readFileSync('docs/how-to/standards-out.md', 'utf8')
  const lines = [...page.matchAll(/^npm run -s selvedge -- (export --format dcat-ap.*)$/gm)]
  const many = Array.from({ length: 501 }, (_, i) => dataset(`d${i}`))
  for (const some of [many.slice(0, 500), many.slice(500)]) await recorded(test, tenant, some)
  const counts = []
  for (const [i, args] of lines.map(([, line]) => withPlaces(line!.split(' '))).entries()) {
    const out = join(folder, `catalogue-${i}.jsonld`)
    const { code, stderr } = await told([...args.slice(0, -1), out])
    expect(code, stderr).toBe(0)
    counts.push(listedIn(graphOf(readFileSync(out, 'utf8'))).length)
  }
  expect(counts).toEqual([504, 3])
  const walked = await told([
    'export',
    '--format',
    'dcat-ap',
    '--tenant',
    tenant,
    '--out',
    '-',
    '--depth',
    '3',
  ])
  expect([walked.code, walked.stderr]).toEqual([2, expect.stringContaining('without --root')])
  const rootless = await told(['export', '--tenant', tenant, '--out', '-'])
  expect([rootless.code, rootless.stderr]).toEqual([
    2,
    expect.stringContaining("'--root <id>' not specified"),
  ])
})
