import { normaliseTime } from '../domains/openlineage/time.ts'
import type { AsOf } from '../resolvers/as-of.ts'
import { queryInvalid } from './problems.ts'

/** What the query of a request says: each parameter once, and none that nobody knows. */
export interface Query {
  text(name: string): string | undefined
  /** A whole number, written in digits. */
  whole(name: string): number | undefined
  oneOf<Word extends string>(name: string, words: readonly Word[]): Word | undefined
  /** A moment: a position, an instant with an offset, or the signed note of a checkpoint. */
  moment(name: string): AsOf | undefined
}

/**
 * Reads the query of a request.
 *
 * @param known The parameters that there are.
 * @throws {Problem} `QUERY_INVALID`, here and where a parameter is read.
 */
export function readQuery({ url }: Request, known: readonly string[]): Query {
  const given = new URL(url).searchParams
  for (const name of given.keys()) {
    const shown = name.slice(0, 50)
    if (!known.includes(name)) throw queryInvalid(shown, `there are ${known.join(', ')}`)
    if (given.getAll(name).length > 1) throw queryInvalid(name, 'it is there more than once')
  }
  const text = (name: string) => given.get(name) || undefined
  return {
    text,
    whole(name) {
      const value = text(name)
      if (value === undefined) return undefined
      if (!/^\d{1,9}$/.test(value)) throw queryInvalid(name, 'it must be a whole number')
      return Number(value)
    },
    oneOf(name, words) {
      const value = text(name)
      const found = words.find((word) => word === value)
      if (value !== undefined && found === undefined) {
        throw queryInvalid(name, `it must be ${words.join(' or ')}`)
      }
      return found
    },
    moment(name) {
      const value = text(name)
      if (value === undefined) return undefined
      if (/^\d+:\d+$/.test(value)) return { position: value }
      if (value.includes('\n')) return { checkpoint: value }
      const instant = normaliseTime(value)
      if (instant !== undefined) return { instant }
      throw queryInvalid(
        name,
        'it must be a position such as 0:42, an instant with an offset, or a signed note',
      )
    },
  }
}
