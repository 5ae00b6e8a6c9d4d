import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { unb64 } from '../../proofs/base64.ts'
import { batchRanges } from '../../proofs/batch.ts'
import { buildBundle } from '../../proofs/bundle.ts'
import type { KeyLeaf, RecordHeader } from '../../proofs/leaf.ts'
import { rootOf } from '../../proofs/merkle.ts'
import { CHECKS, exitCode, type Group } from '../../proofs/report.ts'
import { formatTrust, parseTrust, type Trust } from '../../proofs/trust.ts'
import { text, utf8 } from '../../proofs/utf8.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { readZip } from '../../proofs/zip.ts'
import { keyOfSeed } from '../make/keys.ts'
import { exampleCheckpoint, exampleLog, ORIGIN, TENANT } from './example-log.ts'

const BUNDLE = 'docs/specs/vectors/bundle.zip'
const TRUST = 'docs/specs/vectors/trust.json'
const SPEC = readFileSync('docs/specs/bundle.md', 'utf8')

const leaves = exampleLog()
const headers = leaves.map(({ entry }) => JSON.parse(entry))
const keys = headers.slice(0, 2) as KeyLeaf[]

/** What was known before position 7 of where `public.orders` came from, under the checkpoint of size 8. */
function buildExample() {
  const shown = [3, 6].map((seq) => ({
    header: headers[seq] as RecordHeader,
    out: leaves[seq]!.out ?? [],
    fields: leaves[seq]!.fields!,
  }))
  const size = 8
  const hashes = batchRanges(size, [3, 6]).map(({ start, end }) =>
    rootOf(
      sha256,
      leaves.slice(start, end).map(({ leaf }) => unb64(leaf)),
    ),
  )
  const question = { root: headers[6].id, direction: 'UPSTREAM', depth: 4 } as const
  return buildBundle(
    sha256,
    {
      ...{ tenant: TENANT, origin: ORIGIN, question, asOf: 7, size, records: shown, hashes },
      checkpoint: exampleCheckpoint(leaves, size).note,
    },
    keyOfSeed(sha256(utf8('example manifest key'))),
  )
}

const trust: Trust = {
  v: 'selvedge/trust/1',
  logs: [
    {
      origin: ORIGIN,
      keys: keys.map(({ use, kid, x, from }) => {
        return { use, kid, x, from, until: null, compromised: false }
      }),
      anchors: [],
    },
  ],
  witnessPolicy: '',
  replayers: [],
}

// Delete the two files to have them written anew.
it('keeps the bundle and its trust root as published', async () => {
  const bundle = await buildExample()
  if (!existsSync(BUNDLE)) writeFileSync(BUNDLE, bundle)
  if (!existsSync(TRUST)) writeFileSync(TRUST, `${formatTrust(trust)}\n`)
  expect(Buffer.from(bundle).equals(readFileSync(BUNDLE))).toBe(true)
  expect(parseTrust(sha256, readFileSync(TRUST, 'utf8'))).toEqual(trust)
})

it('takes the published bundle for genuine', async () => {
  const bytes = new Uint8Array(readFileSync(BUNDLE))
  const report = await verifyBundle({ sha256, bytes, trust })
  // Its trust root has no witness policy, its log no state record, and it is of the first form.
  const beside = new Set<Group>(['witnesses', 'state', 'replay', 'terms'])
  const asked = report.checks.filter(
    ({ name, group }) => !beside.has(group) && name !== 'lineage-downstream',
  )
  expect(asked.filter(({ result }) => result !== 'pass')).toEqual([])
  expect(exitCode(report)).toBe(0)
})

it('is shown in the specification as it is', () => {
  const [example] = SPEC.split('\n## Container')
  const shown = [...example!.matchAll(/```json\n(.*?)```/gs)].map(([, json]) => JSON.parse(json!))
  const entry = (path: string) =>
    text(readZip(new Uint8Array(readFileSync(BUNDLE))).find((e) => e.path === path)!.bytes)
  const [, secondLine] = entry('records.ndjson').split('\n')
  expect(shown).toEqual([
    JSON.parse(entry('manifest.json')),
    JSON.parse(secondLine!),
    JSON.parse(entry('proof.json')),
    trust,
  ])
  expect(SPEC).toContain(entry('checkpoint'))
})

it('has a numbered step for every check, in the order of the report', () => {
  const steps = [...SPEC.matchAll(/^[0-9]+\. `([a-z-]+)`/gm)].map(([, name]) => name)
  expect(steps).toEqual(Object.keys(CHECKS))
})
