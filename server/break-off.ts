import { AsyncLocalStorage } from 'node:async_hooks'
import type { RequestListener } from 'node:http'
import type { Report } from './problems.ts'

const cutting = new AsyncLocalStorage<() => void>()

/**
 * Lets an answer under way be cut off. The adapter behind the listener leaves a connection open where
 * a body fails, and a client would wait for the rest for ever.
 */
export const breakable =
  (listener: RequestListener): RequestListener =>
  (incoming, outgoing) =>
    cutting.run(
      () => outgoing.destroy(),
      () => listener(incoming, outgoing),
    )

/**
 * The same body, cut off where it fails: the caller then knows that it was not all.
 *
 * @param report Told why.
 */
export function breakingOff(
  body: ReadableStream<Uint8Array>,
  report: Report,
): ReadableStream<Uint8Array> {
  const cut = cutting.getStore()
  const reader = body.getReader()
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (done) controller.close()
        else controller.enqueue(value)
      } catch (error) {
        report(error, crypto.randomUUID())
        if (!cut) return controller.error(error)
        cut()
        // The connection is gone, and nobody is left who would take the error: it would end the process.
        controller.close()
      }
    },
    cancel: (reason) => reader.cancel(reason),
  })
}
