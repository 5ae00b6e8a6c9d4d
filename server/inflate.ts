import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'

const inflate = promisify(gunzip)

/** A body as it was sent: small ones may inflate to huge ones, which is left for when they are read. */
export interface SentBody {
  bytes: Uint8Array
  isGzip: boolean
}

/** How much may come out, and what is said where it is more, or where it is no gzip. */
export interface Inflating {
  most: number
  tooLarge(most: number): Error
  unreadable(because: string, cause: unknown): Error
  /** Told what it takes in memory beside what was sent. */
  hold(bytes: number): void
}

/** Whether a body comes with gzip; `undefined` where it comes in yet another way. */
export function isGzipSent(headers: Headers): boolean | undefined {
  const encoding = (headers.get('content-encoding') ?? 'identity').trim().toLowerCase()
  return encoding === 'gzip' ? true : encoding === 'identity' ? false : undefined
}

/**
 * The bytes of a body, inflated where it came with gzip: never more than `most`.
 *
 * @throws What `tooLarge` and `unreadable` make, and what `hold` throws.
 */
export async function inflated(
  { bytes, isGzip }: SentBody,
  { most, tooLarge, unreadable, hold }: Inflating,
): Promise<Uint8Array> {
  if (!isGzip) return bytes
  const whole = await inflate(bytes, { maxOutputLength: most }).catch((error) => {
    const isTooLong = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    throw isTooLong ? tooLarge(most) : unreadable('it is not gzip', error)
  })
  hold(whole.length)
  return whole
}
