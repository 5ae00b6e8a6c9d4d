import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { unb64 } from '../../proofs/base64.ts'
import { formatNote, formatVkey, noteSignature, parseNote } from '../../proofs/note.ts'
import { POLICY_LIMITS, parsePolicy } from '../../proofs/policy.ts'
import { listedLog, reachesQuorum, type Testimony, testimonies } from '../../proofs/quorum.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { makeKey } from '../make/keys.ts'
import { makeWitness, NOON, policyOf } from '../make/witness.ts'
import { expectCode } from './support.ts'

const [x1, x2, x3, y1, y2] = ['x1', 'x2', 'x3', 'y1', 'y2'].map((name) =>
  makeWitness(`witness.example/${name}`),
) as [W, W, W, W, W]
type W = ReturnType<typeof makeWitness>
const stranger = makeWitness('stranger.example')

const logKey = makeKey('a log')
const log = { name: 'log.example/acme', publicKey: unb64(logKey.x) }
const LOG = formatVkey(sha256, log)

/** The shape of the specification's example. */
const EXAMPLE = `log ${LOG} https://log.example/

# those of one organisation
witness X1 ${x1.vkey} https://x1.example/
witness X2 ${x2.vkey}
  witness\tX3   ${x3.vkey}
group X-witnesses 2 X1 X2 X3

witness Y1 ${y1.vkey}
witness Y2 ${y2.vkey}
group Y-witnesses any Y1 Y2

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
`
const policy = parsePolicy(sha256, EXAMPLE)

describe('a policy', () => {
  it('is read line by line, with addresses where there are any', () => {
    expect(policy.logs).toEqual([{ ...log, url: 'https://log.example/' }])
    expect(policy.witnesses.map(({ label, url }) => [label, url])).toEqual([
      ['X1', 'https://x1.example/'],
      ['X2', null],
      ['X3', null],
      ['Y1', null],
      ['Y2', null],
    ])
    expect(policy.groups).toEqual([
      { label: 'X-witnesses', least: 2, members: ['X1', 'X2', 'X3'] },
      { label: 'Y-witnesses', least: 1, members: ['Y1', 'Y2'] },
      { label: 'X-and-Y', least: 2, members: ['X-witnesses', 'Y-witnesses'] },
    ])
    expect(policy.quorum).toBe('X-and-Y')
  })

  it('may ask for one witness, or for none', () => {
    expect(parsePolicy(sha256, `witness w ${x1.vkey}\nquorum w\n`).quorum).toBe('w')
    expect(parsePolicy(sha256, 'quorum none\n').quorum).toBeNull()
  })

  it('takes names as they are, without making like ones the same', () => {
    const kelvin = `witness K ${x1.vkey}\nwitness \u212a ${x2.vkey}\ngroup é all K \u212a\nquorum é\n`
    expect(parsePolicy(sha256, kelvin).witnesses.map(({ label }) => label)).toEqual(['K', '\u212a'])
    expectCode(() => parsePolicy(sha256, `witness é ${x1.vkey}\nquorum e\u0301\n`), 'PROOF_POLICY')
  })

  it('knows a group by the name of a number, since the threshold has its own place', () => {
    const text = `witness 2 ${x1.vkey}\ngroup 1 any 2\nquorum 1\n`
    expect(parsePolicy(sha256, text).groups[0]).toEqual({ label: '1', least: 1, members: ['2'] })
  })

  const w = `witness w ${x1.vkey}\n`
  const v = `witness v ${x2.vkey}\n`
  it.each([
    ['nothing', ''],
    ['a comment only', '# a policy\n'],
    ['no quorum', w],
    ['two quorums', `${w}quorum w\nquorum w\n`],
    ['no newline at the end', `${w}quorum w`],
    ['a carriage return', `${w}quorum w\r\n`],
    ['another control character', `${w}quorum w\n#\u007f\n`],
    ['another white space between words', `${w}quorum\u00a0w\n`],
    ['a line of another kind', `${w}quorum w\nmirror m ${x2.vkey}\n`],
    ['a keyword in capitals', `${w}Quorum w\n`],
    ['a comment behind a line', `${w}quorum w # all of them\n`],
    ['a quorum of somebody unknown', `${w}quorum v\n`],
    ['a quorum above its witness', `quorum w\n${w}`],
    ['a quorum of two names', `${w}${v}quorum w v\n`],
    ['a quorum of no name', `${w}quorum\n`],
    ['a witness without a key', 'witness w\nquorum none\n'],
    ['a witness with too much', `witness w ${x1.vkey} https://x one\nquorum w\n`],
    ['a witness called none', `witness none ${x1.vkey}\nquorum none\n`],
    ['a group called none', `${w}group none any w\nquorum none\n`],
    ['two witnesses of one name', `${w}witness w ${x2.vkey}\nquorum w\n`],
    ['a group named as a witness', `${w}group w any w\nquorum w\n`],
    ['a witness twice, under two names', `${w}witness v ${x1.vkey}\nquorum w\n`],
    [
      'a log twice',
      `log ${LOG}\nlog ${formatVkey(sha256, { ...log, name: 'other' })}\nquorum none\n`,
    ],
    ['a log without a key', 'log\nquorum none\n'],
    ['a log with too much', `log ${LOG} a b\nquorum none\n`],
    ['a log with a witness’s key', `log ${x1.vkey}\nquorum none\n`],
    ['a witness with a log’s key', `witness w ${LOG}\nquorum w\n`],
    [
      'a key whose hash is another',
      `witness w ${x1.vkey.replace(/\+[0-9a-f]{8}\+/, '+00000000+')}\nquorum w\n`,
    ],
    ['a group of nobody', `${w}group g any\nquorum w\n`],
    ['a group of a group below', `${w}group g any h\ngroup h any w\nquorum g\n`],
    ['a group of itself', `${w}group g any g\nquorum g\n`],
    ['a group of none', `${w}group g any none\nquorum g\n`],
    ['a member twice in a group', `${w}group g 2 w w\nquorum g\n`],
    ['a member of two groups', `${w}${v}group g any w\ngroup h all w v\nquorum h\n`],
    ['a threshold of zero', `${w}group g 0 w\nquorum g\n`],
    ['a threshold above its members', `${w}group g 2 w\nquorum g\n`],
    ['a threshold with a leading zero', `${w}group g 01 w\nquorum g\n`],
    ['a threshold that is no number', `${w}group g most w\nquorum g\n`],
    ['a text beyond the limit', `#${'x'.repeat(POLICY_LIMITS.text)}\nquorum none\n`],
  ])('is refused with %s', (_what, text) => {
    expectCode(() => parsePolicy(sha256, text), 'PROOF_POLICY')
  })

  it('is refused with more witnesses than a note takes', () => {
    const many = (count: number) =>
      `${Array.from({ length: count }, (_, i) => `witness w${i} ${makeWitness(`w${i}`).vkey}\n`).join('')}quorum w0\n`
    expect(parsePolicy(sha256, many(64)).witnesses).toHaveLength(64)
    expectCode(() => parsePolicy(sha256, many(65)), 'PROOF_POLICY')
  })

  it('says which line is wrong', () => {
    expect(() => parsePolicy(sha256, `${w}\nquorum v\n`)).toThrow('line 3 of the policy: «v»')
  })
})

const said = (...labels: string[]): Testimony[] =>
  labels.map((label) => ({ label, name: label, time: NOON }))

describe('a quorum', () => {
  it.each([
    [true, ['X1', 'X2', 'Y1']],
    [true, ['X2', 'X3', 'Y2']],
    [true, ['X1', 'X2', 'X3', 'Y1', 'Y2']],
    [false, ['X1', 'X2', 'X3']],
    [false, ['X1', 'Y1', 'Y2']],
    [false, []],
  ])('is reached: %s, by %j', (reached, labels) => {
    expect(reachesQuorum(policy, said(...labels))).toBe(reached)
  })

  it('is as a plain reading of the groups says, and more witnesses never undo it', () => {
    const labels = policy.witnesses.map(({ label }) => label)
    fc.assert(
      fc.property(fc.subarray(labels), fc.constantFrom(...labels), (some, another) => {
        const xs = some.filter((label) => label.startsWith('X')).length
        const ys = some.length - xs
        const reached = reachesQuorum(policy, said(...some))
        expect(reached).toBe(xs >= 2 && ys >= 1)
        if (reached) expect(reachesQuorum(policy, said(...some, another))).toBe(true)
      }),
    )
  })
})

const TEXT = `${log.name}\n7\n${Buffer.alloc(32, 7).toString('base64')}\n`
const own = (text = TEXT) => noteSignature(sha256, log.name, log.publicKey, logKey.sign(utf8(text)))
const note = (...lines: Parameters<typeof formatNote>[1]) => parseNote(formatNote(TEXT, lines))

describe('the witnesses of a note', () => {
  const two = parsePolicy(sha256, policyOf([x1, x2], 2))
  const times = (read: ReturnType<typeof note>) =>
    testimonies(sha256, two, read).map(({ time }) => time)

  it('are those of the policy; others are passed over', () => {
    expect(times(note(own(), stranger.cosign(TEXT), x2.cosign(TEXT)))).toEqual([null, NOON])
  })

  it('are not counted by a name or a hash alone', () => {
    const namesake = { ...stranger.cosign(TEXT), name: x1.name }
    const likeness = { ...stranger.cosign(TEXT), keyHash: x1.cosign(TEXT).keyHash }
    expect(times(note(namesake, likeness))).toEqual([null, null])
  })

  it('are not counted for a plain signature, which says nothing of what they saw', () => {
    const key = makeKey(`witness ${x1.name}`)
    const plain = noteSignature(sha256, x1.name, x1.publicKey, key.sign(utf8(TEXT)))
    expect(times(note(plain))).toEqual([null, null])
  })

  it('count by their earliest word', () => {
    expect(times(note(x1.cosign(TEXT, NOON + 9), x1.cosign(TEXT)))).toEqual([NOON, null])
  })

  it('spoil the note with a line that does not hold', () => {
    const bad = x1.cosign('something else\n')
    expectCode(() => times(note(bad, x2.cosign(TEXT))), 'PROOF_COSIGNATURE')
  })
})

describe('the log of a note', () => {
  it('is one of the policy, where it lists any', () => {
    expect(listedLog(sha256, policy, note(own()))).toBe(log.name)
    expect(listedLog(sha256, { ...policy, logs: [] }, note(x1.cosign(TEXT)))).toBeNull()
  })

  it('is none of it by another origin, another key or a bad signature', () => {
    expectCode(() => listedLog(sha256, policy, note(x1.cosign(TEXT))), 'PROOF_POLICY_LOG')
    const other = TEXT.replace('acme', 'other')
    const moved = parseNote(formatNote(other, [own(other)]))
    expectCode(() => listedLog(sha256, policy, moved), 'PROOF_POLICY_LOG')
    expectCode(() => listedLog(sha256, policy, note(own('else\n'))), 'PROOF_NOTE_SIGNATURE')
  })
})
