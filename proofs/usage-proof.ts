import { b64, unb64 } from './base64.ts'
import { boundedText } from './bounded-text.ts'
import { canonical, canonicalBytes } from './canonical.ts'
import { addDecimal, writeDecimal } from './decimal-sum.ts'
import { ProofError } from './error.ts'
import { equal, type Sha256 } from './hash.ts'
import { type Inclusion, verifyLeafInclusion } from './inclusion.ts'
import type { Json } from './json.ts'
import {
  closed,
  count,
  hash,
  id,
  listOf,
  type Members,
  object,
  oneOf,
  parseCanonical,
  pattern,
} from './members.ts'
import { usageCommitment, usageKey, usageLeafHash, usageRoot } from './usage-tree.ts'

/** A usage event, a CloudEvent in its canonical form: what says in which window it belongs, and the rest. */
export type UsageEvent = Members

/** What proves that an event is in a sealed window (docs/specs/usage.md, "Proof of an event"). */
export interface UsageProof extends Inclusion {
  /** The id of the `MeteringRecord` of the window. */
  record: string
  event: UsageEvent
  /** 32 bytes, base64url, without which nobody can tell the event by its leaf. */
  salt: string
}

/** What the record of a window says of it, as far as a proof is held against it: fields of its body. */
export interface SealedWindow {
  meter: string
  subject?: string
  unit?: string
  from: string
  until: string
  count: number
  total: string
  root: string
}

/** Gives the bytes of a proof, in their one form. */
export const usageProofBytes = ({ record, event, salt, index, size, path }: UsageProof) =>
  canonicalBytes({
    v: 'selvedge/usage-proof/1',
    ...{ record, event, salt, index, size },
    path: path.map((one) => b64(one)),
  })

/**
 * Reads a proof; whether it proves anything, `verifyUsage` says.
 *
 * @throws {ProofError} `PROOF_JSON_*`, `PROOF_MEMBERS`, `PROOF_VALUE`, `PROOF_TEXT_TOO_LARGE`
 */
export function parseUsageProof(bytes: Uint8Array): UsageProof {
  const names = ['v', 'record', 'event', 'salt', 'index', 'size', 'path']
  const members = closed(parseCanonical(boundedText(bytes)), 'the proof', names)
  oneOf('selvedge/usage-proof/1')(members.v, 'v')
  return {
    record: id(members.record, 'record'),
    event: object(members.event, 'event'),
    salt: hash(members.salt, 'salt'),
    index: count(members.index, 'index'),
    size: count(members.size, 'size'),
    path: listOf(hash)(members.path, 'path').map(unb64),
  }
}

/**
 * Reads what a record says of its window from the fields of its body; other fields are passed over.
 *
 * @throws {ProofError} `PROOF_MEMBERS`, `PROOF_VALUE` where one is missing, as where it is withheld.
 */
export function readSealed(fields: Json): SealedWindow {
  const { meter, subject, unit, from, until, ...rest } = object(fields, 'the record')
  const { count: events, total, root } = rest
  return {
    meter: text(meter, 'meter'),
    ...(subject !== undefined && { subject: text(subject, 'subject') }),
    ...(unit !== undefined && { unit: text(unit, 'unit') }),
    from: text(from, 'from'),
    until: text(until, 'until'),
    count: count(events, 'count'),
    total: text(total, 'total'),
    root: hash(root, 'root'),
  }
}

const text = pattern('text', /\S/)

/**
 * Verifies that an event is in a sealed window: that it is of the window's meter, subject and unit and
 * of no later time, and that its leaf stands under the window's root, in a tree of as many leaves as the record counts.
 *
 * @throws {ProofError} `PROOF_USAGE_WINDOW` where it is of another window, `PROOF_SIZES` where the record
 *   counts otherwise, and what `verifyLeafInclusion` throws. Returns nothing on success.
 */
export function verifyUsage(
  sha256: Sha256,
  { event, salt, ...inclusion }: Omit<UsageProof, 'record'>,
  window: SealedWindow,
) {
  if (inclusion.size !== window.count) {
    throw new ProofError('PROOF_SIZES', `the record counts ${window.count} events`)
  }
  const hashed = usageLeafHash(sha256, leafOf(sha256, { event, salt }, window))
  verifyLeafInclusion(sha256, hashed, inclusion, unb64(window.root))
}

/**
 * Verifies a whole window: that these are all its events, each once, and that they make up its total.
 *
 * @param events Every event with its salt, in any order.
 * @throws {ProofError} `PROOF_USAGE_WINDOW`, `PROOF_SIZES`, `PROOF_FIELD_ORDER` for an event twice,
 *   `PROOF_ROOT_MISMATCH`, `PROOF_USAGE_TOTAL`.
 */
export function verifyUsageWindow(
  sha256: Sha256,
  events: readonly Pick<UsageProof, 'event' | 'salt'>[],
  window: SealedWindow,
) {
  if (events.length !== window.count) {
    throw new ProofError('PROOF_SIZES', `the record counts ${window.count} events`)
  }
  const leaves = events
    .map((one) => leafOf(sha256, one, window))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
  if (!equal(usageRoot(sha256, leaves), unb64(window.root))) {
    throw new ProofError('PROOF_ROOT_MISMATCH', 'these are not the events of the window')
  }
  const total = events.reduce((sum, { event }) => addDecimal(sum, usageValue(event)), 0n)
  if (writeDecimal(total) !== window.total) {
    throw new ProofError('PROOF_USAGE_TOTAL', `the events come to ${writeDecimal(total)}`)
  }
}

/** Gives what an event counts, as a decimal number: the text or number `value` of its data. */
export function usageValue({ data }: UsageEvent): string {
  const { value } = object(data, 'data')
  return typeof value === 'number' ? String(value) : text(value, 'value')
}

function leafOf(
  sha256: Sha256,
  { event, salt }: Pick<UsageProof, 'event' | 'salt'>,
  window: SealedWindow,
) {
  const { unit } = object(event.data, 'data')
  const pairs = [
    ['meter', event.type, window.meter],
    ['subject', event.subject, window.subject],
    ['unit', unit, window.unit],
  ] as const
  for (const [what, own, other] of pairs) {
    if (canonical(own ?? null) === canonical(other ?? null)) continue
    throw new ProofError('PROOF_USAGE_WINDOW', `the event has another ${what} than the window`)
  }
  // One of an earlier day may have come late; one of a later day cannot have come.
  if (!(Date.parse(text(event.time, 'time')) < Date.parse(window.until))) {
    throw new ProofError('PROOF_USAGE_WINDOW', 'the event is of a time after the window')
  }
  const key = usageKey(sha256, text(event.source, 'source'), text(event.id, 'id'))
  return { key, c: usageCommitment(sha256, salt, event) }
}
