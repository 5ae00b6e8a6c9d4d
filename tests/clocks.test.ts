import { globSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

/**
 * Who may ask what time it is, and for what. All others measure by `performance.now()`: a clock can be
 * set, and what is measured by it then lasts an hour too long, or is over at once.
 */
const ASK_THE_CLOCK: Record<string, string> = {
  'core/earlier-now.ts': 'what it is about',
  'domains/backup/write-archive.ts': 'when a backup was made',
  'domains/evidence/export.ts': 'on which day terms are stated',
  'domains/grants/give.ts': 'from when on a grant holds',
  'domains/restore/open-epoch.ts': 'the time of a leaf, never before the last',
  'ledger/attempt.ts': 'the time of a leaf, never before the last',
  'ledger/forgetting.ts': 'which commands are two days old; a day is promised',
  'ledger/key-changes.ts': 'the time of a leaf, never before the last',
  'ledger/register-epochs.ts': 'when an epoch was opened',
  'ledger/register.ts': 'when something was signed',
  'ledger/state-advance.ts': 'the time of a leaf, never before the last',
  'ledger/tenant.ts': 'the time of the first leaves',
  'resolvers/as-of.ts': 'whether a moment is still to come',
  'resolvers/grant.ts': 'whether a grant holds, and an assessment expired',
  'resolvers/impact.ts': 'when a change would be made',
  'resolvers/terms.ts': 'on which day something is to be used',
  'server/dev-issuer/authenticate.ts': 'whether an assertion is over',
  'server/dev-issuer/mint.ts': 'when a token ends',
  'server/identity/open.ts': 'whether a token is over',
  'server/key-files.ts': 'when a key was made',
  'server/neo4j/home.ts': 'when a database was born',
  'server/neo4j/supervisor.ts': 'when Neo4j was started',
  'server/objects/objects.ts': 'which marks and drafts are old, by the dates of files',
  'server/serve.ts': 'how long records wait for a checkpoint, by their own times',
  'server/webhooks/endpoint.ts': 'when an event was sent',
  'server/webhooks/turn.ts': 'until when an endpoint wants to be left alone',
  'server/witness/answer.ts': 'the time of a cosignature',
  'server/witness/replayer.ts': 'the time of a note, never before the last',
  'server/witnessing/open.ts': 'whether the time of a cosignature can be true',
}

it('nothing but what has to do with dates goes by a clock that can be set', () => {
  const floors = '{core,proofs,lineage,ledger,domains,loaders,resolvers,schema,server}/**/*.ts'
  const files = globSync(floors)
  expect(files.length).toBeGreaterThan(300)
  const asking = files.filter((file) => /Date\.now|new Date\(\)/.test(readFileSync(file, 'utf8')))
  expect(asking.sort()).toEqual(Object.keys(ASK_THE_CLOCK).sort())
})
