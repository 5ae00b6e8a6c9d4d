import { describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import type { TenantAudit } from '../../domains/backup/audit-tenant.ts'
import {
  compareKnown,
  type KnownCheckpoint,
  knownIn,
  requireNewest,
} from '../../domains/backup/known.ts'
import { b64, unb64 } from '../../proofs/base64.ts'
import { formatCheckpoint } from '../../proofs/checkpoint.ts'
import type { KeyLeaf } from '../../proofs/leaf.ts'
import { formatNote, noteSignature } from '../../proofs/note.ts'
import { formatTrust } from '../../proofs/trust.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { makeKey } from '../make/keys.ts'

const rootOf = (word: string) => b64(sha256(utf8(word)))
const ROOTS = new Map([4, 9, 12].map((size) => [size, rootOf(`root ${size}`)]))
const key = makeKey('known')
const stranger = makeKey('stranger')
const { kid, x } = key

/** A backup of a log that a restore has moved to epoch 1, where it kept 9 of its leaves. */
const audit: TenantAudit = {
  tenant: 'acme',
  origin: 'service/acme/1',
  epoch: 1,
  kept: [9],
  size: 12,
  root: ROOTS.get(12)!,
  entities: 1,
  bodies: 1,
  erasedSince: [],
  files: 0,
  filesMissing: [],
  roots: ROOTS,
  keys: [
    {
      event: 'add',
      use: 'checkpoint',
      kid,
      x,
      from: 0,
      seq: 0,
    } as KeyLeaf,
  ],
}

const known = (
  size: number,
  root = rootOf(`root ${size}`),
  origin = 'service/acme/1',
): KnownCheckpoint => ({
  origin,
  size,
  root,
  source: 'a witness',
})

function noteOf({ origin, size, root }: KnownCheckpoint, by = key) {
  const text = formatCheckpoint({
    origin,
    size,
    root: unb64(root),
  })
  return formatNote(text, [noteSignature(sha256, origin, unb64(by.x), by.sign(utf8(text)))])
}

const refusal = (work: () => unknown) => {
  try {
    work()
    return 'accepted'
  } catch (error) {
    return (error as { code?: string }).code
  }
}

describe('what is known elsewhere', () => {
  it('agrees where the leaves have the same root', () => {
    const all = [
      known(4),
      known(9),
      known(12),
      known(0, rootOf('')),
      known(9, undefined, 'service/acme'),
    ]
    expect(compareKnown(audit, all)).toEqual({ compared: 5, beyond: 0 })
  })

  it('is only counted where it goes beyond what is held of that origin', () => {
    const all = [
      known(13, rootOf('x')),
      known(12, rootOf('x'), 'service/acme'),
      known(2, rootOf('x'), 'service/acme/2'),
    ]
    expect(compareKnown(audit, all)).toEqual({ compared: 0, beyond: 3 })
  })

  it('is left alone where it is of another tenant', () => {
    expect(compareKnown(audit, [known(4, rootOf('x'), 'service/umbra')])).toEqual({
      compared: 0,
      beyond: 0,
    })
  })

  it.each([
    ['at its last size', known(12, rootOf('x'))],
    ['at an earlier one', known(4, rootOf('x'))],
    ['of an earlier origin, as far as that was kept', known(9, rootOf('x'), 'service/acme')],
    ['at a size that was not among those asked for', known(5)],
  ])('is a fork where it differs %s', (_where, one) => {
    expect(refusal(() => compareKnown(audit, [known(4), one]))).toBe('RESTORE_FORK')
  })

  it('is read from a checkpoint that the log has signed, and from the anchors of a trust root', () => {
    const [note] = knownIn(noteOf(known(9)), 'note')
    expect(note).toMatchObject({ origin: 'service/acme/1', size: 9, root: ROOTS.get(9) })
    expect(compareKnown(audit, [note!])).toEqual({ compared: 1, beyond: 0 })
    const trust = formatTrust({
      v: 'selvedge/trust/1',
      logs: [{ origin: 'service/acme', keys: [], anchors: [{ size: 4, root: ROOTS.get(4)! }] }],
      witnessPolicy: '',
      replayers: [],
    })
    expect(knownIn(`${trust}\n`, 'trust.json')).toMatchObject([
      { origin: 'service/acme', size: 4, root: ROOTS.get(4) },
    ])
  })

  it('is refused where nobody of the log has signed it, be it true or not', () => {
    const [note] = knownIn(noteOf(known(9), stranger), 'note')
    expect(refusal(() => compareKnown(audit, [note!]))).toBe('RESTORE_KNOWN_INVALID')
    const [lie] = knownIn(noteOf(known(9)), 'note')
    const forged = { ...lie!, note: lie!.note!.replace(/.{6}\n$/, 'AAAAA=\n') }
    expect(refusal(() => compareKnown(audit, [forged]))).toBe('RESTORE_KNOWN_INVALID')
  })

  it.each(['', 'Dear reader\n', '{}', '{"v":"selvedge/trust/1"}'])(
    'is refused where it is none: %j',
    (text) => {
      expect(refusal(() => knownIn(text, 'file'))).toBe('RESTORE_KNOWN_INVALID')
    },
  )
})

describe('the signing register', () => {
  const of = (...checkpoints: KnownCheckpoint[]) => ({ tenant: 'acme', checkpoints })

  it('is new enough where it knows the backup, and everything that is shown', () => {
    expect(refusal(() => requireNewest(audit, of(known(4), known(12)), [known(4)]))).toBe(
      'accepted',
    )
    expect(
      refusal(() => requireNewest(audit, of(known(4), known(20)), [known(15, rootOf('x'))])),
    ).toBe('accepted')
  })

  it('is too old where it knows less than the backup, or than what is shown', () => {
    expect(refusal(() => requireNewest(audit, of(), []))).toBe('RESTORE_REGISTER_BEHIND')
    expect(refusal(() => requireNewest(audit, of(known(9)), []))).toBe('RESTORE_REGISTER_BEHIND')
    expect(refusal(() => requireNewest(audit, of(known(12)), [known(13)]))).toBe(
      'RESTORE_REGISTER_BEHIND',
    )
    const later = known(2, rootOf('x'), 'service/acme/2')
    expect(refusal(() => requireNewest(audit, of(known(12)), [later]))).toBe(
      'RESTORE_REGISTER_BEHIND',
    )
  })

  it('tells a fork where it holds another root of a size than is shown', () => {
    expect(refusal(() => requireNewest(audit, of(known(12, rootOf('x'))), []))).toBe('RESTORE_FORK')
    const shown = known(15, rootOf('one'))
    expect(refusal(() => requireNewest(audit, of(known(15, rootOf('two'))), [shown]))).toBe(
      'RESTORE_FORK',
    )
  })
})
