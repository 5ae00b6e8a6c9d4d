import type { Json } from '../../proofs/json.ts'
import { type UsageProof, usageProofBytes } from '../../proofs/usage-proof.ts'
import { text } from '../../proofs/utf8.ts'
import { saltOf, windowOf } from './usage-window.ts'

/** A proof as text, and the fields of the record that it is held against. */
export interface ProofVector {
  what: string
  proof: string
  fields: Json
  /** Which refuses it; nothing for a good one. */
  code?: string
}

/** All events of a window, and the fields of its record. */
export interface WindowVector {
  what: string
  events: { event: Json; salt: string }[]
  fields: Json
  code?: string
}

export interface UsageVectors {
  proofs: ProofVector[]
  windows: WindowVector[]
}

const AMOUNTS = ['0.1', '0.2', '-1.25', '999999999999999999', '0.000000000001', '10.50', '0']
const small = windowOf(7, (i) => AMOUNTS[i]!)
const large = windowOf(300)
const fieldsOf = (window: object) => ({ ...window, least: '0', late: 0 }) as unknown as Json
const [SMALL, LARGE] = [fieldsOf(small.window), fieldsOf(large.window)]
const without = (fields: Json, name: string) =>
  Object.fromEntries(Object.entries(fields as object).filter(([member]) => member !== name)) as Json
const other = (fields: Json, change: object) => ({ ...(fields as object), ...change }) as Json

const proof = large.prove(270)
const told = (of: UsageProof) => text(usageProofBytes(of))
const event = (change: object) => told({ ...proof, event: { ...proof.event, ...change } as never })
const TEXT = told(proof)

const bad: [what: string, proof: string, code: string, fields?: Json][] = [
  ['an event of another amount', event({ data: { value: '8', unit: 'calls' } }), 'ROOT_MISMATCH'],
  ['an event of another id', event({ id: 'e' }), 'ROOT_MISMATCH'],
  ['an event of another source', event({ source: '/shops' }), 'ROOT_MISMATCH'],
  ['an event of another time', event({ time: '2026-03-31T09:15:03Z' }), 'ROOT_MISMATCH'],
  ['an event that says more', event({ more: 1 }), 'ROOT_MISMATCH'],
  ['an event after the window', event({ time: '2026-04-01T00:00:00Z' }), 'USAGE_WINDOW'],
  ['an event of another meter', event({ type: 'api' }), 'USAGE_WINDOW'],
  ['an event of another subject', event({ subject: 'other' }), 'USAGE_WINDOW'],
  ['an event of another unit', event({ data: { value: '1', unit: 'GB' } }), 'USAGE_WINDOW'],
  ['an event without a unit', event({ data: { value: '1' } }), 'USAGE_WINDOW'],
  ['another salt', told({ ...proof, salt: saltOf(1_000) }), 'ROOT_MISMATCH'],
  ['a salt that is too short', told({ ...proof, salt: 'AAAA' }), 'VALUE'],
  ['another size', told({ ...proof, size: 301 }), 'SIZES'],
  ['another place', told({ ...proof, index: 271 }), 'ROOT_MISMATCH'],
  ['a place beyond the end', told({ ...proof, index: 300 }), 'INDEX_OUT_OF_RANGE'],
  ['a hash too many', told({ ...proof, path: [...proof.path, proof.path[0]!] }), 'PATH_LENGTH'],
  ['a hash too few', told({ ...proof, path: proof.path.slice(1) }), 'PATH_LENGTH'],
  ['hashes in another order', told({ ...proof, path: proof.path.toReversed() }), 'ROOT_MISMATCH'],
  ['a text with a blank', ` ${TEXT}`, 'JSON_NOT_CANONICAL'],
  ['a member twice', TEXT.replace('{', '{"event":{},'), 'JSON_DUPLICATE'],
  ['a later version', TEXT.replace('usage-proof/1', 'usage-proof/2'), 'VALUE'],
  ['a place that is a fraction', TEXT.replace('"index":270', '"index":270.5'), 'VALUE'],
  ['a member that lacks', TEXT.replace(/,"v":"[^"]*"/, ''), 'MEMBERS'],
  ['a member that is none', TEXT.replace('"v":', '"u":1,"v":'), 'MEMBERS'],
  [
    'an event that is a list',
    TEXT.replace(/"event":\{.*?\}\S*?,"index"/, '"event":[],"index"'),
    'MEMBERS',
  ],
  ['a record that is no id', TEXT.replace('urn:selvedge:', 'urn:other:'), 'VALUE'],
  ['a record of another root', TEXT, 'ROOT_MISMATCH', other(LARGE, { root: saltOf(1) })],
  ['a record of another count', TEXT, 'SIZES', other(LARGE, { count: 299 })],
  ['a record of another meter', TEXT, 'USAGE_WINDOW', other(LARGE, { meter: 'api' })],
  [
    'a record of an earlier day',
    TEXT,
    'USAGE_WINDOW',
    other(LARGE, { until: '2026-03-31T00:00:00.000Z' }),
  ],
  ['a record whose root is withheld', TEXT, 'VALUE', without(LARGE, 'root')],
  ['a record whose total is withheld', TEXT, 'VALUE', without(LARGE, 'total')],
]

const goodProofs: ProofVector[] = [
  ...[0, 3, 6].map((index) => ({ index, of: small, fields: SMALL, n: 7 })),
  ...[0, 255, 256, 270, 299].map((index) => ({ index, of: large, fields: LARGE, n: 300 })),
].map(({ index, of, fields, n }) => ({
  what: `event ${index} of ${n}`,
  ...{ proof: told(of.prove(index)), fields },
}))

const { events } = small
const badWindows: [what: string, events: typeof events, fields: Json, code: string][] = [
  ['an event left out', events.slice(1), SMALL, 'SIZES'],
  [
    'an event left out of the count too',
    events.slice(1),
    other(SMALL, { count: 6 }),
    'ROOT_MISMATCH',
  ],
  ['an event twice', [...events.slice(1), events[1]!], SMALL, 'FIELD_ORDER'],
  ['another total', events, other(SMALL, { total: '1' }), 'USAGE_TOTAL'],
  [
    'a total with a zero at its end',
    events,
    other(SMALL, { total: `${small.window.total}0` }),
    'USAGE_TOTAL',
  ],
  [
    'another salt',
    [{ ...events[0]!, salt: saltOf(99) }, ...events.slice(1)],
    SMALL,
    'ROOT_MISMATCH',
  ],
  ['another subject', events, other(SMALL, { subject: 'other' }), 'USAGE_WINDOW'],
]

/** Makes the vectors of usage: proofs of events and whole windows, good ones and, for each step, bad ones. */
export const usageVectors = (): UsageVectors => ({
  proofs: [
    ...goodProofs,
    ...bad.map(([what, text, code, fields = LARGE]) => ({
      ...{ what, proof: text, fields, code: `PROOF_${code}` },
    })),
  ],
  windows: [
    { what: 'all its events', events, fields: SMALL },
    { what: 'all its events, in another order', events: events.toReversed(), fields: SMALL },
    ...badWindows.map(([what, all, fields, code]) => ({
      ...{ what, events: all, fields, code: `PROOF_${code}` },
    })),
  ],
})
