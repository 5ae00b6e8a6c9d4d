import { GRANTABLE_KINDS, KINDS, type Kind, kindOfUrn } from '../../lineage/kinds.ts'
import { DIRECTIONS, type Direction, MOST_HOPS } from '../../lineage/traversal-texts.ts'
import { TENANT } from '../../proofs/ids.ts'
import { parseWithholding, WITHHOLD_LIMITS } from '../../proofs/withhold.ts'
import { grantInvalid } from './problems.ts'

/** What one tenant lets another read: everything within `depth` hops of `root`, and no more. */
export interface GrantTerms {
  root: string
  direction: Direction
  depth: number
  /** What the walk may come to, in the order of the kinds. */
  kinds: Kind[]
  /** Patterns of the fields that are shown (docs/how-to/grants.md), ascending; none show no field. */
  fields: string[]
  begins: string
  until: string
}

/** What the body of a `Grant` says, on either log. */
export interface GrantBody extends GrantTerms {
  side: 'given' | 'received'
  /** The tenant that gives it, and the one that gets it. */
  from: string
  to: string
  revokedAt?: string
  /** In the log of the receiver: the record in force in the log of the giver. */
  reference?: { seq: number; leaf: string }
}

/** A grant as it is asked for. */
export interface GrantAsked {
  to: string
  root: string
  direction: Direction
  depth: number
  kinds: readonly Kind[]
  fields: readonly string[]
  /** Now, where it is left out. */
  begins?: string | null
  until: string
}

/** The longest time that a grant may hold. */
export const MOST_DAYS = 1_830

/**
 * Checks all of what is asked that does not depend on when, and puts lists into their one order.
 *
 * @throws {Problem} `GRANT_INVALID`
 */
export function readAsked(asked: GrantAsked, tenant: string): GrantAsked {
  const { to, root, direction, depth } = asked
  if (!TENANT.test(to)) throw grantInvalid('to', 'it must be the name of a tenant')
  if (to === tenant) throw grantInvalid('to', 'a tenant reads all of its own without a grant')
  if (!DIRECTIONS.includes(direction)) throw grantInvalid('direction', 'there is no such direction')
  if (!Number.isInteger(depth) || depth < 0 || depth > MOST_HOPS) {
    throw grantInvalid('depth', `it must be a whole number from 0 to ${MOST_HOPS}`)
  }
  const kinds = KINDS.filter((kind) => asked.kinds.includes(kind))
  const strange = kinds.find((kind) => !GRANTABLE_KINDS.includes(kind))
  if (strange) throw grantInvalid('kinds', `a ${strange} is shown to nobody else`)
  if (!kinds.some((kind) => kind === kindOfUrn(root))) {
    throw grantInvalid('kinds', 'the kind of the root must be one of them')
  }
  return { ...asked, kinds, fields: readFields(asked.fields) }
}

function readFields(fields: readonly string[]): string[] {
  if (fields.length === 0) return []
  const { patterns, characters } = WITHHOLD_LIMITS
  const fits = fields.every(
    (one) => one.length > 0 && one.length <= characters && one.isWellFormed(),
  )
  if (fields.length > patterns || !fits) {
    throw grantInvalid('fields', `up to ${patterns} patterns of 1 to ${characters} characters`)
  }
  return [...parseWithholding(fields).patterns]
}

/**
 * When a grant holds that is given at an instant, to the millisecond.
 *
 * @throws {Problem} `GRANT_INVALID` where it would be over when it begins, or hold for too long.
 */
export function readTimes({ begins, until }: Pick<GrantAsked, 'begins' | 'until'>, at: string) {
  const [start, end] = [Math.max(Date.parse(begins ?? at), Date.parse(at)), Date.parse(until)]
  // An instant of a leap second is a time to RFC 3339 and none to a clock of milliseconds.
  if (Number.isNaN(start)) throw grantInvalid('begins', 'it must not lie in a leap second')
  if (Number.isNaN(end)) throw grantInvalid('until', 'it must not lie in a leap second')
  if (end <= start) throw grantInvalid('until', 'it must lie in the future, and after begins')
  if (end - start > MOST_DAYS * 86_400_000) {
    throw grantInvalid('until', `a grant holds for at most ${MOST_DAYS} days; give it anew then`)
  }
  return { begins: new Date(start).toISOString(), until: new Date(end).toISOString() }
}

/** Whether a grant holds at an instant: from `begins` on, and before `until`. */
export const isOpen = (
  { begins, until, revokedAt }: Pick<GrantBody, 'begins' | 'until' | 'revokedAt'>,
  now: number,
) => revokedAt === undefined && Date.parse(begins) <= now && now < Date.parse(until)
