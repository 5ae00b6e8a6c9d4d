import fc from 'fast-check'
import { sha256 } from '../../core/sha256.ts'
import type { Json } from '../../proofs/json.ts'
import { DIRECTIONS } from '../../proofs/manifest.ts'
import type { ShownRecord } from '../../proofs/records.ts'
import { withholdFields } from '../../proofs/withhold.ts'
import { recordedWorld } from '../terms/arbitrary.ts'
import type { RecordedWorld } from '../terms/reference.ts'
import { makeBundle, type TestBundle } from './bundle.ts'
import { makeLog, type TestLink, type TestLog } from './log.ts'
import { numbersFrom } from './numbers.ts'
import { DAY, hashOf } from './terms-log.ts'

/** A generated world as a log, and the id there of each thing of it. */
export interface TermsWorld {
  log: TestLog
  idOf(id: string): string
}

const KINDS: Record<string, string> = {
  ...{ dataset: 'Dataset', job: 'Job', source: 'Source', license: 'License', clause: 'Clause' },
  ...{ transformation: 'Transformation', dpiapacket: 'DpiaPacket' },
}
const kindOf = (id: string) => KINDS[id.split(':')[2]!]!

/** The texts that every other licence of these worlds names by their hashes. */
export const TEXTS = ['As you like.\n', 'Not at all.\n']

/** Writes a generated world down as a service would. */
export function writeTerms({ edges, said }: RecordedWorld): TermsWorld {
  const log = makeLog()
  const ids = [...new Set([...edges.flatMap(({ from, to }) => [from, to]), ...said.keys()])].sort()
  const idOf = (id: string) => log.idOf(kindOf(id), id)
  const named = new Map(ids.map((id) => [id, idOf(id)]))
  // Transformations name licences, clauses, jobs and datasets.
  const inLog = (fields: object) =>
    JSON.parse(
      JSON.stringify(fields).replace(/urn:selvedge:\w+:h:\d+/g, (id) => named.get(id) ?? idOf(id)),
    ) as Record<string, Json>
  for (const id of ids) log.assert(kindOf(id), id, {})
  for (const id of ids) {
    const { action = 'assert', fields = {} } = said.get(id) ?? {}
    const links = edges
      .filter(({ from }) => from === id)
      .map(({ relation, to }): TestLink => [relation, named.get(to)!])
    const number = Number(id.at(-1))
    const text = kindOf(id) === 'License' &&
      number < 2 && { text: { sha256: hashOf(TEXTS[number]!) } }
    log.assert(kindOf(id), id, { ...inLog(fields ?? {}), ...text }, links)
    if (action === 'retire') log.retire(named.get(id)!)
    else if (fields === null) log.erase(named.get(id)!)
  }
  return { log, idOf }
}

/** Bundles of generated worlds, some of whose fields or bodies are not shown; the same at every run. */
export function termsBundles(count: number): TestBundle[] {
  const worlds = fc.sample(recordedWorld, { numRuns: count, seed: 39 })
  const next = numbersFrom(39)
  return worlds.map((world, n) => {
    const { log } = writeTerms(world)
    if (n % 3 === 0) log.state()
    const roots = log.ids().filter((id) => /:(?:dataset|job|license):/.test(id))
    const root = roots[next(roots.length)]!
    const direction = DIRECTIONS[n % 4 === 0 ? next(3) : 0]!
    const question = { root, direction, depth: n % 3 === 2 ? next(3) : 12 }
    const most = n % 2 === 0 ? 0 : 3
    const shown = (records: ShownRecord[]) =>
      records.map((record) => (next(9) < most ? hide(record, next(3)) : record))
    return makeBundle(log, { question, terms: { day: DAY, texts: TEXTS } }, { shown })
  })
}

const TELLING = [
  ['spdx', 'action', 'lifts', 'text'],
  ['title', 'type', 'rule', 'validFrom'],
]

/** A record whose body is not shown, or some fields of it. */
function hide(record: ShownRecord, how: number): ShownRecord {
  const names = TELLING[how]
  if (!names || !record.fields) return { ...record, fields: null }
  return { ...record, fields: withholdFields(sha256, record.fields, new Set(names)) }
}
