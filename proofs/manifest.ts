import { boundedText } from './bounded-text.ts'
import { canonical, canonicalBytes } from './canonical.ts'
import { ProofError } from './error.ts'
import { TENANT } from './ids.ts'
import type { Json } from './json.ts'
import {
  type Check,
  closed,
  count,
  hash,
  id,
  listOf,
  type Members,
  name,
  object,
  oneOf,
  orNull,
  parseCanonical,
  pattern,
} from './members.ts'
import { parseStatedWithholding } from './withhold.ts'
import { isZipPath } from './zip.ts'

/** in-toto's statement type, and ours of its predicate by the form of the bundle. */
export const STATEMENT = 'https://in-toto.io/Statement/v1'
export const PREDICATES = {
  'selvedge/bundle/1': 'urn:selvedge:predicate:bundle:1',
  'selvedge/bundle/2': 'urn:selvedge:predicate:bundle:2',
} as const

/** The forms of bundle: those of the second state the terms of their root (docs/specs/bundle.md, "Forms"). */
export type BundleForm = keyof typeof PREDICATES

/** The two entries that no subject may be. */
export const MANIFEST = 'manifest.json'
export const MANIFEST_JWS = 'manifest.jws'

/** The subjects that every bundle has. */
export const RECORDS = 'records.ndjson'
export const PROOF = 'proof.json'
export const CHECKPOINT = 'checkpoint'

/** The subjects that say more of keys, where there is more to say. */
export const KEYS = 'keys.json'
export const ANCHORS = 'anchors.json'

/** The subject that a bundle may have: a replayer's signed note on the state that it rests on. */
export const REPLAY = 'replay'

/** The subject that states the terms of the root, and where the texts of licences are. */
export const TERMS = 'terms.json'
export const LICENSES = 'licenses/'

/** Says whether a bundle states terms; in one of the first form a file of that name is any file. */
export const statesTerms = ({ predicate }: Manifest) => predicate.v === 'selvedge/bundle/2'

/** The subject of a bundle that shows a record whose body is erased. */
export const ERASURES = 'erasures.ndjson'

/** Which way lineage is walked. */
export const DIRECTIONS = ['UPSTREAM', 'DOWNSTREAM', 'BOTH'] as const

/** The lineage that was asked for. */
export interface Question {
  root: string
  direction: (typeof DIRECTIONS)[number]
  depth: number
}

/** What a bundle states of itself (`docs/specs/bundle.md`, "manifest.json"). */
export interface Predicate {
  v: BundleForm
  tenant: string
  origin: string
  question: Question
  /** The position asked: only records below it are in the answer. */
  asOf: number
  /** The position of the state record that the answer rests on; `null`: none, so nothing is said to be current. */
  stateSize: number | null
  /** The size of the checkpoint; the validity of keys goes by it. */
  size: number
  records: number
  stitch: string
  /** Which fields are withheld, by pattern; not there where the bundle does not say. */
  withhold?: readonly string[]
}

/** A file that the manifest vouches for. */
export interface Subject {
  name: string
  digest: { sha256: string }
}

/** An in-toto Statement over the bundle's other entries. */
export interface Manifest {
  _type: typeof STATEMENT
  subject: Subject[]
  predicateType: (typeof PREDICATES)[BundleForm]
  predicate: Predicate
}

/** Gives the bytes of `manifest.json`. */
export const manifestBytes = (manifest: Manifest) => canonicalBytes(manifest as unknown as Json)

/** Gives the text of the protected header that `manifest.jws` must have, exactly. */
export const jwsHeader = (kid: string) =>
  canonical({ alg: 'EdDSA', kid, typ: 'selvedge-manifest+jws' })

/**
 * Reads `manifest.json`.
 *
 * @throws {ProofError} `PROOF_MANIFEST` for subjects out of order, or a required one missing;
 * `PROOF_JSON_*`, `PROOF_MEMBERS`, `PROOF_VALUE`; `PROOF_TEXT_TOO_LARGE`
 */
export function parseManifest(bytes: Uint8Array): Manifest {
  const value = parseCanonical(boundedText(bytes))
  const members = ['_type', 'subject', 'predicateType', 'predicate']
  const statement = closed(value, 'the manifest', members)
  oneOf(STATEMENT)(statement._type, '_type')
  const form = checkPredicate(statement.predicate)
  oneOf(PREDICATES[form])(statement.predicateType, 'predicateType')
  checkSubjects(listOf(subject)(statement.subject, 'subject'), form)
  return value as unknown as Manifest
}

const anyText = pattern('text', /^/)
const tenant = pattern('a tenant', TENANT)
const digest = pattern('SHA-256 in lower-case hex', /^[0-9a-f]{64}$/)

const subject: Check<Subject> = (value, what) => {
  const members = closed(value, what, ['name', 'digest'])
  const { sha256 } = closed(members.digest, `${what}.digest`, ['sha256'])
  return {
    name: name(members.name, `${what}.name`),
    digest: { sha256: digest(sha256, `${what}.digest.sha256`) },
  }
}

function checkSubjects(subjects: readonly Subject[], form: BundleForm) {
  subjects.forEach(({ name }, i) => {
    const ascends = i === 0 || subjects[i - 1]!.name < name
    const own = name === MANIFEST || name === MANIFEST_JWS
    if (!ascends || own || !isZipPath(name)) {
      throw new ProofError('PROOF_MANIFEST', `subject ${i} is no path, or out of order`)
    }
  })
  const terms = form === 'selvedge/bundle/2' ? [TERMS] : []
  for (const path of [CHECKPOINT, PROOF, RECORDS, ...terms]) {
    if (!subjects.some(({ name }) => name === path)) {
      throw new ProofError('PROOF_MANIFEST', `${path} is not among the subjects`)
    }
  }
}

const PREDICATE_MEMBERS = [
  ...['v', 'tenant', 'origin', 'question', 'asOf'],
  ...['stateSize', 'size', 'records', 'stitch'],
]

function checkPredicate(value: Json | undefined): BundleForm {
  const given = object(value, 'the predicate')
  const optional = Object.hasOwn(given, 'withhold') ? ['withhold'] : []
  const predicate: Members = closed(value, 'the predicate', [...PREDICATE_MEMBERS, ...optional])
  if (optional.length > 0) {
    parseStatedWithholding(listOf(anyText)(predicate.withhold, 'withhold'))
  }
  const form = oneOf<BundleForm>('selvedge/bundle/1', 'selvedge/bundle/2')(predicate.v, 'v')
  tenant(predicate.tenant, 'tenant')
  name(predicate.origin, 'origin')
  count(predicate.asOf, 'asOf')
  count(predicate.size, 'size')
  count(predicate.records, 'records')
  hash(predicate.stitch, 'stitch')
  orNull(count)(predicate.stateSize, 'stateSize')
  const question = closed(predicate.question, 'the question', ['root', 'direction', 'depth'])
  id(question.root, 'root')
  oneOf(...DIRECTIONS)(question.direction, 'direction')
  count(question.depth, 'depth')
  return form
}
