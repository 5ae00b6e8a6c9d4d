import { beforeAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import type { Difference } from '../../domains/fsck/difference.ts'
import { LeafPass } from '../../domains/fsck/leaf-pass.ts'
import { Replay } from '../../domains/fsck/replay.ts'
import { type StoredLeaf, storedLeaves } from '../../domains/fsck/store.ts'
import { b64 } from '../../proofs/base64.ts'
import { canonical } from '../../proofs/canonical.ts'
import { leafHash } from '../../proofs/hash.ts'
import { hashLeaf, type RecordHeader } from '../../proofs/leaf.ts'
import { outRoot } from '../../proofs/outset.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { freshTenant, testLedger } from '../setup/ledger.ts'
import { dataset, headers, writeWorld } from './support.ts'

const { database, ledger } = await testLedger()
let tenant = ''

/** Positions: 3 the input, 4 the job, 5 and 8 the dataset a, 6 and 7 the dataset b. */
beforeAll(async () => {
  tenant = await freshTenant(ledger)
  await writeWorld(ledger, tenant, [dataset('input')])
})

const namesOf = (differences: readonly Difference[]) =>
  [...new Set(differences.map(({ name }) => name))].sort()

describe('the replay', () => {
  /** A history in which one header says something else, under the leaf that it had. */
  async function replayed(change: (history: RecordHeader[]) => void) {
    const written = await headers(database, tenant, 2)
    const leaves = written.map((header) => hashLeaf(sha256, header))
    const history = structuredClone(written)
    change(history)
    const differences: Difference[] = []
    const replay = new Replay((difference) => differences.push(difference))
    for (const [i, header] of history.entries()) replay.accept(header, leaves[i]!)
    return namesOf(differences)
  }
  const recordOf = (history: RecordHeader[], seq: number) =>
    history.find((header) => header.seq === seq)!
  const restate = (header: RecordHeader, links: RecordHeader['links']) => {
    header.out = b64(outRoot(sha256, links))
  }

  it('has nothing to say of what was written', async () => {
    expect(await replayed(() => {})).toEqual([])
  })

  it.each<[string, string[], (history: RecordHeader[]) => void]>([
    [
      'a version left out',
      ['VERSION'],
      (history) => {
        recordOf(history, 8).version = 4
      },
    ],
    [
      'a kind that changes',
      ['KIND'],
      (history) => {
        recordOf(history, 8).kind = 'Job'
      },
    ],
    [
      'a relation that is none',
      ['OUT', 'RELATION_UNKNOWN'],
      (history) => {
        recordOf(history, 5).links[0]!.rel = 'LIKES'
      },
    ],
    [
      'an edge linked twice',
      ['LINK_IN_FORCE'],
      (history) => {
        const [first, second] = [recordOf(history, 6), recordOf(history, 7)]
        second.unlinks = []
        second.links = first.links.slice(0, 1)
        restate(second, first.links)
      },
    ],
    [
      'an edge dropped that never was',
      ['UNLINK_NOT_IN_FORCE'],
      (history) => {
        recordOf(history, 7).unlinks.push({ rel: 'USED', id: recordOf(history, 3).id })
      },
    ],
    [
      'an edge dropped that the root still has',
      ['OUT'],
      (history) => {
        recordOf(history, 7).out = recordOf(history, 6).out
      },
    ],
    [
      'a leaf that is not the latest',
      ['LINK_LEAF'],
      (history) => {
        const header = recordOf(history, 5)
        header.links[0]!.leaf = b64(sha256(new Uint8Array(1)))
        restate(header, header.links)
      },
    ],
    [
      'an erasure of another’s record',
      ['ERASE_TARGET'],
      (history) => {
        const { out, body } = recordOf(history, 7)
        Object.assign(recordOf(history, 8), {
          id: recordOf(history, 7).id,
          version: 3,
          action: 'erase',
          links: [],
          targets: [3],
          out,
          body,
        })
      },
    ],
    [
      'an erasure that keeps the body it erases',
      ['ERASE_BODY'],
      (history) => {
        const { out, body } = recordOf(history, 7)
        Object.assign(recordOf(history, 8), {
          id: recordOf(history, 7).id,
          version: 3,
          action: 'erase',
          links: [],
          targets: [7],
          out,
          body,
        })
      },
    ],
  ])('finds %s', async (_what, names, change) => {
    expect(await replayed(change)).toEqual(names)
  })
})

describe('a leaf by itself', () => {
  it.each<[string, string, (rows: StoredLeaf[]) => void]>([
    [
      'a key that did not sign',
      'LEAF_KEY',
      (rows) =>
        rewrite(rows[1]!, (leaf) =>
          Object.assign(leaf, { sigs: [null, `${leaf.x.repeat(2).slice(0, 85)}A`] }),
        ),
    ],
    [
      'a time that falls',
      'AT_FALLS',
      (rows) => {
        rewrite(rows[2]!, (leaf) => Object.assign(leaf, { at: '2000-01-01T00:00:00.000Z' }))
        rows[2]!.at = '2000-01-01T00:00:00.000Z'
      },
    ],
    [
      'a body that cannot be read',
      'BODY',
      (rows) => Object.assign(rows[2]!, { fields: '{"a":1,"a":2}' }),
    ],
  ])('shows %s', async (_what, name, change) => {
    const rows = await storedLeaves(database.graph(tenant).read, {
      from: 0,
      to: 3,
      since: 0,
      sampled: null,
    })
    change(rows)
    const differences: Difference[] = []
    new LeafPass(tenant, (difference) => differences.push(difference)).accept(rows, 3)
    expect(namesOf(differences)).toEqual([name])
  })

  // biome-ignore lint/suspicious/noExplicitAny: a leaf is taken apart to be made wrong
  function rewrite(row: StoredLeaf, change: (leaf: any) => void) {
    const leaf = JSON.parse(row.header)
    change(leaf)
    row.header = canonical(leaf)
    row.leaf = b64(leafHash(sha256, utf8(row.header)))
  }
})
