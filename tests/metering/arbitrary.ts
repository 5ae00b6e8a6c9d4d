import fc from 'fast-check'

const word = fc.stringMatching(/^[A-Za-z0-9 é€😀/_.-]{1,20}$/u).filter((text) => text.trim() !== '')
const decimal = fc.stringMatching(/^-?(0|[1-9][0-9]{0,8})(\.[0-9]{1,6})?$/)
/** Events as senders make them: whatever CloudEvents 1.0 lets be said, with a time and a value. */
export const event = fc.record(
  {
    specversion: fc.constant('1.0'),
    id: word,
    source: fc.oneof(
      fc.webUrl({ withQueryParameters: true }),
      fc.constantFrom('/shop', 'urn:shop:1', '../a', '#x', 'a%20b'),
    ),
    type: word,
    time: fc
      .date({ min: new Date(0), max: new Date('2999-01-01'), noInvalidDate: true })
      .map((time) => time.toISOString()),
    subject: word,
    datacontenttype: fc.constantFrom('application/json', 'application/cloudevents+json'),
    dataschema: fc.webUrl(),
    traceparent: word,
    sequence: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    sampled: fc.boolean(),
    data: fc.record(
      {
        value: fc.oneof(decimal, fc.integer({ min: -1e9, max: 1e9 })),
        unit: word,
        more: fc.jsonValue({ maxDepth: 3 }),
      },
      { requiredKeys: ['value'] },
    ),
  },
  { requiredKeys: ['specversion', 'id', 'source', 'type', 'time', 'data'] },
)

/** An event with one thing wrong in it, and the JSON Pointer to that thing. */
export interface SpoiltEvent {
  event: object
  path: string
}

const NO_TEXT = [undefined, '', 7, true, ['x'], { strange: 1 }, 'a\u0000b', 'x'.repeat(2_049)]
const NO_TIME = ['now', '2026-02-30T00:00:00Z', '2026-03-31T09:15:02', '1969-12-31T23:59:59Z']
const NO_VALUE = ['many', '', '01', '1e5', 1e-7, 1e21, true, null, undefined, [1], { strange: 1 }]

/** What is wrong in the place of each attribute, whatever the rest says. */
const WRONG: Record<string, readonly unknown[]> = {
  specversion: ['0.3', '1.0.2', 1, '', undefined, null, { strange: 1 }],
  id: [...NO_TEXT, null],
  source: [...NO_TEXT, null, 'a b', '/%4', '/<script>'],
  type: [...NO_TEXT, null],
  time: [...NO_TEXT, null, ...NO_TIME, '9998-01-01T00:00:00Z'],
  subject: NO_TEXT.slice(1),
  datacontenttype: [...NO_TEXT.slice(1), 'text/xml', 'application/avro'],
  dataschema: [...NO_TEXT.slice(1), 'a/b', '//host/a'],
  data: [undefined, null, 'x', 7, [1], true],
  extra: [0.5, 2 ** 31, [1], { strange: 1 }, '', 'a\u0000b'],
  data_base64: ['AA=='],
  Extra: ['x'],
  'a/b~c': ['x'],
  constructor_: ['x'],
  ['__proto__']: ['x'],
}

const inData = (member: string, bads: readonly unknown[]) =>
  bads.map((bad) => ({
    path: `/data/${member}`,
    spoil: (given: { data: object }) => ({ ...given, data: { ...given.data, [member]: bad } }),
  }))

const SPOILS = [
  ...Object.entries(WRONG).flatMap(([name, bads]) =>
    bads.map((bad) => ({
      path: `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
      spoil: (given: { data: object }): object => ({ ...given, [name]: bad }),
    })),
  ),
  ...inData('value', NO_VALUE),
  ...inData('unit', ['', 7, ['x'], { strange: 1 }, 'x'.repeat(101), 'a\u0000b']),
]

/** Events of which each has one thing wrong, somewhere. */
export const spoiltEvents: fc.Arbitrary<SpoiltEvent> = fc
  .tuple(event, fc.constantFrom(...SPOILS))
  .map(([given, { path, spoil }]) => ({ event: spoil(given), path }))
