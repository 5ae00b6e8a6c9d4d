import type { numbersFrom } from '../make/numbers.ts'

/** Gives a whole number below a bound. */
export type Next = ReturnType<typeof numbersFrom>

export const oneOf = <T>(next: Next, some: readonly T[]): T => some[next(some.length)]!

/** Texts that parsers, paths, queries, logs and prototypes have been tripped up by. */
export const HOSTILE_TEXTS = [
  '',
  ' ',
  '\u0000',
  '\ud800',
  '\u202egnp.exe',
  '\u2028',
  'é'.normalize('NFD'),
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '../../../../etc/passwd',
  '..%2f..%2f',
  "' OR 1=1 //",
  '`}) MATCH (n) DETACH DELETE n //',
  '$tenant',
  `${'$'}{jndi:ldap://127.0.0.1/a}`,
  '\r\nset-cookie: a=b',
  '\u001b[2J',
  '<script>alert(1)</script>',
  'urn:selvedge:dataset:01980000-0000-7000-8000-000000000000',
  'urn:selvedge:tenant:-',
  '-',
  'null',
  'NaN',
  '2026-02-30T25:61:00Z',
  '+275760-09-13T00:00:00Z',
  '0000-01-01T00:00:00-23:59',
  'a'.repeat(3_000),
  '🧵'.repeat(300),
] as const

const HOSTILE_VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -0,
  -1,
  1.5,
  2 ** 31,
  2 ** 53,
  -(2 ** 63),
  1e308,
  [],
  {},
  [[]],
  [null],
  { __typename: 'Query' },
]

export const hostileValue = (next: Next): unknown =>
  next(2) === 0 ? oneOf(next, HOSTILE_TEXTS) : structuredClone(oneOf(next, HOSTILE_VALUES))

/** One to four changes to a text: parts cut, doubled, moved, and words of its language put in. */
export function mutateText(next: Next, text: string, words: readonly string[]): string {
  let changed = text
  for (let left = 1 + next(4); left > 0; left--) changed = changeText(next, changed, words)
  return changed
}

function changeText(next: Next, text: string, words: readonly string[]) {
  const from = next(text.length + 1)
  const to = Math.min(text.length, from + next(next(4) === 0 ? 200 : 12))
  const [before, part, after] = [text.slice(0, from), text.slice(from, to), text.slice(to)]
  const elsewhere = next(text.length + 1)
  switch (next(8)) {
    case 0:
      return before + after
    case 1:
      return before + part + part + after
    case 2:
      return `${before}${oneOf(next, words)}${after}`
    case 3:
      return `${before} ${oneOf(next, words)} ${part}${after}`
    case 4:
      return text.slice(0, elsewhere) + part + text.slice(elsewhere)
    case 5:
      return before + String.fromCharCode(next(0x1_0000)) + after
    case 6:
      return before + part.repeat(1 + next(40)) + after
    default:
      return next(5) === 0 ? before : `${before}${oneOf(next, HOSTILE_TEXTS)}${after}`
  }
}

/** A JSON value with one to three of its parts replaced, left out, renamed, multiplied or nested. */
export function mutateJson(next: Next, value: unknown): unknown {
  const root = { value: structuredClone(value) }
  for (let left = 1 + next(3); left > 0; left--) changePart(next, root)
  return root.value
}

function changePart(next: Next, root: { value: unknown }) {
  const places = placesIn(root)
  const { of, at } = oneOf(next, places)
  const holder = of as Record<string, unknown>
  switch (next(7)) {
    case 0:
      if (Array.isArray(of)) of.splice(Number(at), 1)
      else delete holder[at]
      return
    case 1:
      setOwn(holder, oneOf(next, HOSTILE_TEXTS), holder[at])
      return
    case 2:
      if (Array.isArray(of)) of.push(...Array(1 + next(50)).fill(of[Number(at)]))
      return
    case 3: {
      const other = oneOf(next, places)
      holder[at] = structuredClone((other.of as typeof holder)[other.at])
      return
    }
    case 4:
      for (let depth = next(next(10) === 0 ? 300 : 5); depth >= 0; depth--) {
        holder[at] = next(2) === 0 ? [holder[at]] : { value: holder[at] }
      }
      return
    default:
      holder[at] = hostileValue(next)
  }
}

/** An own member, also where its name means something to the language. */
function setOwn(of: object, name: string, value: unknown) {
  Object.defineProperty(of, name, { value, enumerable: true, configurable: true, writable: true })
}

/** Every part of a value, as whose member it is. */
function placesIn(root: { value: unknown }) {
  const places: { of: object; at: string }[] = []
  const look = (of: object) => {
    for (const [at, value] of Object.entries(of)) {
      places.push({ of, at })
      if (typeof value === 'object' && value !== null) look(value)
    }
  }
  look(root)
  return places.length > 0 ? places : [{ of: root, at: 'value' }]
}

/** Bytes with some flipped, cut out, doubled, moved or put in. */
export function mutateBytes(next: Next, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const from = next(bytes.length)
  const to = Math.min(bytes.length, from + 1 + next(64))
  const part = bytes.slice(from, to)
  const join = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts))
  switch (next(6)) {
    case 0:
      return join(bytes.subarray(0, from), bytes.subarray(to))
    case 1:
      return join(bytes.subarray(0, to), part, bytes.subarray(to))
    case 2:
      return join(bytes.subarray(0, from), part.fill(oneOf(next, [0, 0xff])), bytes.subarray(to))
    case 3: {
      const at = next(bytes.length)
      return join(bytes.subarray(0, at), part, bytes.subarray(at))
    }
    default: {
      const flipped = new Uint8Array(bytes)
      for (let left = 1 + next(8); left > 0; left--) flipped[next(bytes.length)]! ^= 1 << next(8)
      return flipped
    }
  }
}
