import { sha256 } from '../../core/sha256.ts'
import { canonicalBytes } from '../../proofs/canonical.ts'
import type { Json } from '../../proofs/json.ts'
import type { FacetWrite } from './event.ts'
import { checkUri, type Place, textAt } from './place.ts'
import { runIdInvalid, timeInvalid } from './problems.ts'
import { normaliseTime } from './time.ts'

/** One place where a producer leaves the standard, and what was taken in its stead. */
export interface Mended {
  path: string
  /** As the event has it; `null` where it has nothing. */
  was: Json
  taken: string
}

/** How an event is read: to the letter, or with what some producers get wrong mended and noted. */
export interface Mending {
  lenient: boolean
  mended: Mended[]
}

/** The facet that says what was mended in the last event that needed it. */
export const MENDED_FACET = 'selvedge_mended'

/** What is mended has a note in the record itself, of the run, or else of the job or the dataset. */
export const mendedFacet = (group: 'run' | 'job' | 'dataset', mended: Mended[]): FacetWrite => ({
  field: `facet:${group}:${MENDED_FACET}`,
  value: { mended: mended.map(({ path, was, taken }) => ({ path, was, taken })) },
  numbersAsText: [],
})

/**
 * The normalised time. Leniently, one without an offset is taken to be in UTC.
 *
 * @throws {Problem} `OPENLINEAGE_MEMBER_INVALID`, `OPENLINEAGE_TIME_INVALID`
 */
export function timeAt(place: Place, mending: Mending): string {
  const was = textAt(place)
  const time = normaliseTime(was)
  if (time !== undefined) return time
  const taken = mending.lenient ? normaliseTime(`${was}Z`) : undefined
  if (taken === undefined) throw timeInvalid(place.path)
  mending.mended.push({ path: place.path, was, taken })
  return taken
}

const SCHEMA_URL = 'https://openlineage.io/spec/2-0-2/OpenLineage.json'

/**
 * Checks that the event says which schema it has. Leniently, none is the one that it is read by.
 *
 * @throws {Problem} `OPENLINEAGE_MEMBER_INVALID`, `OPENLINEAGE_URI_INVALID`
 */
export function checkSchemaUrl(place: Place, mending: Mending) {
  const isMissing = place.value === undefined || place.value === null
  if (!isMissing || !mending.lenient) return checkUri(place)
  mending.mended.push({ path: place.path, was: null, taken: SCHEMA_URL })
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * The id of a run, in lower case. Leniently, any other text stands for the UUID (version 8, RFC 9562) of
 * the first 16 bytes of `H(JCS(["selvedge/run/1", namespace, text]))`: the same wherever that run is named.
 *
 * @param namespace That of the run's job: such texts hardly ever differ from one scheduler to the next.
 * @throws {Problem} `OPENLINEAGE_MEMBER_INVALID`, `OPENLINEAGE_RUN_ID_INVALID`
 */
export function runIdAt(place: Place, namespace: string, mending: Mending): string {
  const was = textAt(place)
  if (UUID.test(was)) return was.toLowerCase()
  if (!mending.lenient || was === '') throw runIdInvalid(place.path)
  const bytes = sha256(canonicalBytes(['selvedge/run/1', namespace, was])).slice(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = Buffer.from(bytes).toString('hex')
  const taken = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  mending.mended.push({ path: place.path, was, taken })
  return taken
}
