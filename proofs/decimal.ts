/**
 * Tells whether a JSON number and the RFC 8785 form of the double it reads as are the same decimal
 * number: `1.0`, `1e2` and `0.1` are; `9007199254740993`, `1e400` and `1e-400` are not.
 *
 * @param source A number in JSON's grammar.
 * @param value What `Number(source)` gives.
 */
export function isExact(source: string, value: number) {
  // Fifteen digits always survive a double; zero is left out, since a tiny number underflows to it.
  if (source.length <= 15 && value !== 0 && Number.isSafeInteger(value)) return true
  if (!Number.isFinite(value)) return false
  const printed = String(value)
  if (printed === source) return true
  const [a, b] = [normalise(source), normalise(printed)]
  return a.digits === b.digits && (a.digits === '' || (a.point === b.point && a.minus === b.minus))
}

/** A decimal number as `0.<digits> × 10^point`, without zeros at either end; zero has no digits. */
function normalise(source: string) {
  const minus = source.startsWith('-')
  const [mantissa = '', exponent = '0'] = source.slice(minus ? 1 : 0).split(/[eE]/, 2)
  const [whole = '', fraction = ''] = mantissa.split('.', 2)
  const all = whole + fraction
  // Loops, because a pattern such as /0+$/ takes quadratic time on a long run of zeros.
  let start = 0
  while (all[start] === '0') start++
  let end = all.length
  while (end > start && all[end - 1] === '0') end--
  return { minus, digits: all.slice(start, end), point: whole.length - start + Number(exponent) }
}
