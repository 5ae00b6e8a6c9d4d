import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { EXIT, exitCode } from '../../proofs/report.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { readZip, type ZipEntry } from '../../proofs/zip.ts'
import { makeBundle, type TestBundle } from '../make/bundle.ts'
import { makeLog, type TestLink } from '../make/log.ts'
import { numbersFrom } from '../make/numbers.ts'
import { smallLog } from '../make/small-log.ts'

const { log, report } = smallLog()
const question = { root: report, direction: 'UPSTREAM', depth: 5 } as const
const small = makeBundle(log, { question })

/** Says which of the changed files a verifier takes for genuine: there must be none. */
async function accepted(
  { trust }: Pick<TestBundle, 'trust'>,
  files: Iterable<[string, Uint8Array]>,
) {
  const names: string[] = []
  for (const [name, bytes] of files) {
    const report = await verifyBundle({ sha256, bytes, trust })
    const exit = exitCode(report, true)
    if (exit !== EXIT.failed) names.push(`${name} (exit ${exit})`)
  }
  return names
}

function* changedAt(bytes: Uint8Array, places: Iterable<number>, masks: readonly number[]) {
  for (const at of places) {
    for (const mask of masks) {
      const changed = bytes.slice()
      changed[at]! ^= mask
      yield [`byte ${at} ^ ${mask}`, changed] as [string, Uint8Array]
    }
  }
}

it('refuses a small bundle with any byte changed', async () => {
  const files = changedAt(small.bytes, small.bytes.keys(), [0x01, 0x20, 0x80, 0xff])
  expect(await accepted(small, files)).toEqual([])
})

it('refuses a small bundle cut off anywhere, or with anything after its end', async () => {
  const { bytes } = small
  const cut = bytes.keys().map((length) => [`${length} bytes`, bytes.subarray(0, length)] as const)
  const unreadable = await accepted(small, cut as Iterable<[string, Uint8Array]>)
  // With nothing left that looks like a zip, it is unreadable: no yes either.
  expect(unreadable.every((name) => /^[0-3] bytes \(exit 3\)$/.test(name))).toBe(true)
  const longer = [[0], [0x50], Array.from(bytes)].map(
    (tail) => [`${tail.length} more`, Uint8Array.of(...bytes, ...tail)] as [string, Uint8Array],
  )
  expect(await accepted(small, longer)).toEqual([])
})

it('refuses a big bundle with a byte changed, at 2,000 places', { timeout: 60_000 }, async () => {
  const big = bigBundle()
  expect(readZip(big.bytes)).toHaveLength(5)
  const next = numbersFrom(20260331)
  const places = Array.from({ length: 2_000 }, () => next(big.bytes.length))
  const files = places.values().flatMap((at) => changedAt(big.bytes, [at], [1 << next(8)]))
  expect(await accepted(big, files)).toEqual([])
})

/** A chain of 330 datasets, each a copy of two before it. */
function bigBundle() {
  const log = makeLog()
  const ids: string[] = []
  for (let i = 0; i < 330; i++) {
    const links = [i - 1, i - 7]
      .filter((at) => at >= 0)
      .map((at): TestLink => ['WAS_DERIVED_FROM', ids[at]!])
    ids.push(log.assert('Dataset', `copy ${i}`, { rows: i, 'facet:dataset:owner': [i] }, links).id)
  }
  const question = { root: ids.at(-1)!, direction: 'UPSTREAM', depth: 400 } as const
  return makeBundle(log, { question })
}

/** Every single byte of one entry changed, and everything above computed and signed anew. */
function* resigned(path: string) {
  const entry = readZip(small.bytes).find((entry) => entry.path === path)!
  for (const at of entry.bytes.keys()) {
    const changed = entry.bytes.slice()
    changed[at]! ^= 1
    const replace = (files: ZipEntry[]) =>
      files.map((file) => (file.path === path ? { path, bytes: changed } : file))
    yield [`${path}, byte ${at}`, makeBundle(log, { question }, { replace }).bytes] as [
      string,
      Uint8Array,
    ]
  }
}

it.each(['records.ndjson', 'proof.json'])(
  'refuses any byte of %s changed, though manifest and digests are made to fit',
  { timeout: 60_000 },
  async (path) => {
    // Without a trust root: what is refused here is refused for what it says, not for who signed it.
    expect(await accepted({ trust: null as never }, resigned(path))).toEqual([])
  },
)

it('refuses any byte of the checkpoint changed, though manifest and digests are made to fit', async () => {
  expect(await accepted(small, resigned('checkpoint'))).toEqual([])
})

it('refuses entries that swap their content', async () => {
  const swap = (files: ZipEntry[]) =>
    files.map((file, i) => ({ path: file.path, bytes: files[(i + 1) % files.length]!.bytes }))
  const { bytes } = makeBundle(log, { question }, { replace: swap })
  expect(await accepted(small, [['swapped', bytes]])).toEqual([])
  const empty = (files: ZipEntry[]) => files.map(({ path }) => ({ path, bytes: utf8('') }))
  const nothing = makeBundle(log, { question }, { replace: empty })
  expect(await accepted(small, [['emptied', nothing.bytes]])).toEqual([])
})
