const DATE_TIME =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/

/**
 * Gives the same instant in UTC with nine fraction digits, so that times compare as texts; or
 * `undefined` where the text is no RFC 3339 date and time, or is finer than a nanosecond.
 *
 * Rounding a finer time could turn *later* into *equal*, and the order of events decides which edges
 * are in force (docs/specs/record.md): so such a time is refused rather than cut. A leap second keeps
 * its `60`, which sorts where it belongs.
 */
export function normaliseTime(text: string): string | undefined {
  const match = DATE_TIME.exec(text)
  if (!match) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as Six
  const offset = offsetMinutes(match[8], Number(match[9] ?? 0), Number(match[10] ?? 0))
  if (offset === undefined || hour > 23 || minute > 59 || second > 60) return undefined
  const local = new Date(0)
  // Not Date.UTC: that takes the years 0 to 99 for 1900 to 1999.
  local.setUTCFullYear(year, month - 1, day)
  if (local.getUTCMonth() !== month - 1 || local.getUTCDate() !== day) return undefined
  local.setUTCHours(hour, minute - offset)
  // Outside the years 0000 to 9999 the form has a sign and would no longer sort as text.
  const utc = /^(\d{4}-\d\d-\d\dT(\d\d:\d\d)):/.exec(local.toISOString())
  if (!utc || (second === 60 && utc[2] !== '23:59')) return undefined
  return `${utc[1]}:${match[6]}.${(match[7] ?? '').padEnd(9, '0')}Z`
}

type Six = [number, number, number, number, number, number]

/** Offsets are whole minutes, so seconds and fractions need no arithmetic and stay exact. */
function offsetMinutes(sign: string | undefined, hours: number, minutes: number) {
  if (hours > 23 || minutes > 59) return undefined
  return (sign === '-' ? -1 : 1) * (hours * 60 + minutes)
}
