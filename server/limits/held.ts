import { keptWith } from '../../core/kept-with.ts'
import { serverBusy } from '../problems.ts'

/** The bytes of bodies that are held in memory, of all requests together. */
export interface Held {
  /**
   * Counts bytes as held for a request until it is let go of.
   *
   * @throws {Problem} `SERVER_BUSY` where the party, or all together, would hold too many.
   */
  take(request: object, party: string, bytes: number): void
  /** To be called once nothing is done with the request any more; again, it does nothing. */
  letGo(request: object): void
  readonly bytes: number
}

/** Bodies up to this are not counted, so that who asks little is answered whatever others hold. */
export const SHORT_BODY_BYTES = 4_096

/** Opens the count of one server: no party holds more than half of the most. */
export function openHeld(most: number): Held {
  const requests = keptWith<object, { party: string; bytes: number; counted: number }>()
  const parties = new Map<string, number>()
  let all = 0
  const add = (party: string, bytes: number) => {
    all += bytes
    const held = (parties.get(party) ?? 0) + bytes
    if (held === 0) parties.delete(party)
    else parties.set(party, held)
  }
  return {
    take(request, party, bytes) {
      const own = requests.get(request) ?? { party, bytes: 0, counted: 0 }
      const after = own.bytes + bytes
      const counted = after > SHORT_BODY_BYTES ? after : 0
      const more = counted - own.counted
      if (all + more > most || (parties.get(own.party) ?? 0) + more > most / 2) throw serverBusy()
      add(own.party, more)
      requests.set(request, { ...own, bytes: after, counted })
    },
    letGo(request) {
      const own = requests.get(request)
      if (!own) return
      requests.delete(request)
      add(own.party, -own.counted)
    },
    get bytes() {
      return all
    },
  }
}
