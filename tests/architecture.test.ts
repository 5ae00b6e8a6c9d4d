import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, it } from 'vitest'

/** The floors of the house, from the ground up. A file imports from its own floor, or from one below. */
const FLOORS = [
  'core',
  'proofs',
  'lineage',
  'ledger',
  'domains',
  'loaders',
  'resolvers',
  'schema',
  'server',
]
/** Beside the floors: they may look in, and nobody on a floor looks at them. */
const BESIDE = ['cli', 'verify-page', 'seeds', 'bench', 'supply-chain', 'tests']

const floor = (path: string) => FLOORS.indexOf(path.split('/')[0]!)
const room = (path: string) => path.split('/', 2).join('/')

const IMPORT =
  /^(?:import|export)\b(?:[^'"]*\bfrom)?\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm

const arrows = [...FLOORS, ...BESIDE]
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  )
  .filter((file) => file.endsWith('.ts') && !file.startsWith(join('proofs', 'dist')))
  .flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(IMPORT)].map(([, fixed, lazy]) => {
      const to = fixed ?? lazy!
      return { file, to: to.startsWith('.') ? normalize(join(dirname(file), to)) : to }
    }),
  )

const breaking = (rule: (file: string, to: string) => boolean) =>
  arrows.filter(({ file, to }) => rule(file, to)).map(({ file, to }) => `${file} -> ${to}`)

it('reads the imports', () => expect(arrows.length).toBeGreaterThan(300))

it('imports run downwards', () =>
  expect(breaking((file, to) => floor(file) >= 0 && floor(to) > floor(file))).toEqual([]))

it('the floors know nothing of what stands beside them', () =>
  expect(
    breaking(
      (file, to) => floor(file) >= 0 && BESIDE.some((beside) => to.startsWith(`${beside}/`)),
    ),
  ).toEqual([]))

it('a domain imports no other domain', () =>
  expect(
    breaking(
      (file, to) =>
        file.startsWith('domains/') && to.startsWith('domains/') && room(file) !== room(to),
    ),
  ).toEqual([]))

it('the ground floor imports nothing of ours', () =>
  expect(breaking((file, to) => floor(file) === 0 && floor(to) > 0)).toEqual([]))

it('proofs import nothing but themselves and their libraries', () =>
  expect(
    breaking(
      (file, to) => floor(file) === 1 && !/^(proofs\/|jose$|merkletreejs$|@noble\/)/.test(to),
    ),
  ).toEqual([]))

it('signing and verifying do not know each other', () =>
  expect(
    breaking(
      (file, to) =>
        (/^proofs\/verify/.test(file) && /^proofs\/(sign|bundle)/.test(to)) ||
        (/^proofs\/(sign|bundle)/.test(file) && /^proofs\/verify/.test(to)),
    ),
  ).toEqual([]))

it('lineage stores and proofs prove: the ledger joins them, and they do not know each other', () =>
  expect(
    breaking(
      (file, to) =>
        (file.startsWith('lineage/') && to.startsWith('proofs/')) ||
        (file.startsWith('proofs/') && to.startsWith('lineage/')),
    ),
  ).toEqual([]))

it('one file knows the driver', () =>
  expect(
    breaking(
      (file, to) =>
        floor(file) >= 0 &&
        to === 'neo4j-driver' &&
        file !== 'lineage/graph.ts' &&
        !file.startsWith('server/neo4j/'),
    ),
  ).toEqual([]))

it('the verifier needs no database and no server', () =>
  expect(
    breaking(
      (file, to) =>
        /^cli\/prov-verifier/.test(file) &&
        FLOORS.includes(to.split('/')[0]!) &&
        !/^(proofs|core)\//.test(to),
    ),
  ).toEqual([]))

/** Where a graph of any tenant can be opened: the caller's own, the service's, and that of a grant. */
it('resolvers open a graph in three places alone', () => {
  const opening = ['resolvers', 'schema', 'loaders', 'domains/grants'].flatMap((folder) =>
    readdirSync(folder, { encoding: 'utf8' })
      .map((name) => join(folder, name))
      .filter((file) => file.endsWith('.ts') && /\.graph\(/.test(readFileSync(file, 'utf8'))),
  )
  expect(opening.sort()).toEqual([
    'resolvers/context.ts',
    'resolvers/granted.ts',
    'resolvers/tenant.ts',
  ])
})

it('what reads another tenant by a grant is run by one file', () =>
  expect(breaking((file, to) => to === 'lineage/granted-texts.ts' && floor(file) >= 0)).toEqual([
    'lineage/granted.ts -> lineage/granted-texts.ts',
  ]))
