import { b64 } from './base64.ts'
import { canonicalBytes } from './canonical.ts'
import { ProofError } from './error.ts'
import { leafHash, type Sha256 } from './hash.ts'
import type { Json } from './json.ts'
import { LEAF_RULES } from './leaf-rules.ts'
import { object, parseCanonical } from './members.ts'
import { type Link, outRoot } from './outset.ts'
import { utf8 } from './utf8.ts'

/** The most bytes that a leaf may have: what a C2SP entry bundle can frame. */
export const LEAF_BYTES = 65_535

/** What changed on one entity (record.md): small, for ever, and without anything personal. */
export interface RecordHeader {
  v: 'selvedge/record/1'
  tenant: string
  seq: number
  kind: string
  id: string
  version: number
  action: 'assert' | 'retire' | 'erase'
  at: string
  actor: string
  links: Link[]
  unlinks: { rel: string; id: string }[]
  out: string
  body: string
  /** The records whose bodies are erased; only where `action` is `erase`. */
  targets?: number[]
}

/** The root of the state tree over everything before this leaf. */
export interface StateLeaf {
  v: 'selvedge/state/1'
  tenant: string
  seq: number
  at: string
  size: number
  root: string
}

/** A signing key that comes, goes or is lost. */
export interface KeyLeaf {
  v: 'selvedge/key/1'
  tenant: string
  seq: number
  at: string
  event: 'add' | 'retire' | 'compromise'
  use: 'checkpoint' | 'manifest'
  kid: string
  x: string
  from: number
  prev: string | null
  /** By the key `prev`, then by the key itself. */
  sigs: [string | null, string | null]
}

/** The start of a new origin after a restore: the old log's first `keptSize` leaves stay. */
export interface EpochLeaf {
  v: 'selvedge/epoch/1'
  tenant: string
  seq: number
  at: string
  origin: string
  prevOrigin: string
  prevSize: number
  prevRoot: string
  keptSize: number
}

/** Whatever a log can hold; `v` tells which. */
export type Leaf = RecordHeader | StateLeaf | KeyLeaf | EpochLeaf

/**
 * Reads a leaf, refusing everything that one leaf alone can have wrong (record.md, "Verifying a leaf"):
 * another form than JCS, a member too many or too few, a value out of bounds, edges out of order. What
 * takes a hash to see, `hashLeaf` refuses; what takes the other leaves, replay does.
 *
 * @throws {ProofError} `PROOF_LEAF_TOO_LARGE`, `PROOF_LEAF_UNKNOWN`, `PROOF_LEAF_*` by rule,
 * `PROOF_MEMBERS`, `PROOF_VALUE`, `PROOF_JSON_*`
 */
export function parseLeaf(text: string): Leaf {
  // Before parsing: a text has at least as many bytes as code units.
  if (text.length > LEAF_BYTES) throw tooLarge(text.length)
  requireSize(utf8(text))
  return requireLeaf(parseCanonical(text))
}

/** A leaf read out of a larger canonical text, and its own canonical bytes, which hash it. */
export interface LeafWithin {
  leaf: Leaf
  bytes: Uint8Array
}

/**
 * Reads a leaf out of a value that was read from canonical text, as `parseLeaf` reads it from its own.
 *
 * @throws {ProofError} As `parseLeaf`, but for what only a text can have wrong.
 */
export function leafWithin(value: Json): LeafWithin {
  const bytes = requireSize(canonicalBytes(value))
  return { leaf: requireLeaf(value), bytes }
}

function requireLeaf(value: Json): Leaf {
  const leaf = object(value, 'the leaf')
  const rules = typeof leaf.v === 'string' ? LEAF_RULES.get(leaf.v) : undefined
  if (!rules) throw new ProofError('PROOF_LEAF_UNKNOWN', 'a leaf of no version that we know')
  rules(leaf)
  return leaf as unknown as Leaf
}

/**
 * Gives the canonical bytes of a leaf: the log's entry.
 *
 * @throws {ProofError} `PROOF_LEAF_TOO_LARGE` above `LEAF_BYTES`.
 */
export const leafBytes = (leaf: Leaf): Uint8Array =>
  requireSize(canonicalBytes(leaf as unknown as Json))

/**
 * Gives the RFC 6962 leaf hash `H(0x00 ‖ JCS)`: what is called a record's leaf everywhere.
 *
 * @throws {ProofError} `PROOF_LEAF_TOO_LARGE`; `PROOF_LEAF_OUT` where `out` is not the root over
 * `links` though no other edge can be in force: in a first version, and once retired. It is the one
 * rule of a single leaf that `parseLeaf` lacks a hash to check.
 *
 * @param bytes The leaf's canonical bytes, where they are at hand.
 */
export function hashLeaf(sha256: Sha256, leaf: Leaf, bytes = leafBytes(leaf)): Uint8Array {
  if (leaf.v === 'selvedge/record/1' && (leaf.version === 1 || leaf.action === 'retire')) {
    if (b64(outRoot(sha256, leaf.links)) !== leaf.out) {
      throw new ProofError('PROOF_LEAF_OUT', `record ${leaf.seq} has edges that it does not link`)
    }
  }
  return leafHash(sha256, bytes)
}

function requireSize(bytes: Uint8Array) {
  if (bytes.length > LEAF_BYTES) throw tooLarge(bytes.length)
  return bytes
}

const tooLarge = (length: number) =>
  new ProofError('PROOF_LEAF_TOO_LARGE', `a leaf of ${length} bytes; ${LEAF_BYTES} are allowed`)
