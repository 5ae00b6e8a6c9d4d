import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Problem } from '../../core/problem.ts'
import { readUsage } from '../../domains/metering/cloud-event.ts'
import { parseBinary, parseStructured } from '../../domains/metering/parse-event.ts'
import { DECIMAL } from '../../proofs/decimal-sum.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { event } from './arbitrary.ts'
import { CLOUD_EVENT } from './cloud-events-schema.ts'
import { usage } from './support.ts'

const ajv = new Ajv({ strict: false })
;(addFormats as unknown as (to: Ajv) => void)(ajv)
const isCloudEvent = ajv.compile(CLOUD_EVENT)

const refusalOf = (work: () => unknown) => {
  try {
    work()
    return undefined
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { code: error.code, path: error.details.path }
  }
}
const refused = (event: unknown) => refusalOf(() => readUsage(event as never))
const invalid = (path: string) => ({ code: 'METERING_EVENT_INVALID', path })

it('takes what CloudEvents 1.0 lets be said, and says the same of it', () => {
  fc.assert(
    fc.property(event, (given) => {
      expect(isCloudEvent(given)).toBe(true)
      const { event: kept, ...read } = readUsage(given as never)
      expect(isCloudEvent(kept)).toBe(true)
      expect(read).toMatchObject({
        ...{ source: given.source, id: given.id, meter: given.type },
        ...{ subject: given.subject ?? null, unit: given.data.unit ?? null },
        ...{ value: String(given.data.value), time: given.time },
      })
      expect(DECIMAL.test(read.value)).toBe(true)
    }),
    { numRuns: 500 },
  )
})

it('reads one event alike in structured and in binary mode', () => {
  const textual = event.map(({ sequence: _s, sampled: _b, ...rest }) => rest)
  fc.assert(
    fc.property(textual, (given) => {
      const { data, datacontenttype = 'application/json', ...attributes } = given
      const headers: [string, string][] = [
        ['Content-Type', datacontenttype],
        ...Object.entries(attributes).map(([name, value]): [string, string] => [
          `ce-${name}`,
          encodeURIComponent(String(value)),
        ]),
      ]
      const binary = parseBinary(headers, utf8(JSON.stringify(data)))
      expect(binary).toEqual(parseStructured(utf8(JSON.stringify(given))))
    }),
  )
})

describe('what a CloudEvent may not be', () => {
  it.each([
    ['no object', [], ''],
    ['null', null, ''],
    ['of another version', usage('1', { specversion: '0.3' }), '/specversion'],
    ['of a version that is a number', usage('1', { specversion: 1 }), '/specversion'],
    ['without an id', usage('1', { id: undefined }), '/id'],
    ['with an id of null', usage('1', { id: null }), '/id'],
    ['with an empty id', usage(''), '/id'],
    ['with an id that is a number', usage('1', { id: 7 }), '/id'],
    ['with an id of 2,049 characters', usage('x'.repeat(2_049)), '/id'],
    ['with a control character', usage('a\u0000b'), '/id'],
    ['with half of a pair', usage('a\ud800'), '/id'],
    ['with a noncharacter', usage('a\uffff'), '/id'],
    ['without a source', usage('1', { source: undefined }), '/source'],
    ['with a source that has a space', usage('1', { source: 'a b' }), '/source'],
    ['with a source with half an escape', usage('1', { source: '/%4' }), '/source'],
    ['without a type', usage('1', { type: undefined }), '/type'],
    ['without a time', usage('1', { time: undefined }), '/time'],
    ['with a time without an offset', usage('1', { time: '2026-03-31T09:15:02' }), '/time'],
    ['with a day that is none', usage('1', { time: '2026-02-30T00:00:00Z' }), '/time'],
    ['with a time of long ago', usage('1', { time: '1969-12-31T23:59:59Z' }), '/time'],
    ['with a time after all days', usage('1', { time: '9998-01-01T00:00:00Z' }), '/time'],
    ['with an empty subject', usage('1', { subject: '' }), '/subject'],
    ['with data of another type', usage('1', { datacontenttype: 'text/xml' }), '/datacontenttype'],
    ['with a relative schema', usage('1', { dataschema: 'a/b' }), '/dataschema'],
    ['with an attribute in capitals', usage('1', { traceParent: 'x' }), '/traceParent'],
    ['with an attribute of another name', usage('1', { 'a/b': 'x' }), '/a~1b'],
    ['with an attribute called __proto__', JSON.parse('{"__proto__":"x"}'), '/__proto__'],
    ['with an attribute that is a list', usage('1', { more: [1] }), '/more'],
    ['with a fraction as an attribute', usage('1', { more: 0.5 }), '/more'],
    ['with data in base64', usage('1', { data: undefined, data_base64: 'AA' }), '/data_base64'],
    ['without data', usage('1', { data: undefined }), '/data'],
    ['with data that are text', usage('1', { data: '1' }), '/data'],
    ['with data that are a list', usage('1', { data: [1] }), '/data'],
    ['without a value', usage('1', { data: {} }), '/data/value'],
    ['with a value in words', usage('1', { data: { value: 'many' } }), '/data/value'],
    ['with a value of null', usage('1', { data: { value: null } }), '/data/value'],
    ['with a value that is tiny', usage('1', { data: { value: 1e-7 } }), '/data/value'],
    ['with a value that is huge', usage('1', { data: { value: 1e21 } }), '/data/value'],
    ['with 19 digits', usage('1', { data: { value: '1'.repeat(19) } }), '/data/value'],
    ['with 13 places', usage('1', { data: { value: `0.${'1'.repeat(13)}` } }), '/data/value'],
    ['with an empty unit', usage('1', { data: { value: 1, unit: '' } }), '/data/unit'],
    ['with a unit of 101', usage('1', { data: { value: 1, unit: 'x'.repeat(101) } }), '/data/unit'],
    [
      'with 65 attributes',
      usage('1', Object.fromEntries(Array.from({ length: 58 }, (_, i) => [`x${i}`, 'y']))),
      '',
    ],
  ])('%s', (_what, given, path) => {
    expect(refused(given)).toEqual(invalid(path))
  })

  it('is taken at every limit', () => {
    const at = usage('x'.repeat(2_048), {
      subject: 'é'.repeat(2_048),
      data: { value: `-${'9'.repeat(18)}.${'9'.repeat(12)}`, unit: 'u'.repeat(100) },
      ...Object.fromEntries(Array.from({ length: 57 }, (_, i) => [`x${i}`, 'y'])),
    })
    expect(refused(at)).toBeUndefined()
  })

  it('in bytes: JSON that two readers would read in two ways', () => {
    const parse = (text: string | Uint8Array) =>
      refusalOf(() => parseStructured(typeof text === 'string' ? utf8(text) : text))
    const good = JSON.stringify(usage('1'))
    expect(parse(good)).toBeUndefined()
    const json = { code: 'METERING_JSON_INVALID', path: undefined }
    expect(parse(good.replace('{', '{"id":"2",'))).toEqual(json)
    expect(parse(good.slice(1))).toEqual(json)
    expect(parse(Uint8Array.of(0xff))).toEqual(json)
    expect(parse(`${'['.repeat(65)}${']'.repeat(65)}`)).toEqual(json)
    const inexact = good.replace('"value":1', '"value":12345678901234567890')
    expect(parse(inexact)).toEqual(invalid('/data/value'))
    expect(parse(good.padEnd(65_536))).toBeUndefined()
    expect(parse(good.padEnd(65_537))).toEqual({ code: 'METERING_EVENT_TOO_LARGE' })
  })

  it('in binary mode: headers that say what the body says, or nothing that can be read', () => {
    const parse = (...headers: [string, string][]) =>
      refusalOf(() => parseBinary([['content-type', 'application/json'], ...headers], utf8('{}')))
    expect(parse(['ce-data', '1'])).toEqual(invalid('/data'))
    expect(parse(['ce-id', '%ff'])).toEqual(invalid('/id'))
    expect(parse(['ce-', 'x'])).toEqual(invalid('/'))
  })

  it('whatever it is, by a code of its own that says where (2,000 of them)', () => {
    const places = ['specversion', 'id', 'source', 'type', 'time', 'subject', 'data', 'extra']
    const spoilt = fc.tuple(
      event,
      fc.constantFrom(...places),
      fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }), fc.double()),
    )
    let taken = 0
    fc.assert(
      fc.property(spoilt, ([given, place, value]) => {
        const changed = { ...given, [place]: value }
        const refusal = refused(changed)
        if (refusal === undefined) {
          taken += 1
          expect(isCloudEvent(changed)).toBe(true)
        } else {
          expect(refusal.code).toBe('METERING_EVENT_INVALID')
          expect(refusal.path).toMatch(new RegExp(`^/${place}(/|$)`))
        }
      }),
      { numRuns: 2_000 },
    )
    expect(taken).toBeLessThan(1_000)
  })
})
