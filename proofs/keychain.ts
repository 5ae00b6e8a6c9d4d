import { unb64 } from './base64.ts'
import { ProofError } from './error.ts'
import type { Sha256 } from './hash.ts'
import { verifyKeyBefore } from './keyleaf.ts'
import type { KeyLeaf } from './leaf.ts'
import type { TrustKey } from './trust.ts'

/** A key that counts: as the trust root lists it, or as key records lead to it from a listed one. */
export interface ChainedKey extends TrustKey {
  listed: boolean
}

/** What a reader may believe of a log's keys. */
export interface KeyChain {
  keys: readonly ChainedKey[]
  /** Keys that a record adds and that count for nothing all the same, with the reason. */
  broken: readonly (Pick<TrustKey, 'use' | 'kid' | 'x'> & { because: string })[]
}

/** What is asked of a chain: a key for one use, at one size of the log. */
export interface KeyAsked {
  use: TrustKey['use']
  size: number
  /** Whether a key may be the one: by its id, or by the short hash that a note has of it. */
  is(key: { kid: string; x: string }): boolean
  /**
   * What else speaks for what a compromised key has signed (an anchor, a quorum of witnesses before
   * the compromise), as a sentence, or `null`. Without this nothing does.
   */
  vouched?(key: ChainedKey): string | null
}

const nameOf = ({ use, kid }: { use: string; kid: string }) => `${use} ${kid}`

/**
 * Works out which keys count for a log, from those that the trust root lists and from key records
 * (docs/specs/keys.md, "Which keys count"). The caller has proven that the records stand in the log.
 *
 * What the trust root lists stands as it says, whatever records say. A key that it does not list
 * counts if a record adds it, signed by a key for the same use that counts and stood where that record
 * stands. A chain never starts at a key that the trust root has ended or calls compromised, and never
 * starts at or passes one that any record shown calls compromised: whoever holds such a key could add
 * keys of his own.
 *
 * @param records As `parseKeyRecords` gives them: in order, each sound by itself.
 * @throws {ProofError} `PROOF_KEY_SIGNATURE` where a record is not signed by the key that it names as
 * `prev`, and that key is at hand. A record whose `prev` is not at hand adds nothing.
 */
export function chainKeys(
  sha256: Sha256,
  listed: readonly TrustKey[],
  records: readonly KeyLeaf[],
): KeyChain {
  const keys = new Map(listed.map((key) => [nameOf(key), { ...key, listed: true } as ChainedKey]))
  const broken: KeyChain['broken'][number][] = []
  const ended = endsIn(records)
  // A `kid` is its key's thumbprint, so it does not matter who brings the key.
  const byKid = new Map([...listed, ...records].map(({ kid, x }) => [kid, unb64(x)]))
  for (const leaf of records) {
    const prev = byKid.get(leaf.prev!)
    if (prev) verifyKeyBefore(sha256, leaf, prev)
    const name = nameOf(leaf)
    if (leaf.event !== 'add' || keys.get(name)?.listed) continue
    const { use, kid, x, from } = leaf
    const because = faultOfPrevious(keys, leaf, ended)
    if (because !== null) broken.push({ use, kid, x, because })
    else keys.set(name, { use, kid, x, from, ...(ended.get(name) ?? LASTING), listed: false })
  }
  return { keys: [...keys.values()], broken }
}

/** How records end a key. */
type End = Pick<TrustKey, 'until' | 'compromised'>
const LASTING: End = { until: null, compromised: false }

/**
 * Finds how each key ends, wherever in the log it is said. Fails closed: whoever signed it, the earliest
 * end that any record states is the end, also for what the key has added since.
 */
function endsIn(records: readonly KeyLeaf[]): ReadonlyMap<string, End> {
  const ends = new Map<string, End>()
  for (const leaf of records) {
    if (leaf.event === 'add') continue
    const { until, compromised } = ends.get(nameOf(leaf)) ?? LASTING
    ends.set(nameOf(leaf), {
      until: Math.min(until ?? leaf.from, leaf.from),
      compromised: compromised || leaf.event === 'compromise',
    })
  }
  return ends
}

/** Says why the key that a record names as the one before cannot bring another, or `null` where it can. */
function faultOfPrevious(
  keys: ReadonlyMap<string, ChainedKey>,
  { use, prev, seq }: KeyLeaf,
  ended: ReadonlyMap<string, End>,
): string | null {
  const name = `${use} ${prev}`
  const key = keys.get(name)
  if (!key) return `the key before it, ${prev}, is neither listed nor led to`
  if (key.compromised || ended.get(name)?.compromised)
    return `the key before it, ${prev}, is compromised`
  if (key.listed && key.until !== null) {
    return `the trust root ends the key before it, ${prev}, and lists no other that leads to it`
  }
  const stood = key.from <= seq && (key.until === null || seq < key.until)
  return stood ? null : `the key before it, ${prev}, did not stand at ${seq}`
}

/**
 * Gives the key that stands for a use at a size of the log, and what that rests on.
 *
 * A key stands for the sizes in [from, until). A compromised one stands for nothing by itself: what it
 * signed counts only where something else vouches for it.
 *
 * @throws {ProofError} For the last of the keys asked for, why it does not stand:
 * `PROOF_TRUST_KEY_UNLISTED`, `PROOF_KEY_CHAIN`, `PROOF_TRUST_KEY_SIZE`, `PROOF_TRUST_KEY_RETIRED`,
 * `PROOF_TRUST_KEY_COMPROMISED`
 */
export function keyAt(
  { keys, broken }: KeyChain,
  asked: KeyAsked,
): { key: ChainedKey; because: string } {
  const isAsked = (key: Pick<TrustKey, 'use' | 'kid' | 'x'>) =>
    key.use === asked.use && asked.is(key)
  let wrong = new ProofError(
    'PROOF_TRUST_KEY_UNLISTED',
    'the trust root lists no such key for this, and no key record leads to it',
  )
  for (const { kid, because } of broken.filter(isAsked)) {
    wrong = new ProofError('PROOF_KEY_CHAIN', `${kid} has a key record, but ${because}`)
  }
  for (const key of keys.filter(isAsked)) {
    const found = judge(key, asked)
    if (typeof found === 'string') return { key, because: found }
    wrong = found
  }
  throw wrong
}

function judge(key: ChainedKey, { size, vouched = () => null }: KeyAsked): string | ProofError {
  const { kid, from, until, compromised, listed } = key
  if (size < from) {
    const message = `${kid} stands from size ${from}, and this is ${size}`
    return new ProofError('PROOF_TRUST_KEY_SIZE', message)
  }
  if (compromised) {
    const other = vouched(key)
    if (other !== null) return `${kid}, compromised; but ${other}`
    const rule = 'no anchor and no quorum before the compromise speaks for this'
    return new ProofError('PROOF_TRUST_KEY_COMPROMISED', `${kid} is compromised, and ${rule}`)
  }
  if (until !== null && size >= until) {
    const message = `${kid} is retired from size ${until} on, and this is ${size}`
    return new ProofError('PROOF_TRUST_KEY_RETIRED', message)
  }
  const end = until === null ? '' : ` to ${until}`
  return `${kid}, ${listed ? 'listed' : 'led to by key records'} from size ${from}${end}`
}
