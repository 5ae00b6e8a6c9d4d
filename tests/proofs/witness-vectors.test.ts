import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { ProofError } from '../../proofs/error.ts'
import { formatNote, type NoteSignature, parseNote } from '../../proofs/note.ts'
import { parsePolicy } from '../../proofs/policy.ts'
import { listedLog, reachesQuorum, testimonies } from '../../proofs/quorum.ts'
import { makeWitness, policyOf } from '../make/witness.ts'
import { exampleCheckpoint, exampleLog } from './example-log.ts'

const leaves = exampleLog()
const { note, vkey } = exampleCheckpoint(leaves, leaves.length)
const { text, signatures } = parseNote(note)
const [w1, w2] = ['witness.example/w1', 'witness.example/w2'].map(makeWitness) as [
  ReturnType<typeof makeWitness>,
  ReturnType<typeof makeWitness>,
]
const TIME = Date.parse('2026-03-31T09:16:00Z') / 1000
const line = w1.cosign(text, TIME)
const policy = `log ${vkey}\n${policyOf([w1, w2], 'any')}`
const cosigned = (...lines: NoteSignature[]) => formatNote(text, [...signatures, ...lines])
const changed = (at: number) => ({
  ...line,
  signature: line.signature.with(at, line.signature[at]! ^ 1),
})

interface Case {
  what: string
  note: string
  policy: string
  code: string
}

const bad: Case[] = [
  { what: 'no cosignature', note, policy, code: 'PROOF_QUORUM' },
  {
    what: 'one of two',
    note: cosigned(line),
    policy: policy.replace('any', 'all'),
    code: 'PROOF_QUORUM',
  },
  { what: 'another time', note: cosigned(changed(7)), policy, code: 'PROOF_COSIGNATURE' },
  { what: 'another signature', note: cosigned(changed(71)), policy, code: 'PROOF_COSIGNATURE' },
  {
    what: 'a line too short',
    note: cosigned({ ...line, signature: line.signature.slice(8) }),
    policy,
    code: 'PROOF_COSIGNATURE',
  },
  {
    what: 'a good line and a bad one by one witness',
    note: cosigned(line, changed(71)),
    policy,
    code: 'PROOF_COSIGNATURE',
  },
  {
    what: 'a log that is not listed',
    note: formatNote(text, [line]),
    policy,
    code: 'PROOF_POLICY_LOG',
  },
  {
    what: 'a member of two groups',
    note: cosigned(line),
    policy: policy.replace('quorum them', 'group more any w1\nquorum more'),
    code: 'PROOF_POLICY',
  },
]

/** The four steps of the specification, one after the other. */
function meets(note: string, policyText: string): true | string {
  try {
    const policy = parsePolicy(sha256, policyText)
    const parsed = parseNote(note)
    listedLog(sha256, policy, parsed)
    return reachesQuorum(policy, testimonies(sha256, policy, parsed)) || 'PROOF_QUORUM'
  } catch (error) {
    if (error instanceof ProofError) return error.code
    throw error
  }
}

// `npx vitest run tests/proofs/witness-vectors.test.ts -u` writes the file anew.
it('keeps the witness vectors as published', async () => {
  const vectors = { note: cosigned(line), policy, witnesses: [w1.vkey, w2.vkey], time: TIME, bad }
  await expect(`${JSON.stringify(vectors, null, 1)}\n`).toMatchFileSnapshot(
    '../../docs/specs/vectors/witness.json',
  )
})

it('is shown in the specification as it is', () => {
  const spec = readFileSync('docs/specs/witness.md', 'utf8')
  expect(spec).toContain(`\`\`\`\n${cosigned(line)}\`\`\``)
  expect(spec).toContain(`\`\`\`\n${policy}\`\`\``)
})

it('verifies the published note, and refuses each bad one by its code', () => {
  const published = JSON.parse(readFileSync('docs/specs/vectors/witness.json', 'utf8'))
  expect(meets(published.note, published.policy)).toBe(true)
  for (const { what, note, policy, code } of published.bad as Case[]) {
    expect(meets(note, policy), what).toBe(code)
  }
})
