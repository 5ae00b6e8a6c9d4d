import { parseUrn } from '../../../proofs/ids.ts'
import type { QualifiedName } from './statement.ts'

/** Where our own words are: kinds, relations, and what is said of them. */
export const OURS = { prefix: 'selvedge', means: 'urn:selvedge:term:' }

/** The words of PROV itself. Both notations know the prefix, and neither lets it be declared otherwise. */
const PROV = 'prov'

/** A word of ours. */
export const ours = (local: string): QualifiedName => ({ prefix: OURS.prefix, local })

/** A word of PROV. */
export const prov = (local: string): QualifiedName => ({ prefix: PROV, local })

/**
 * The name of an entity: its URN, cut where it can be cut in two. Names and random ids of a kind have
 * prefixes of their own, so that what is left needs no colon, which PROV-N would have escaped.
 */
export function nameOfId(id: string): QualifiedName {
  const urn = parseUrn(id)
  return urn.form === 'name'
    ? { prefix: urn.kind, local: urn.digest }
    : { prefix: `${urn.kind}-id`, local: urn.uuid }
}

/** What the prefix of an entity's name stands for. */
export const meaningOfPrefix = (prefix: string) =>
  prefix.endsWith('-id')
    ? `urn:selvedge:${prefix.slice(0, -'-id'.length)}:`
    : `urn:selvedge:${prefix}:h:`
