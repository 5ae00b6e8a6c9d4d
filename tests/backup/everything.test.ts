import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { queries } from '../../lineage/graph.ts'
import { MIGRATIONS } from '../../lineage/migrations.ts'

/** A text is registered where its module is loaded. */
for (const file of globSync('{lineage,ledger,domains,server}/**/*.ts')) {
  if (/uery(<[^(]*)?\(`/.test(readFileSync(file, 'utf8'))) await import(resolve(file))
}

/**
 * What becomes of every node in a backup. Who adds one says so here, and has `domains/backup` keep it or
 * derive it: what nobody thought of would be lost in a restore.
 */
const NODES = {
  Record: 'kept: a line for each leaf',
  StateRecord: 'derived: a label of the leaves that are state records',
  Actor: 'kept',
  Command: 'kept, those up to the checkpoint',
  Merge: 'kept, as of the checkpoint',
  Log: 'kept and derived: see below',
  Service: 'kept: see below',
  TenantEntry: 'derived: an entry for each tenant that is held',
  Entity: 'derived from the records',
  UsageEvent: 'kept',
  UsageWindow: 'kept, as of the checkpoint; how many events it has is derived',
  Delivery: 'left out: a webhook that was restored stands still until it is resumed',
  DeadLetter: 'left out: when resumed, a webhook is told everything from its own record on',
  Tile: 'derived from the leaves',
  Page: 'derived from the records',
  MigrationLock: 'left out: of the database, not of what is in it',
}

/** The same for what the head of a log says beside that. */
const HEAD = {
  tenant: 'kept',
  origin: 'kept',
  epoch: 'kept',
  kept: 'kept',
  pastSizes: 'kept',
  pastRoots: 'kept',
  namingKey: 'kept',
  checkpoint: 'kept: the note of the checkpoint',
  signed: 'kept: the size of that',
  witnessed: 'kept, where it covers no more',
  witnessedSize: 'derived from that',
  size: 'derived from the leaves',
  edge: 'derived from the leaves',
  at: 'derived: the time of the last leaf',
  keySeqs: 'derived: where key records stand',
  stateSize: 'derived: the place of the last state record',
  built: 'derived from that',
  merges: 'derived: how many are under way',
  searched: 'derived: as far as the leaves, whose words are written with them',
  unsigned: 'derived: nothing is beyond the checkpoint',
  witnesses: 'left out: what each witness did last, which is asked anew',
  lock: 'left out: of the moment',
  applied: 'left out: of the moment',
}

/** And for the service. */
const SERVICE = {
  tenant: 'kept',
  name: 'kept',
  register: 'kept',
  checkpointKeys: 'kept',
  manifestKeys: 'kept',
  restoring: 'of a restore alone',
  lock: 'left out: of the moment',
}

const texts = queries().map(({ text }) => text)
const all = (pattern: RegExp, among: readonly string[]) =>
  [...new Set(among.flatMap((text) => [...text.matchAll(pattern)].map(([, name]) => name!)))].sort()

it('knows of every kind of node that is ever made what becomes of it', () => {
  const made = all(/(?:CREATE|MERGE) \(\w*:(\w+)/g, texts)
  const keyed = all(
    /FOR \(n:(\w+)\)/g,
    MIGRATIONS.flatMap(({ commands }) => commands),
  )
  expect(made.length).toBeGreaterThan(8)
  expect([...made, ...keyed].filter((label) => !(label in NODES))).toEqual([])
})

it('knows of everything that is ever set on a log, or on the service, what becomes of it', () => {
  const onLog = all(/\blog\.(\w+) = /g, texts)
  expect(onLog.length).toBeGreaterThan(10)
  expect(onLog.filter((name) => !(name in HEAD))).toEqual([])
  const onService = all(/\bs\.(\w+) = /g, texts)
  expect(onService.filter((name) => !(name in SERVICE))).toEqual([])
})
