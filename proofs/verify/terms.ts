import { boundedText } from '../bounded-text.ts'
import { canonical } from '../canonical.ts'
import { ProofError } from '../error.ts'
import type { Sha256 } from '../hash.ts'
import { hex } from '../hex.ts'
import type { Json } from '../json.ts'
import { LICENSES, type Manifest, statesTerms, TERMS } from '../manifest.ts'
import type { ReadRecord } from '../records.ts'
import type { ReadState } from '../state-part.ts'
import {
  type FollowingTerms,
  LISTS,
  licensePath,
  parseTerms,
  type StatedTerms,
  termsFollowing,
} from '../terms/stated.ts'
import { absent, type Known, known } from './checks.ts'
import { type Entries, entry } from './manifest.ts'

/** Gives the entries of a bundle that states terms; one of an older form need not. */
export function givenTerms(manifest: Known<Manifest>, zip: Known<Entries>): Known<Entries> {
  if (!manifest.found) return manifest
  if (!statesTerms(manifest.value)) return absent('a bundle of this form states no terms')
  return zip.found ? known(zip.value) : zip
}

/** Reads `terms.json`. @throws {ProofError} As `parseTerms`, and `PROOF_ENTRY_MISSING`. */
export function readTerms(entries: Entries) {
  const value = parseTerms(boundedText(entry(entries, TERMS)))
  return { value, detail: `${value.total} terms for ${value.day}` }
}

/** What terms are worked out from. */
interface Ground {
  manifest: Manifest
  stated: StatedTerms
  records: readonly ReadRecord[]
  erased: ReadonlySet<number>
}

/** Works out what the records shown make of the root's terms, on the day stated. */
export const followTerms = ({ manifest, stated, records, erased }: Ground): FollowingTerms =>
  termsFollowing({ root: manifest.predicate.question.root, records, erased, day: stated.day })

/**
 * Requires the terms stated to be those that follow from the records shown, one by one and in order, for
 * a day that is not before what they rest on.
 *
 * @throws {ProofError} `PROOF_TERMS_DAY`, `PROOF_TERMS_OTHER`
 */
export function checkTerms(
  stated: StatedTerms,
  { total, terms, transformations }: FollowingTerms,
  { records, state }: { records: readonly ReadRecord[]; state: ReadState | null },
) {
  const rest = state?.leaf.at ?? records.at(-1)?.header.at ?? ''
  if (stated.day < rest.slice(0, 10)) {
    throw new ProofError(
      'PROOF_TERMS_DAY',
      `for ${stated.day}, and what they rest on is of ${rest}`,
    )
  }
  const other = (why: string) => new ProofError('PROOF_TERMS_OTHER', why)
  if (total !== stated.total) throw other(`${stated.total} stated, and ${total} follow`)
  const listed = LISTS.flatMap((list) => stated[list].map((term) => ({ list, term })))
  for (const [i, { list, write }] of terms.entries()) {
    const one = listed[i]!
    if (one.list !== list || !isSame(one.term, write())) {
      throw other(`term ${i}, among the ${one.list}, is not what follows from the records`)
    }
  }
  if (!isSame(stated.transformations, transformations)) {
    throw other('other transformations lift something')
  }
  return tellTerms(stated)
}

/**
 * Requires the texts stated to be those that the licences name, those that are held to be there, no
 * others, and each to have the hash that it is called by.
 *
 * @throws {ProofError} `PROOF_TERMS_TEXTS`, `PROOF_TERMS_TEXT`
 */
export function checkTexts(
  sha256: Sha256,
  stated: StatedTerms,
  { texts, entries }: { texts: FollowingTerms['texts']; entries: Entries },
) {
  const named = [...texts].map(([hash, licenses]) => ({ sha256: hash, licenses }))
  if (
    !isSame(
      named,
      stated.texts.map(({ sha256: hash, licenses }) => ({ sha256: hash, licenses })),
    )
  ) {
    throw new ProofError('PROOF_TERMS_TEXTS', 'the licences shown name other texts')
  }
  const held = stated.texts.filter((text) => text.held).map((text) => licensePath(text.sha256))
  const there = [...entries.keys()].filter((path) => path.startsWith(LICENSES))
  if (!isSame(held, there)) {
    throw new ProofError(
      'PROOF_TERMS_TEXTS',
      `${held.length} texts stated as held, ${there.length} there`,
    )
  }
  for (const path of there) {
    if (licensePath(hex(sha256(entries.get(path)!))) !== path) {
      throw new ProofError('PROOF_TERMS_TEXT', `${path} has another hash`)
    }
  }
  return `${there.length} of ${stated.texts.length} texts that licences name, each by its hash`
}

const isSame = (one: unknown, other: unknown) => canonical(one as Json) === canonical(other as Json)

function tellTerms({ day, total, ...lists }: StatedTerms) {
  const counts = LISTS.map((list) => `${lists[list].length} ${list}`).join(', ')
  const listed = LISTS.reduce((sum, list) => sum + lists[list].length, 0)
  return `${counts} on ${day}${total > listed ? `, and ${total - listed} more` : ''}`
}
