import { sha256 } from '../../core/sha256.ts'
import type { NewWindow, UsageWindow } from '../../lineage/usage.ts'
import { b64, unb64 } from '../../proofs/base64.ts'
import { canonicalBytes } from '../../proofs/canonical.ts'
import { hmac } from '../../proofs/hash.ts'
import { nameUrn } from '../../proofs/ids.ts'
import type { Usage } from './cloud-event.ts'

const DAY_MS = 86_400_000

/** The day, in UTC, of an instant. */
export const dayOf = (time: string) => time.slice(0, 10)

/** The day after. */
const next = (day: string) => dayOf(new Date(Date.parse(day) + DAY_MS).toISOString())

/** When a window begins and ends: from the first moment of its day on, up to the first of the next. */
export const spanOf = ({ day }: Pick<UsageWindow, 'day'>) => ({
  from: `${day}T00:00:00.000Z`,
  until: `${next(day)}T00:00:00.000Z`,
})

/**
 * What stands for a meter, subject and unit: their HMAC under the tenant's naming key, so that it tells
 * nothing once they are erased.
 */
export const seriesOf = (namingKey: string, { meter, subject, unit }: Usage) =>
  b64(hmac(sha256, unb64(namingKey), canonicalBytes(['selvedge/usage/1', meter, subject, unit])))

/** The window of a series and day. */
export const windowOf = (
  day: string,
  series: string,
  { meter, subject, unit }: Usage,
): NewWindow => ({ id: `${day}.${series}`, series, day, meter, subject, unit })

/** The first day from `day` on that is not closed. */
export function openDay(day: string, closed: ReadonlySet<string>): string {
  let open = day
  while (closed.has(open)) open = next(open)
  return open
}

/** The name under which the record of a window is found. */
export const RECORDS = 'usage'

/** The id of the record that seals a window: the same whoever seals it. */
export const recordOf = (namingKey: string, window: string) =>
  nameUrn(sha256, unb64(namingKey), 'MeteringRecord', RECORDS, window)
