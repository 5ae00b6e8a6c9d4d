import { keptWith } from '../../core/kept-with.ts'
import type { Until } from '../../lineage/until.ts'
import type { Services } from '../../resolvers/context.ts'
import { timeoutInvalid } from '../problems.ts'
import type { Limits } from './limits.ts'

/** The milliseconds that a caller gives a request; more than the server gives is not more. */
const HEADER = 'x-request-timeout'

const known = keptWith<Request, Until & { endsAt: number }>()

/**
 * Until when a request is worked on: as long as its caller waits, and no longer than the limits say. The
 * clock runs from the first call for that request on, so that waiting for a turn counts.
 *
 * @throws {Problem} `TIMEOUT_INVALID`
 */
export function untilOf(request: Request, { requestTimeout, mostRequestTimeout }: Limits): Until {
  let until = known.get(request)
  if (!until) {
    const given = request.headers.get(HEADER)
    if (given !== null && !/^[1-9]\d{0,8}$/.test(given)) throw timeoutInvalid()
    const timeoutMs = Math.min(Number(given ?? requestTimeout), mostRequestTimeout)
    until = { timeoutMs, endsAt: performance.now() + timeoutMs, signal: request.signal }
    known.set(request, until)
  }
  return until
}

/**
 * Has the clock of a request run anew, once all of a long body is there: how long sending may take is
 * said by another limit.
 */
export function renewTime(request: Request) {
  const until = known.get(request)
  if (until) until.endsAt = performance.now() + until.timeoutMs
}

/** The services as one request may use them: what it reads ends with its time, or with its caller. */
export const withinTime = <S extends Services>(services: S, until: Until): S => ({
  ...services,
  until,
  database: {
    ...services.database,
    graph: (tenant: string) => services.database.graph(tenant, until),
  },
})
