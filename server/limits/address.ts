import type { RequestListener } from 'node:http'
import { Problem } from '../../core/problem.ts'
import { currentRequest } from '../current-request.ts'
import type { Door } from './door.ts'
import { answerProblem } from './raw-answer.ts'

/** Counts every request by the address that it comes from, before anything else is done with it. */
export const limitAddresses =
  (listener: RequestListener, door: Pick<Door, 'admitAddress'>): RequestListener =>
  (incoming, outgoing) => {
    try {
      door.admitAddress(currentRequest()?.address ?? incoming.socket.remoteAddress ?? '')
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      return answerProblem(outgoing, error)
    }
    listener(incoming, outgoing)
  }
