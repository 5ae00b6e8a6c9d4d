/** What was found at a place, and whether it fits. */
export interface Looked<T> {
  found: T
  fits: boolean
}

/**
 * The first place that fits of those from `from` to `to`, or `to` where none does; where one fits, so do
 * all after it. Found by halving (Knuth, The Art of Computer Programming 3, section 6.2.1), so that not
 * each place need be looked at; no place is looked at twice.
 *
 * @throws {RangeError} Where there is no place.
 */
export async function firstFitting<T>(
  { from, to }: { from: number; to: number },
  look: (place: number) => Promise<Looked<T>>,
): Promise<{ place: number; found: T }> {
  let [low, high] = [from, to]
  let best: { place: number; found: T } | undefined
  let last: { place: number; found: T } | undefined
  while (low <= high) {
    const place = (low + high) >> 1
    const { found, fits } = await look(place)
    if (fits) {
      best = { place, found }
      high = place - 1
    } else {
      last = { place, found }
      low = place + 1
    }
  }
  const result = best ?? last
  if (!result) throw new RangeError(`no place from ${from} to ${to}`)
  return result
}
