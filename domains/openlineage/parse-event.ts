import { sha256 } from '../../core/sha256.ts'
import { b64 } from '../../proofs/base64.ts'
import { canonical } from '../../proofs/canonical.ts'
import type { Json } from '../../proofs/json.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { columnLineageAt, datasetsIn } from './column-lineage.ts'
import {
  type DatasetMention,
  type EventParts,
  type JobMention,
  type LineageEvent,
  mentionsOf,
  type Name,
} from './event.ts'
import {
  MAX_COLUMN_DATASETS,
  MAX_DATASETS,
  MAX_EVENT_BYTES,
  MAX_FACET_BYTES,
  MAX_SYMLINKS,
} from './limits.ts'
import { checkSchemaUrl, type Mending, mendedFacet, timeAt } from './mending.ts'
import {
  type FacetContext,
  type FacetGroup,
  facetAt,
  parseFacets,
  pointersByFacet,
} from './parse-facets.ts'
import { parseName, parseRun } from './parse-run.ts'
import { checkUri, itemsAt, memberOf, objectAt, type Place } from './place.ts'
import { eventKindUnknown, eventTooLarge, tooManyDatasets } from './problems.ts'
import type { Stamp } from './stamp.ts'

/**
 * Checks an event against OpenLineage 2-0-2 and lays it out for `applyEvent`. What the standard does
 * not name is let pass and not kept; what it names must have its type.
 *
 * An event with both `run` and `job` is a run event whatever else it holds: a well-known generator
 * of test data writes a stray `dataset` next to them.
 *
 * @param numbersAsText The pointers, from the event's root, of numbers that were kept as texts.
 * @param lenient Whether what some producers get wrong is mended, with a note (`mending.ts`).
 * @throws {Problem} `OPENLINEAGE_…`, with a JSON Pointer as `path`.
 */
export function parseEvent(
  value: Json,
  numbersAsText: readonly string[] = [],
  { lenient = false }: { lenient?: boolean } = {},
): LineageEvent {
  const mending: Mending = { lenient, mended: [] }
  const root: Place = { value, path: '' }
  const type = typeOf(root)
  const text = canonical(value)
  const bytes = utf8(text)
  if (bytes.length > MAX_EVENT_BYTES) throw eventTooLarge(MAX_EVENT_BYTES)
  const stamp: Stamp = [parseHead(root, mending), b64(sha256(bytes))]
  checkCounts(root)
  const context = {
    numbersAsText: pointersByFacet(numbersAsText),
    long: bytes.length > MAX_FACET_BYTES,
  }
  const event = noted(parseParts(root, type, { context, mending }), mending)
  const symlinks = mentionsOf(event).reduce((sum, mention) => sum + mention.symlinks.length, 0)
  if (symlinks > MAX_SYMLINKS) throw tooManyDatasets('', MAX_SYMLINKS)
  const inputs = mentionsOf(event).flatMap(({ columnInputs }) => columnInputs)
  if (new Set(inputs.map((name) => JSON.stringify(name))).size > MAX_COLUMN_DATASETS) {
    throw tooManyDatasets('', MAX_COLUMN_DATASETS)
  }
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

/** What was mended is told by the record of what the event is of. */
function noted(event: EventParts, { mended }: Mending): EventParts {
  if (mended.length === 0) return event
  const { facets } =
    event.type === 'run' ? event.run : event.type === 'job' ? event.job : event.dataset
  const note = mendedFacet(event.type, mended)
  const others = facets.filter(({ field }) => field !== note.field)
  facets.splice(0, facets.length, ...others, note)
  return event
}

function parseParts(
  root: Place,
  type: LineageEvent['type'],
  { context, mending }: { context: FacetContext; mending: Mending },
): EventParts {
  if (type === 'dataset') {
    return { type, dataset: parseDataset(memberOf(root, 'dataset'), context) }
  }
  const job = parseJob(root, context)
  const inputs = parseDatasets(root, 'input', context)
  const outputs = parseDatasets(root, 'output', context)
  if (type === 'job') return { type, job, inputs, outputs }
  const run = parseRun(root, context, mending)
  return { type, run, job, inputs: inputs ?? [], outputs: outputs ?? [] }
}

/** What every event opens with; gives the normalised time. */
function parseHead(root: Place, mending: Mending): string {
  const time = timeAt(memberOf(root, 'eventTime'), mending)
  checkUri(memberOf(root, 'producer'))
  checkSchemaUrl(memberOf(root, 'schemaURL'), mending)
  return time
}

/** Counted before any dataset is read, so that a flood costs nothing. */
function checkCounts(root: Place) {
  const count = (place: Place) => (place.value === undefined ? 0 : itemsAt(place).length)
  const [inputs, outputs] = [memberOf(root, 'inputs'), memberOf(root, 'outputs')]
  if (count(inputs) + count(outputs) > MAX_DATASETS) {
    throw tooManyDatasets(count(inputs) > MAX_DATASETS ? inputs.path : outputs.path, MAX_DATASETS)
  }
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
  const columns = facetAt(facets, 'columnLineage')
  return {
    name: parseName(place),
    facets: [
      ...parseFacets(facets, 'dataset', context),
      ...(part ? parseFacets(memberOf(place, `${part}Facets`), part, context) : []),
    ],
    symlinks: symlinks ? parseSymlinks(memberOf(symlinks, 'identifiers')) : [],
    columnInputs: columns ? datasetsIn(columnLineageAt(columns)) : [],
  }
}

/** The kind of each identifier is kept in the facet; for identity only the name counts. */
const parseSymlinks = (identifiers: Place): Name[] =>
  identifiers.value === undefined ? [] : itemsAt(identifiers).map(parseName)
