import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { formatNote, type NoteSignature, parseNote } from '../../proofs/note.ts'
import { parsePolicy } from '../../proofs/policy.ts'
import { listedLog, reachesQuorum, testimonies } from '../../proofs/quorum.ts'
import { openLogs } from '../../server/witness/logs.ts'
import { makeTlog } from '../make/tlog.ts'
import { makeWitness, policyOf } from '../make/witness.ts'
import { freshFolder, runWitness } from '../witness/support.ts'
import { hasGo, runGo } from './go.ts'

/**
 * Witnesses and policies, as torchwood (a C2SP client and witness) and x/mod's note and tlog (the Go
 * checksum database) see them, which know nothing of us.
 */
const log = makeTlog('log.test/interop')
const witnesses = ['a', 'b', 'c', 'd'].map((name) => makeWitness(`witness.test/${name}`))
const [a, b, c, d] = witnesses as [W, W, W, W]
type W = ReturnType<typeof makeWitness>

const note = log.note(300)
const { text, signatures } = parseNote(note)
const cosigned = (...lines: NoteSignature[]) => formatNote(text, [...signatures, ...lines])

const head = `# a comment\nlog ${log.vkey}\n\n`
const groups = `${head}${witnesses.map(({ vkey }, i) => `witness w${i} ${vkey}\n`).join('')}
group left 2 w0\tw1  w2
group both all left w3
quorum both
`
const changed = (line: NoteSignature, at: number) => ({
  ...line,
  signature: line.signature.with(at, line.signature[at]! ^ 1),
})
const all = witnesses.map((witness) => witness.cosign(text))
const simple = `${head}${policyOf([a, b], 'any')}`

/** Read by both sides, who must say the same. */
const CASES: readonly { Name: string; Policy: string; Note: string }[] = [
  ['no cosignature, and none asked for', `${head}quorum none\n`, note],
  ['no cosignature', simple, note],
  ['one of two', simple, cosigned(b.cosign(text))],
  ['one of two asked for both', simple.replace('any', 'all'), cosigned(b.cosign(text))],
  ['all four', groups, cosigned(...all)],
  ['three that are enough', groups, cosigned(all[0]!, all[2]!, all[3]!)],
  ['three that are not', groups, cosigned(all[0]!, all[1]!, all[2]!)],
  ['two that are not', groups, cosigned(all[0]!, all[3]!)],
  ['a stranger beside', simple, cosigned(makeWitness('x').cosign(text), a.cosign(text))],
  ['another time', simple, cosigned(changed(a.cosign(text), 7))],
  ['another signature', simple, cosigned(changed(a.cosign(text), 71))],
  ['a bad line beside a good one', simple, cosigned(changed(a.cosign(text), 71), b.cosign(text))],
  ['another checkpoint', simple, cosigned(a.cosign(parseNote(log.note(299)).text))],
  ['a line too short', simple, cosigned({ ...all[0]!, signature: all[0]!.signature.slice(1) })],
  ['no line by the log', simple, formatNote(text, [a.cosign(text)])],
  [
    'another log',
    simple.replace(log.vkey, makeTlog('log.test/other').vkey),
    cosigned(a.cosign(text)),
  ],
  ['a policy without quorum', `${head}witness w ${a.vkey}\n`, cosigned(...all)],
  ['a policy with an unknown member', `${head}group g any w\nquorum g\n`, cosigned(...all)],
  [
    'a policy with a name twice',
    `${head}witness w ${a.vkey}\nwitness w ${b.vkey}\nquorum w\n`,
    cosigned(...all),
  ],
  ['a policy with a threshold too high', simple.replace('any', '3'), cosigned(...all)],
  ['a policy with an unknown line', `${simple}mirror m ${c.vkey}\n`, cosigned(...all)],
  ['a policy with a log key for a witness', simple.replace(b.vkey, log.vkey), cosigned(...all)],
  [
    'a policy with addresses',
    `${head}witness w ${d.vkey} https://w.example/\nquorum w\n`,
    cosigned(...all),
  ],
].map(([Name, Policy, Note]) => ({ Name: Name!, Policy: Policy!, Note: Note! }))

function meets(policyText: string, noteText: string) {
  try {
    const policy = parsePolicy(sha256, policyText)
    const read = parseNote(noteText)
    listedLog(sha256, policy, read)
    return reachesQuorum(policy, testimonies(sha256, policy, read))
  } catch (error) {
    expect(error).toMatchObject({ code: expect.stringMatching(/^PROOF_/) })
    return false
  }
}

interface Answer {
  Cases: { Name: string; OK: boolean; Error: string }[]
  Cosigned: string
  Vkey: string
  Submissions: { Name: string; Status: number; Body: string; Verified: boolean }[]
}

describe.skipIf(!hasGo())('software that is not ours', () => {
  let answer: Answer

  beforeAll(async () => {
    const file = join(freshFolder(), 'logs')
    writeFileSync(file, '')
    const errors: unknown[] = []
    const logs = openLogs({ vkeys: [], file }, (error) => errors.push(error))
    const witness = await runWitness([], { name: 'selvedge.test/w', logs })
    answer = await runGo<Answer>('./witness', {
      Cases: CASES,
      Cosign: note,
      LogVkey: log.vkey,
      Witness: witness.url,
      WitnessVkey: witness.vkey,
      Logs: file,
    })
    expect([errors, witness.errors]).toEqual([[], []])
  }, 600_000)

  it('reads every policy and every cosigned note as we do, good or bad', () => {
    const theirs = answer.Cases.map(({ Name, OK }) => [Name, OK])
    expect(theirs).toEqual(CASES.map(({ Name, Policy, Note }) => [Name, meets(Policy, Note)]))
    expect(new Set(theirs.map(([, ok]) => ok))).toEqual(new Set([true, false]))
  })

  it('cosigns a checkpoint of ours, which our policy then takes', () => {
    const policy = `log ${log.vkey}\nwitness w ${answer.Vkey}\nquorum w\n`
    expect(meets(policy, answer.Cosigned)).toBe(true)
    expect(meets(policy, note)).toBe(false)
  })

  it('has its own log cosigned by a witness of ours, and its fork refused', () => {
    const told = answer.Submissions.map(({ Name, Status, Body, Verified }) => [
      Name,
      Status,
      Status === 409 ? Body : Verified,
    ])
    expect(told).toEqual([
      ['first', 200, true],
      ['second', 200, true],
      ['third', 200, true],
      ['again', 200, true],
      ['back', 409, '700'],
      ['fork', 422, false],
      ['fork at the size', 409, '700'],
      ['on', 200, true],
    ])
  })
})
