import { describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import type { ProofCode } from '../../proofs/error.ts'
import type { RecordHeader } from '../../proofs/leaf.ts'
import { exitCode } from '../../proofs/report.ts'
import type { StateProof } from '../../proofs/state-proof.ts'
import { formatTrust } from '../../proofs/trust.ts'
import { text } from '../../proofs/utf8.ts'
import { STATE_CHECKS, type StateInput, verifyState } from '../../proofs/verify-state.ts'
import { trustIn } from '../make/bundle.ts'
import { Pen } from '../make/pen.ts'
import { statesOf } from '../make/state.ts'
import { makeStateProof, type StateProofChanges } from '../make/state-proof.ts'
import { statedLog } from '../make/stated-log.ts'

const world = statedLog()
const { log, raw, clean, first } = world
const nobody = log.idOf('Dataset', 'nobody')
const trust = trustIn(log)

const verify = (bytes: Uint8Array, given: StateInput['trust'] = trust) =>
  verifyState({ sha256, bytes, trust: given })
const failedIn = ({ checks }: Awaited<ReturnType<typeof verify>>) =>
  checks.filter(({ result }) => result === 'fail').map(({ name, code }) => [name, code])

describe('a state proof', () => {
  it('shows that a record is the latest of its entity, and who points to it', async () => {
    const report = await verify(makeStateProof(log, [raw]))
    expect(failedIn(report)).toEqual([])
    expect(exitCode(report)).toBe(0)
    expect(report.about).toMatchObject({ id: raw, version: 2, action: 'assert', present: 1 })
    expect(report.checks.map(({ name }) => name)).toEqual(Object.keys(STATE_CHECKS))
  })

  it('shows that there is no such entity', async () => {
    const report = await verify(makeStateProof(log, [nobody]))
    expect(failedIn(report)).toEqual([])
    expect(report.about).toMatchObject({ id: nobody, present: 0, absent: 1 })
  })

  it('shows many at once, of which some are not there', async () => {
    const report = await verify(makeStateProof(log, [...log.ids(), nobody]))
    expect([failedIn(report), exitCode(report)]).toEqual([[], 0])
    expect(report.about).toMatchObject({ present: log.ids().length, absent: 1 })
  })

  it('is about the last state at or before the position asked, and names it', async () => {
    const report = await verify(makeStateProof(log, [raw], {}, first + 2))
    expect(failedIn(report)).toEqual([])
    expect(report.about).toMatchObject({ asOf: first + 2, state: first, version: 1 })
    // Nobody signs what was asked; that it is not the end of the log is to be seen.
    expect(report.about).toMatchObject({ log: log.origin, size: log.leaves.length })
  })

  it('shows an erased or retired entity as what it is', async () => {
    const pen = new Pen(log.leaves)
    pen.record(raw, { action: 'retire' })
    pen.state()
    const report = await verify(makeStateProof({ ...log, leaves: pen.leaves }, [raw]))
    expect([failedIn(report), report.about?.action]).toEqual([[], 'retire'])
  })

  it('vouches for nothing without a trust root', async () => {
    expect(exitCode(await verify(makeStateProof(log, [raw]), null))).toBe(4)
  })
})

/** Changes what is shown of the first entity. */
const shownAs = (change: (header: RecordHeader) => RecordHeader | null) => (proof: StateProof) => ({
  ...proof,
  entities: proof.entities.map(({ id, current }) => {
    const header = change(current!.header)
    return { id, current: header && { ...current!, header } }
  }),
})

/** What fails, the change that makes it fail, and of which ids and as of when the proof is. */
const BAD: [string, [string, ProofCode][], StateProofChanges, string[]?, number?][] = [
  [
    'a member too many',
    [['proof-form', 'PROOF_MEMBERS']],
    { text: (text) => text.replace('{"asOf"', '{"aaa":0,"asOf"') },
  ],
  [
    'the record of another id',
    [['proof-form', 'PROOF_STATE_FORM']],
    { shown: shownAs(() => log.shown(clean)!.header) },
  ],
  [
    'a checkpoint that is none',
    [['checkpoint-form', 'PROOF_NOTE_SYNTAX']],
    { proof: (proof) => ({ ...proof, checkpoint: 'trust me\n' }) },
  ],
  [
    'a proof for another place',
    [
      ['proof-positions', 'PROOF_POSITIONS'],
      ['proof-inclusion', 'PROOF_ROOT_MISMATCH'],
    ],
    {
      proof: ({ batch, ...proof }) => ({
        ...proof,
        batch: { ...batch, seqs: batch.seqs.map((seq, i) => (i === 0 ? seq + 1 : seq)) },
      }),
    },
  ],
  [
    'places out of order',
    [['proof-form', 'PROOF_SEQS']],
    {
      proof: ({ batch, ...proof }) => ({
        ...proof,
        batch: { ...batch, seqs: batch.seqs.toReversed() },
      }),
    },
  ],
  [
    'a leaf that is not in the log',
    [['proof-inclusion', 'PROOF_ROOT_MISMATCH']],
    { entries: (entries) => entries.with(log.shown(raw)!.header.seq, entries[3]!) },
  ],
  [
    'a state of another tenant',
    [
      ['record-tenant', 'PROOF_RECORD_TENANT'],
      ['origin-tenant', 'PROOF_ORIGIN_TENANT'],
    ],
    { leaf: (leaf) => ({ ...leaf, tenant: 'other' }) },
  ],
  [
    'time that falls',
    [['record-times', 'PROOF_RECORD_TIME']],
    { leaf: (leaf) => ({ ...leaf, at: '2020-02-29T00:00:00.000Z' }) },
  ],
  [
    'an older state, though a later one is not after the position asked',
    [['state-place', 'PROOF_STATE_PLACE']],
    { proof: (proof) => ({ ...proof, asOf: log.leaves.length }) },
    [raw],
    first + 2,
  ],
  [
    'a position beyond the log',
    [['state-place', 'PROOF_STATE_PLACE']],
    { proof: (proof) => ({ ...proof, asOf: log.leaves.length + 1 }) },
  ],
  [
    'an older version',
    [['state-current', 'PROOF_ROOT_MISMATCH']],
    { shown: shownAs(() => log.shown(raw, first)!.header) },
  ],
  [
    'an entity that is there, said not to be',
    [['state-current', 'PROOF_SPARSE_CLAIM']],
    { shown: shownAs(() => null) },
  ],
  [
    'an in-edge left out',
    [['state-current', 'PROOF_ROOT_MISMATCH']],
    {
      shown: (proof) => ({
        ...proof,
        entities: proof.entities.map(({ id, current }) => ({
          id,
          current: { ...current!, design: (current!.design as []).slice(1) },
        })),
      }),
    },
    [clean],
  ],
  [
    'a root that is not that of the tree',
    [['state-current', 'PROOF_ROOT_MISMATCH']],
    { leaf: (leaf) => ({ ...leaf, root: 'A'.repeat(43) }) },
  ],
  [
    'an entity that is not there, shown by a record of another',
    [['proof-form', 'PROOF_STATE_FORM']],
    {
      shown: (proof) => ({
        ...proof,
        entities: [
          { id: nobody, current: { header: log.shown(raw)!.header, design: [], run: [] } },
        ],
      }),
    },
    [nobody],
  ],
]

/** Good ones, by the ids that they are about and the position asked. */
const GOOD: [string, string[], number?][] = [
  ['an entity that is there', [raw]],
  ['an entity that is not there', [nobody]],
  ['every entity, and one that is not there', [...log.ids(), nobody]],
  ['an entity as of an earlier position', [raw], first + 2],
]

// `npx vitest run tests/proofs/verify-state.test.ts -u` writes the file anew.
it('keeps the vectors of state proofs as published', async () => {
  const proofs = [
    ...GOOD.map(([what, ids, asOf]) => ({
      what,
      proof: text(makeStateProof(log, ids, {}, asOf)),
      failed: [],
    })),
    ...BAD.map(([what, failed, changes, ids = [raw], asOf]) => ({
      what,
      proof: text(makeStateProof(log, ids, changes, asOf)),
      failed,
    })),
  ]
  const vectors = `${JSON.stringify({ trust: formatTrust(trust), proofs }, null, 1)}\n`
  await expect(vectors).toMatchFileSnapshot('../../docs/specs/vectors/state-proofs.json')
})

describe('refused by just the checks named, under the genuine signature:', () => {
  it.each(BAD)('%s', async (_what, codes, changes, ids = [raw], asOf) => {
    const report = await verify(makeStateProof(log, ids, changes, asOf))
    expect(failedIn(report)).toEqual(codes)
    expect(exitCode(report, true)).toBe(1)
  })

  it('any byte changed', async () => {
    // Of ids that are not there, another byte may make another that is not there either: no lie.
    const genuine = makeStateProof(log, [raw])
    for (let at = 0; at < genuine.length; at += 7) {
      const changed = genuine.with(at, genuine[at]! ^ 1)
      expect(exitCode(await verify(changed)), `byte ${at}`).not.toBe(0)
    }
  })
})

it('an operator whose tree lacks an entity is believed until somebody replays the log', async () => {
  const hidden = makeStateProof(log, [raw], {
    states: (all) => new Map([...all].filter(([id]) => id !== raw)),
  })
  expect(failedIn(await verify(hidden))).toEqual([])
  expect(statesOf(log.leaves).has(raw)).toBe(true)
})
