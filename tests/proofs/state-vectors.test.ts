import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { b64, unb64 } from '../../proofs/base64.ts'
import { batchRanges } from '../../proofs/batch.ts'
import { buildBundle, provenPlaces } from '../../proofs/bundle.ts'
import { ProofError } from '../../proofs/error.ts'
import type { RecordHeader } from '../../proofs/leaf.ts'
import { rootOf } from '../../proofs/merkle.ts'
import { openReplay } from '../../proofs/replay.ts'
import { exitCode } from '../../proofs/report.ts'
import { verifySparse } from '../../proofs/sparse-proof.ts'
import { changeKeys, emptyTree, treeRoot } from '../../proofs/sparse-tree.ts'
import { entityKey, inRoot, stateValue } from '../../proofs/state.ts'
import { inSet } from '../../proofs/state-part.ts'
import { parseTrust } from '../../proofs/trust.ts'
import { text, utf8 } from '../../proofs/utf8.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { readZip } from '../../proofs/zip.ts'
import { keyOfSeed } from '../make/keys.ts'
import { leafText } from '../make/replayed.ts'
import { partOf } from '../make/state.ts'
import {
  exampleState,
  type LogVector,
  makeStateVectors,
  type ProofVector,
  readProofVector,
} from '../make/state-vectors.ts'
import { exampleCheckpoint, exampleLog, ORIGIN, TENANT } from './example-log.ts'

const VECTORS = 'docs/specs/vectors/state.json'
const BUNDLE = 'docs/specs/vectors/bundle-state.zip'
const SPEC = readFileSync('docs/specs/state.md', 'utf8')

// Delete one of the files to have it written anew.
const made = `${JSON.stringify(makeStateVectors(), null, 1)}\n`
if (!existsSync(VECTORS)) writeFileSync(VECTORS, made)
const published = JSON.parse(readFileSync(VECTORS, 'utf8')) as ReturnType<typeof makeStateVectors>

it('keeps the state vectors as published', () => {
  expect(made).toBe(readFileSync(VECTORS, 'utf8'))
})

it('derives the published keys, values and root from ids, leaves and lists', () => {
  const entries = published.entities.map((entity) => {
    const [design, run] = (['design', 'run'] as const).map((level) => {
      const edges = inSet(level)(entity[level], level)
      const root = inRoot(sha256, edges as never)
      expect(b64(root)).toBe(entity[`${level}Root`])
      return root
    })
    const value = stateValue(sha256, { leaf: unb64(entity.leaf), design: design!, run: run! })
    expect(b64(entityKey(sha256, entity.id))).toBe(entity.key)
    expect(b64(value)).toBe(entity.value)
    return { key: unb64(entity.key), value }
  })
  expect(b64(treeRoot(changeKeys(sha256, emptyTree, entries)))).toBe(published.leaf.root)
})

it.each(published.proofs as ProofVector[])(
  'judges the published proof as published: $what',
  (vector) => {
    const { proof, claims, root } = readProofVector(vector)
    expect(codeOf(() => verifySparse(sha256, proof, claims, root))).toBe(vector.code)
  },
)

it('publishes proofs and logs of every kind, most of them bad', () => {
  const codes = (list: readonly { code?: string }[]) => new Set(list.map(({ code }) => code)).size
  expect([published.proofs.length, codes(published.proofs)]).toEqual([20, 6])
  expect(published.logs.length).toBeGreaterThan(12)
  expect(codes(published.logs)).toBeGreaterThan(6)
})

it.each(published.logs as LogVector[])(
  'replays the published log as published: $what',
  (vector) => {
    const replay = openReplay(sha256, { tenant: 'acme' })
    const code = codeOf(() => {
      for (const index of vector.entries) replay.add(published.texts[index]!)
    })
    expect([code, code && replay.size]).toEqual([vector.code, vector.at])
    if (!code) expect(b64(replay.stateRoot())).toBe(vector.state)
  },
)

function codeOf(step: () => void) {
  try {
    step()
  } catch (error) {
    if (error instanceof ProofError) return error.code
    throw error
  }
  return undefined
}

/** Who lies downstream of the landing file, as of the state at 10, under the checkpoint of size 11. */
function buildExample() {
  const example = exampleLog()
  const { leaves, states, leaf } = exampleState()
  const all = [...leaves, leaf]
  const ids = (leaves as RecordHeader[]).slice(3, 6).map(({ id }) => id)
  const records = ids.map((id) => {
    const seq = leaves.findLastIndex((one) => one.v === 'selvedge/record/1' && one.id === id)
    const { out = [], fields = [] } = example[seq]!
    return { header: leaves[seq] as RecordHeader, out, fields }
  })
  const root = ids[0]!
  const state = partOf(states, { leaf, last: null, ids, lists: new Set(ids) })
  const places = provenPlaces({ records, state })
  const hashed = [...example, { leaf: leafHashOf(leaf) }]
  const hashes = batchRanges(all.length, places).map(({ start, end }) =>
    rootOf(
      sha256,
      hashed.slice(start, end).map((one) => unb64(one.leaf)),
    ),
  )
  return buildBundle(
    sha256,
    {
      ...{ tenant: TENANT, origin: ORIGIN, records, hashes, state },
      question: { root, direction: 'DOWNSTREAM', depth: 3 },
      ...{ asOf: 10, size: all.length },
      checkpoint: exampleCheckpoint(
        hashed.map((one) => ({ ...one, entry: '' })),
        all.length,
      ).note,
    },
    keyOfSeed(sha256(utf8('example manifest key'))),
  )
}

const leafHashOf = (leaf: ReturnType<typeof exampleState>['leaf']) => {
  const replay = openReplay(sha256, { tenant: TENANT })
  for (const { entry } of exampleLog()) replay.add(entry)
  return b64(replay.add(leafText(leaf)).hash)
}

it('keeps the bundle of the example as published, and takes it for genuine, current and complete', async () => {
  const built = await buildExample()
  if (!existsSync(BUNDLE)) writeFileSync(BUNDLE, built)
  const bytes = new Uint8Array(readFileSync(BUNDLE))
  expect(Buffer.from(built).equals(bytes)).toBe(true)
  const trust = parseTrust(sha256, readFileSync('docs/specs/vectors/trust.json', 'utf8'))
  const report = await verifyBundle({ sha256, bytes, trust })
  expect(exitCode(report)).toBe(0)
  const { current, completeDown } = report.verdict
  expect([current.result, completeDown.result]).toEqual(['pass', 'pass'])
})

it('is shown in the specification as it is', () => {
  const shown = [...SPEC.matchAll(/```json\n(.*?)```/gs)].map(([, json]) => JSON.parse(json!))
  const proof = readZip(new Uint8Array(readFileSync(BUNDLE))).find(
    ({ path }) => path === 'proof.json',
  )!
  const orders = published.entities.at(-1)!
  expect(shown).toEqual([published.leaf, orders, JSON.parse(text(proof.bytes)).state])
})
