import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { readLeaves, readLog } from '../../lineage/log.ts'
import { b64, unb64 } from '../../proofs/base64.ts'
import { hashLeaf, parseLeaf } from '../../proofs/leaf.ts'
import { edgeRoot, rootOf } from '../../proofs/merkle.ts'
import { freshTenant, testLedger } from '../setup/ledger.ts'

const { database, ledger, errors } = await testLedger()

const dataset = (name: string) => ({ kind: 'Dataset', namespace: 'db', name }) as const

const recordDataset = (tenant: string, name: string, fields: Record<string, string> = {}) =>
  ledger.submit({
    tenant,
    subject: 'ada',
    request: `dataset ${name} ${JSON.stringify(fields)}`,
    names: [dataset(name)],
    run: async (draft) => [
      draft.assert({ ...dataset(name), id: draft.urn('Dataset', 'db', name), fields }),
    ],
  })

it('opens a log with two key leaves and the tenant', async () => {
  const tenant = await freshTenant(ledger)
  const leaves = await readLeaves(database.graph(tenant).read, 0, 10)
  expect(
    leaves.map(({ header }) => JSON.parse(header)).map((leaf) => leaf.use ?? leaf.kind),
  ).toEqual(['checkpoint', 'manifest', 'Tenant'])
})

it('appends every command that arrives together, gapless, under one root', async () => {
  const tenant = await freshTenant(ledger)
  const receipts = await Promise.all(
    Array.from({ length: 300 }, (_, i) => recordDataset(tenant, `table ${i}`)),
  )
  expect(receipts.flatMap(({ outcomes }) => outcomes.map(({ seq }) => seq))).toEqual(
    Array.from({ length: 300 }, (_, i) => i + 3),
  )
  const checkpoint = await ledger.checkpointOf(tenant, 303)
  const read = database.graph(tenant).read
  const [head, leaves] = await Promise.all([readLog(read), readLeaves(read, 0, 1000)])
  const hashes = leaves.map(({ header }) => hashLeaf(sha256, parseLeaf(header)))
  expect(leaves.map(({ leaf }) => leaf)).toEqual(hashes.map(b64))
  expect(b64(edgeRoot(sha256, { size: head!.size, hashes: head!.edge.map((h) => unb64(h)) }))).toBe(
    b64(rootOf(sha256, hashes)),
  )
  // The last leaf is the state record that a checkpoint ends in.
  expect(JSON.parse(leaves.at(-1)!.header)).toMatchObject({ seq: 303, size: 303 })
  expect(checkpoint).toMatchObject({ size: 304, root: b64(rootOf(sha256, hashes)) })
  expect(errors).toEqual([])
})

it('appends nothing where nothing changes', async () => {
  const tenant = await freshTenant(ledger)
  const first = await recordDataset(tenant, 'a', { owner: 'x' })
  const second = await recordDataset(tenant, 'a', { owner: 'x' })
  expect(second.outcomes).toEqual([{ ...first.outcomes[0], changed: false }])
})
