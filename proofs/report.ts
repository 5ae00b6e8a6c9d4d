import type { Erased } from './erasures.ts'
import type { ProofCode } from './error.ts'
import type { Question } from './manifest.ts'
import type { ReadRecord } from './records.ts'
import type { StatedTerms } from './terms/stated.ts'
import type { Withheld } from './withhold.ts'

/** How a check ended; `not evaluated` is neither a yes nor a no, and its detail says why. */
export type Result = 'pass' | 'fail' | 'not evaluated'

/** What a check is about; each group feeds one line of the verdict. */
export type Group =
  | 'container'
  | 'manifest'
  | 'log'
  | 'records'
  | 'state'
  | 'lineage'
  | 'terms'
  | 'authenticity'
  | 'replay'
  | 'witnesses'

/** Every named check in the order of the report; `docs/specs/bundle.md` has a step for each. */
export const CHECKS = {
  'zip-form': 'container',
  'manifest-form': 'manifest',
  'jws-form': 'manifest',
  'entry-list': 'manifest',
  'subject-digests': 'manifest',
  'stitch-root': 'manifest',
  'checkpoint-form': 'log',
  'checkpoint-match': 'log',
  'proof-form': 'log',
  'records-form': 'log',
  'keys-form': 'log',
  'anchors-form': 'log',
  'erasures-form': 'log',
  'proof-positions': 'log',
  'proof-inclusion': 'log',
  'record-count': 'records',
  'record-tenant': 'records',
  'record-times': 'records',
  'record-as-of': 'records',
  'record-entities': 'records',
  'out-sets': 'records',
  'link-changes': 'records',
  'link-ends': 'records',
  bodies: 'records',
  'withheld-fields': 'records',
  erasures: 'records',
  'state-form': 'state',
  'state-size': 'state',
  'state-place': 'state',
  'state-entities': 'state',
  'state-current': 'state',
  'state-neighbours': 'state',
  'lineage-reach': 'lineage',
  'lineage-upstream': 'lineage',
  'lineage-downstream': 'lineage',
  'terms-form': 'terms',
  'terms-stated': 'terms',
  'license-texts': 'terms',
  'origin-listed': 'authenticity',
  'origin-tenant': 'authenticity',
  'key-chain': 'authenticity',
  'anchor-roots': 'authenticity',
  'manifest-key': 'authenticity',
  'manifest-signature': 'authenticity',
  'checkpoint-key': 'authenticity',
  'checkpoint-signature': 'authenticity',
  'witness-policy': 'witnesses',
  cosignatures: 'witnesses',
  'witness-quorum': 'witnesses',
  'replay-form': 'replay',
  'replay-signature': 'replay',
} as const satisfies Record<string, Group>

/** The name of a check. */
export type CheckName = keyof typeof CHECKS

/** One check, done. */
export interface Check<Name extends string = CheckName> {
  name: Name
  group: Group
  result: Result
  /** What was seen, for a person; it may quote the bundle, so escape it before showing it anywhere. */
  detail: string
  /** Set where the check failed. */
  code?: ProofCode
}

/** The questions that people confuse, kept apart (docs/specs/bundle.md). */
export const LINES = [
  'intact',
  'authentic',
  'witnessed',
  'current',
  'completeUp',
  'completeDown',
  'terms',
] as const

/** One line of the verdict. */
export type Line = (typeof LINES)[number]

/** What a bundle says that it is; worth as much as the verdict. */
export interface Summary {
  tenant: string
  origin: string
  root: string
  direction: Question['direction']
  depth: number
  asOf: number
  /** The position of the state that the answer rests on, or `null`. */
  stateSize: number | null
  size: number
  records: number
  /** The patterns of withheld fields that the manifest states; empty where it states none. */
  withhold: readonly string[]
}

/** All that a verifier found out about one bundle. */
export interface Report {
  checks: Check[]
  verdict: Record<Line, { result: Result; detail: string }>
  /** `null` where no manifest could be read. */
  bundle: Summary | null
  /** The records as they were read, worth as much as the verdict; none where they could not be. */
  records: readonly ReadRecord[]
  /** The terms as the bundle states them, worth as much as the verdict; `null` where it states none. */
  terms: StatedTerms | null
  /** Every record that withholds single fields, with their names; empty where no records could be read. */
  withheld: Withheld[]
  /** Every record shown whose body is erased, which is nothing that is kept back. */
  erased: Erased[]
}

/** What an exit code goes by: any report that says of its checks and of these two lines how they ended. */
export interface Judged {
  checks: readonly Pick<Check, 'result' | 'code'>[]
  verdict: Record<'intact' | 'authentic', { result: Result }>
}

/** Exit codes of `prov-verifier`; 2 (usage) belongs to the command line alone. */
export const EXIT = { ok: 0, failed: 1, usage: 2, unreadable: 3, untrusted: 4 } as const

/**
 * Turns a report into an exit code: unreadable where the file is no zip at all, failed where any check
 * failed, untrusted where nothing failed and nobody vouches for the keys.
 *
 * @param acceptUntrusted Whether the caller settles for a bundle that vouches only for itself.
 */
export function exitCode({ checks, verdict }: Judged, acceptUntrusted = false) {
  if (checks.some(({ code }) => code === 'PROOF_ZIP_NOT_ONE')) return EXIT.unreadable
  if (checks.some(({ result }) => result === 'fail')) return EXIT.failed
  // Not "unless something failed": a report in which nothing was found to be intact is not a yes.
  if (verdict.intact.result !== 'pass') return EXIT.failed
  return verdict.authentic.result === 'pass' || acceptUntrusted ? EXIT.ok : EXIT.untrusted
}
