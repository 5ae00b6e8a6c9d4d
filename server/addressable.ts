import type { IncomingMessage, RequestListener } from 'node:http'
import { Problem } from '../core/problem.ts'
import type { HostRule } from './host.ts'
import { answerProblem } from './limits/raw-answer.ts'
import { routeUnknown } from './problems.ts'

/**
 * Refuses a request whose host and target make no URL. The adapter behind the listener makes one
 * before any code of ours runs, and answers a failure to do so with its stack.
 */
export const refuseUnaddressable =
  (listener: RequestListener, checkHost: HostRule): RequestListener =>
  (incoming, outgoing) => {
    const refusal = refusalOf(incoming, checkHost)
    return refusal ? answerProblem(outgoing, refusal) : listener(incoming, outgoing)
  }

/** Other targets than a path are those of proxies, and `*`. */
function refusalOf({ headers, url = '' }: IncomingMessage, checkHost: HostRule) {
  try {
    checkHost(headers.host ?? 'localhost', url)
    if (!url.startsWith('/')) throw routeUnknown(url)
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
}
