import { requestCancelled } from '../lineage/problems.ts'

/**
 * The body of a request as it comes. Leaving the loop cancels the stream: the rest is not read.
 *
 * @throws {Problem} `REQUEST_CANCELLED` where the caller goes before it has sent everything, or is cut
 *   off for being too slow: that is no fault of ours.
 */
export async function* bodyChunks(request: Request): AsyncGenerator<Uint8Array> {
  try {
    yield* request.body ?? []
  } catch (error) {
    const isGone = request.signal.aborted || (error as NodeJS.ErrnoException).code === 'ECONNRESET'
    throw isGone ? requestCancelled() : error
  }
}
