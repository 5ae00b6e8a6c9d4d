import type { Slice } from '../core/objects.ts'

/**
 * Whether `If-None-Match` names this entity tag, so that the caller has the answer already (RFC 9110
 * section 13.1.2: compared weakly, and `*` names any).
 */
export function isKnown({ headers }: Request, etag: string): boolean {
  const given = headers.get('if-none-match')
  if (given === null) return false
  if (given.trim() === '*') return true
  return given.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)
}

/**
 * The part of `size` bytes that a request asks for: `null` for the whole, `'unsatisfiable'` where it
 * asks for bytes that are not there (RFC 9110 section 14).
 *
 * One range is understood. Several at once, other units and what is no range are answered with the
 * whole, as the RFC allows; so is a range under an `If-Range` that is not exactly this tag, since the
 * parts would be of two files.
 */
export function rangeOf(
  { method, headers }: Request,
  { size, etag }: { size: number; etag: string },
): Slice | 'unsatisfiable' | null {
  const given = headers.get('range')
  if (given === null || method !== 'GET') return null
  const condition = headers.get('if-range')
  if (condition !== null && condition.trim() !== etag) return null
  const [, first = '', last = ''] = /^\s*bytes=\s*(\d*)-(\d*)\s*$/i.exec(given) ?? []
  if (first === '' && last === '') return null
  if (first === '') return orUnsatisfiable({ start: Math.max(0, size - Number(last)), end: size })
  const [start, end] = [Number(first), last === '' ? size : Math.min(size, Number(last) + 1)]
  if (last !== '' && Number(last) < start) return null
  return orUnsatisfiable({ start, end })
}

const orUnsatisfiable = ({ start, end }: Slice) =>
  start < end ? { start, end } : ('unsatisfiable' as const)

/**
 * Whether a request takes gzip (RFC 9110 section 12.5.3): named, or meant by `*`, and not with a
 * weight of zero.
 */
export function takesGzip({ headers }: Request): boolean {
  const weights = new Map(
    (headers.get('accept-encoding') ?? '').split(',').map((part) => {
      const [coding = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase())
      const weight = parameters.find((text) => text.startsWith('q='))
      return [coding, weight === undefined ? 1 : Number(weight.slice(2))] as const
    }),
  )
  return (weights.get('gzip') ?? weights.get('x-gzip') ?? weights.get('*') ?? 0) > 0
}
