import type { RequestListener } from 'node:http'
import { Problem } from '../../core/problem.ts'
import { currentRequest } from '../current-request.ts'
import { problemResponse } from '../problems.ts'
import type { Door } from './door.ts'

/** Counts every request by the address that it comes from, before anything else is done with it. */
export const limitAddresses =
  (listener: RequestListener, door: Pick<Door, 'admitAddress'>): RequestListener =>
  (incoming, outgoing) => {
    try {
      door.admitAddress(currentRequest()?.address ?? incoming.socket.remoteAddress ?? '')
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      const response = problemResponse(error)
      outgoing.writeHead(response.status, Object.fromEntries(response.headers))
      void response.text().then((body) => outgoing.end(body))
      return
    }
    listener(incoming, outgoing)
  }
