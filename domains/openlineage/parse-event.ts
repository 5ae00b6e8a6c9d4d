import { sha256 } from '../../core/sha256.ts'
import { b64 } from '../../proofs/base64.ts'
import { canonical } from '../../proofs/canonical.ts'
import type { Json } from '../../proofs/json.ts'
import { utf8 } from '../../proofs/utf8.ts'
import {
  type DatasetMention,
  EVENT_TYPES,
  type EventParts,
  type EventType,
  type JobMention,
  type LineageEvent,
  mentionsOf,
  type Name,
  type RunMention,
} from './event.ts'
import { MAX_DATASETS, MAX_EVENT_BYTES, MAX_FACET_BYTES, MAX_SYMLINKS } from './limits.ts'
import {
  type FacetContext,
  type FacetGroup,
  facetAt,
  parseFacets,
  pointersByFacet,
} from './parse-facets.ts'
import { checkUri, itemsAt, memberOf, nameAt, objectAt, type Place, textAt } from './place.ts'
import {
  eventKindUnknown,
  eventTooLarge,
  eventTypeUnknown,
  runIdInvalid,
  timeInvalid,
  tooManyDatasets,
} from './problems.ts'
import type { Stamp } from './stamp.ts'
import { normaliseTime } from './time.ts'

/**
 * Checks an event against OpenLineage 2-0-2 and lays it out for `applyEvent`. What the standard does
 * not name is let pass and not kept; what it names must have its type.
 *
 * An event with both `run` and `job` is a run event whatever else it holds: a well-known generator
 * of test data writes a stray `dataset` next to them.
 *
 * @param numbersAsText The pointers, from the event's root, of numbers that were kept as texts.
 * @throws {Problem} `OPENLINEAGE_…`, with a JSON Pointer as `path`.
 */
export function parseEvent(value: Json, numbersAsText: readonly string[] = []): LineageEvent {
  const root: Place = { value, path: '' }
  const type = typeOf(root)
  const text = canonical(value)
  const bytes = utf8(text)
  if (bytes.length > MAX_EVENT_BYTES) throw eventTooLarge(MAX_EVENT_BYTES)
  const stamp: Stamp = [parseHead(root), b64(sha256(bytes))]
  checkCounts(root)
  const event = parseParts(root, type, {
    numbersAsText: pointersByFacet(numbersAsText),
    long: bytes.length > MAX_FACET_BYTES,
  })
  const symlinks = mentionsOf(event).reduce((sum, mention) => sum + mention.symlinks.length, 0)
  if (symlinks > MAX_SYMLINKS) throw tooManyDatasets('', MAX_SYMLINKS)
  return { ...event, stamp, text }
}

function typeOf(root: Place): LineageEvent['type'] {
  const members = objectAt(root)
  const [run, job, dataset] = ['run', 'job', 'dataset'].map((name) => Object.hasOwn(members, name))
  if (run && job) return 'run'
  if (job && !dataset) return 'job'
  if (dataset && !run && !job) return 'dataset'
  throw eventKindUnknown('')
}

function parseParts(root: Place, type: LineageEvent['type'], context: FacetContext): EventParts {
  if (type === 'dataset') {
    return { type, dataset: parseDataset(memberOf(root, 'dataset'), context) }
  }
  const job = parseJob(root, context)
  const inputs = parseDatasets(root, 'input', context)
  const outputs = parseDatasets(root, 'output', context)
  if (type === 'job') return { type, job, inputs, outputs }
  return { type, run: parseRun(root, context), job, inputs: inputs ?? [], outputs: outputs ?? [] }
}

/** What every event opens with; gives the normalised time. */
function parseHead(root: Place): string {
  const time = memberOf(root, 'eventTime')
  const normalised = normaliseTime(textAt(time))
  if (normalised === undefined) throw timeInvalid(time.path)
  checkUri(memberOf(root, 'producer'))
  checkUri(memberOf(root, 'schemaURL'))
  return normalised
}

/** Counted before any dataset is read, so that a flood costs nothing. */
function checkCounts(root: Place) {
  const count = (place: Place) => (place.value === undefined ? 0 : itemsAt(place).length)
  const [inputs, outputs] = [memberOf(root, 'inputs'), memberOf(root, 'outputs')]
  if (count(inputs) + count(outputs) > MAX_DATASETS) {
    throw tooManyDatasets(count(inputs) > MAX_DATASETS ? inputs.path : outputs.path, MAX_DATASETS)
  }
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

function runIdAt(place: Place) {
  const id = textAt(place)
  if (!UUID.test(id)) throw runIdInvalid(place.path)
  return id.toLowerCase()
}

function parseRun(root: Place, context: FacetContext): RunMention {
  const run = memberOf(root, 'run')
  const facets = memberOf(run, 'facets')
  return {
    id: runIdAt(memberOf(run, 'runId')),
    facets: parseFacets(facets, 'run', context),
    transition: parseTransition(memberOf(root, 'eventType')),
    parents: ['parent', 'parentRun'].flatMap((name) => {
      const facet = facetAt(facets, name)
      if (!facet) return []
      const parent = memberOf(facet, 'run')
      return [{ run: runIdAt(memberOf(parent, 'runId')), job: parseName(memberOf(facet, 'job')) }]
    }),
  }
}

function parseTransition(place: Place): EventType | undefined {
  if (place.value === undefined) return undefined
  const type = EVENT_TYPES.find((known) => known === place.value)
  if (!type) throw eventTypeUnknown(place.path, EVENT_TYPES)
  return type
}

function parseJob(root: Place, context: FacetContext): JobMention {
  const job = memberOf(root, 'job')
  return {
    name: parseName(job),
    facets: parseFacets(memberOf(job, 'facets'), 'job', context),
  }
}

/** `undefined` where the list is left out, which a job event tells from an empty one. */
function parseDatasets(root: Place, part: 'input' | 'output', context: FacetContext) {
  const list = memberOf(root, `${part}s`)
  if (list.value === undefined) return undefined
  return itemsAt(list).map((place) => parseDataset(place, context, part))
}

function parseDataset(
  place: Place,
  context: FacetContext,
  part?: FacetGroup & ('input' | 'output'),
): DatasetMention {
  const facets = memberOf(place, 'facets')
  const symlinks = facetAt(facets, 'symlinks')
  return {
    name: parseName(place),
    facets: [
      ...parseFacets(facets, 'dataset', context),
      ...(part ? parseFacets(memberOf(place, `${part}Facets`), part, context) : []),
    ],
    symlinks: symlinks ? parseSymlinks(memberOf(symlinks, 'identifiers')) : [],
  }
}

/** The kind of each identifier is kept in the facet; for identity only the name counts. */
const parseSymlinks = (identifiers: Place): Name[] =>
  identifiers.value === undefined ? [] : itemsAt(identifiers).map(parseName)

const parseName = (place: Place): Name => ({
  namespace: nameAt(memberOf(place, 'namespace')),
  name: nameAt(memberOf(place, 'name')),
})
