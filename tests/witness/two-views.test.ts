import { describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { unb64 } from '../../proofs/base64.ts'
import { formatCheckpoint } from '../../proofs/checkpoint.ts'
import { consistencyRanges } from '../../proofs/consistency.ts'
import { hashLeaf } from '../../proofs/leaf.ts'
import { rootOf } from '../../proofs/merkle.ts'
import { formatNote, formatVkey, type NoteSignature, noteSignature } from '../../proofs/note.ts'
import { exitCode } from '../../proofs/report.ts'
import { formatSubmission } from '../../proofs/submission.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { type Changes, makeBundle, trustIn } from '../make/bundle.ts'
import type { TestLog } from '../make/log.ts'
import { smallLog } from '../make/small-log.ts'
import { lineIn, runWitness, submit } from './support.ts'

/**
 * One tenant's log as its operator shows it to one reader: whoever is told `source` reads another
 * history, from the same leaf on, signed with the same genuine keys.
 */
function viewOf(source: string) {
  const small = smallLog('acme', 'operator.example')
  const { log, stranger } = small
  log.assert('Dataset', 'report', { checked: true }, [
    ['WAS_DERIVED_FROM', source === 'raw' ? small.raw : stranger],
  ])
  log.assert('Dataset', 'afterwards', {}, [['WAS_DERIVED_FROM', stranger]])
  return small
}

const [shown, other] = [viewOf('raw'), viewOf('stranger')]
const question = { root: shown.report, direction: 'UPSTREAM', depth: 5 } as const

const publicKey = unb64(shown.log.keys.checkpoint.x)
const witness = await runWitness([formatVkey(sha256, { name: shown.log.origin, publicKey })])
const witnessPolicy = `${witness.policyLine('w')}quorum w\n`

const leavesOf = ({ leaves }: TestLog) => leaves.map((leaf) => hashLeaf(sha256, leaf))

function noteOf(log: TestLog, size: number) {
  const root = rootOf(sha256, leavesOf(log).slice(0, size))
  const text = formatCheckpoint({ origin: log.origin, size, root })
  const signature = log.keys.checkpoint.sign(utf8(text))
  return formatNote(text, [noteSignature(sha256, log.origin, publicKey, signature)])
}

/** What the operator would send for a view, with the proof that this view has. */
function submissionOf(log: TestLog, old: number, size: number) {
  const leaves = leavesOf(log)
  const path =
    old === 0
      ? []
      : consistencyRanges(old, size).map(({ start, end }) =>
          rootOf(sha256, leaves.slice(start, end)),
        )
  return formatSubmission({ old, path, note: noteOf(log, size) })
}

const verify = (log: TestLog, cosignatures: NoteSignature[], policy = witnessPolicy) => {
  const changes: Changes = {
    cosignatures: () => cosignatures,
    trust: () => ({ ...trustIn(log), witnessPolicy: policy }),
  }
  return verifyBundle({ sha256, ...makeBundle(log, { question }, changes) })
}

const size = shown.log.leaves.length
const { status, body } = await submit(witness.url, submissionOf(shown.log, 0, size))
const cosignature = lineIn(noteOf(shown.log, size), body)

describe('an operator who shows two readers two logs', () => {
  it('signs both with the genuine key, so that without a witness both are authentic', async () => {
    expect(noteOf(other.log, size)).not.toBe(noteOf(shown.log, size))
    for (const { log } of [shown, other]) {
      const report = await verify(log, [], '')
      expect([report.verdict.authentic.result, exitCode(report)]).toEqual(['pass', 0])
    }
  })

  it('gets one of them cosigned, and that reader has a witnessed bundle', async () => {
    expect(status).toBe(200)
    const report = await verify(shown.log, [cosignature])
    expect([report.verdict.witnessed.result, exitCode(report)]).toEqual(['pass', 0])
  })

  it('gets the other cosigned at no size, from no size, by no proof', async () => {
    const { log } = other
    for (const old of [0, size - 2, size - 1]) {
      expect((await submit(witness.url, submissionOf(log, old, size))).status).toBe(409)
    }
    expect((await submit(witness.url, submissionOf(log, size, size))).status).toBe(409)
    log.assert('Dataset', 'and on', {}, [])
    expect((await submit(witness.url, submissionOf(log, size, size + 1))).status).toBe(422)
    // Nor with the proof of the log that was cosigned, which leads to another root.
    shown.log.assert('Dataset', 'and on', {}, [])
    const [path] = submissionOf(shown.log, size, size + 1).split('\n\n')
    const borrowed = `${path}\n\n${noteOf(log, size + 1)}`
    expect((await submit(witness.url, borrowed)).status).toBe(422)
    expect((await submit(witness.url, submissionOf(shown.log, size, size + 1))).status).toBe(200)
  })

  it('has nothing to show the other reader whose policy asks for the witness', async () => {
    const bare = await verify(other.log, [])
    expect([bare.verdict.authentic.result, bare.verdict.witnessed.result]).toEqual(['pass', 'fail'])
    expect(bare.checks.find(({ name }) => name === 'witness-quorum')?.code).toBe('PROOF_QUORUM')
    // The witness's word for the one log is no word for the other.
    const borrowed = await verify(other.log, [cosignature])
    expect(borrowed.checks.find(({ name }) => name === 'cosignatures')?.code).toBe(
      'PROOF_COSIGNATURE',
    )
    for (const report of [bare, borrowed]) expect(exitCode(report)).toBe(1)
  })
})
