import { setImmediate } from 'node:timers/promises'
import { keptWith } from '../../core/kept-with.ts'
import { TENANT } from '../../proofs/ids.ts'
import { speakerOf } from '../caller.ts'
import type { Identity } from '../identity/identity.ts'
import { rateLimited } from '../problems.ts'
import { untilOf } from './deadline.ts'
import { type Held, openHeld, SHORT_BODY_BYTES } from './held.ts'
import { type Lane, type Lanes, openLanes } from './lanes.ts'
import type { Limits } from './limits.ts'
import { type Measured, openRates, rateHeaders } from './rates.ts'

/** The turns of one request: what is long or shared is done in them. */
export interface Turns {
  /**
   * Counts bytes of the request as held in memory until it is answered.
   *
   * @throws {Problem} `SERVER_BUSY`
   */
  hold(bytes: number): void
  /** Writes in its turn. As `Lanes.inTurn`. */
  write<T>(work: () => Promise<T>): Promise<T>
  /**
   * Reads what so many bytes say: of a long body in its turn, since nothing else is done meanwhile. What
   * comes of it is handed over within the turn, so that what is done at once with it (parsing and checking
   * the text of an operation) belongs to the turn as well.
   *
   * @param work Calls `pause` where it is long: whatever else has come in is looked at.
   */
  parse<T>(bytes: number, work: (pause: () => Promise<void>) => Promise<T> | T): Promise<T>
}

/** What a request passes on its way in: who asks, how often, and whose turn it is. */
export interface Door {
  /** @throws {Problem} `RATE_LIMITED` */
  admitAddress(address: string): void
  /**
   * Finds out who asks and counts the request.
   *
   * @param isOpen Whether nobody need say who asks.
   * @throws {Problem} `RATE_LIMITED`, and what the identity refuses.
   */
  admit(request: Request, isOpen?: boolean): Promise<void>
  /** Does the work when the turn of the request's tenant has come. As `Lanes.inTurn`. */
  inTurn<T>(request: Request, lane: Lane, work: () => Promise<T> | T): Promise<T>
  turnsOf(request: Request): Turns
  /** Tells in an answer how its request stands with the rates, and counts nothing as held for it any more. */
  leave(request: Request, headers: Headers): void
  readonly lanes: Lanes['lanes']
  readonly held: Pick<Held, 'bytes'>
}

/** Everyone of whom nothing is known shares one place in the line. */
const NOBODY = ''

export function openDoor({ limits, identity }: { limits: Limits; identity: Identity }): Door {
  const rates = openRates(limits)
  const { inTurn, lanes } = openLanes(limits)
  const held = openHeld(limits.bodyMemory)
  const parties = keptWith<Request, string>()
  const measurements = keptWith<Request, Measured[]>()

  const door: Door = {
    lanes,
    held,
    admitAddress(address) {
      refuseBeyond(rates.ofAddress(address))
    },
    async admit(request, isOpen = false) {
      if (isOpen && !(await identity.identify(request))) return
      const { issuer, subject, tenant } = await speakerOf(request, identity)
      const known = tenant !== undefined && TENANT.test(tenant) ? tenant : undefined
      const principal = `${issuer} ${subject}`
      const measured = rates.ofCaller({ principal, tenant: known })
      measurements.set(request, measured)
      parties.set(request, known ?? NOBODY)
      refuseBeyond(measured)
    },
    inTurn(request, lane, work) {
      const to = { party: parties.get(request) ?? NOBODY, until: untilOf(request, limits) }
      return inTurn(lane, to, work)
    },
    turnsOf: (request) => ({
      hold: (bytes) => held.take(request, parties.get(request) ?? NOBODY, bytes),
      write: (work) => door.inTurn(request, 'write', work),
      async parse(bytes, work) {
        if (bytes <= SHORT_BODY_BYTES) return work(setImmediate)
        return new Promise((resolve, reject) => {
          const turn = door.inTurn(request, 'parse', async () => {
            await (async () => work(setImmediate))().then(resolve, reject)
            // What came in meanwhile, of others too, is looked at before the next long body.
            await setImmediate()
          })
          turn.catch(reject)
        })
      },
    }),
    leave(request, headers) {
      held.letGo(request)
      const told = rateHeaders(measurements.get(request) ?? [])
      for (const [name, value] of Object.entries(told)) headers.set(name, value)
    },
  }
  return door
}

function refuseBeyond(measured: readonly Measured[]) {
  const last = measured.at(-1)
  if (last && !last.standing.isWithin) {
    throw rateLimited(last.policy, last.standing.retryAfterSeconds)
  }
}
