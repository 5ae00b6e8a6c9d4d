import { requestCancelled } from '../lineage/problems.ts'

type Rest = AsyncIterator<Uint8Array>

/** What is still read of a body that was refused: more than the longest that is taken. */
const LET_GO_BYTES = 16_000_000

/**
 * The body of a request as it comes. Whoever leaves the loop early refuses the request: the rest is read
 * and let go meanwhile, since to cancel the stream would cut the connection, and the refusal with it. A
 * rest that does not end is cut off all the same.
 *
 * @throws {Problem} `REQUEST_CANCELLED` where the caller goes before it has sent everything, or is cut
 *   off for being too slow: that is no fault of ours.
 */
export async function* bodyChunks(request: Request): AsyncGenerator<Uint8Array> {
  // By its iterator: what a reader of the stream holds on to outlives the request in the collector's
  // young generation, and the whole request with it (docs/decisions/0035-short-pauses.md).
  const rest = request.body?.[Symbol.asyncIterator]() as Rest | undefined
  if (!rest) return
  let isLeft = true
  try {
    for (;;) {
      const { done, value } = await rest.next()
      if (done) break
      yield value
    }
    isLeft = false
  } catch (error) {
    isLeft = false
    const isGone = request.signal.aborted || (error as NodeJS.ErrnoException).code === 'ECONNRESET'
    throw isGone ? requestCancelled() : error
  } finally {
    // Nobody waits for it, and where it breaks off nobody is left to be told.
    if (isLeft) letGo(rest).catch(() => {})
  }
}

async function letGo(rest: Rest) {
  for (let read = 0; read <= LET_GO_BYTES; ) {
    const { done, value } = await rest.next()
    if (done) return
    read += value.length
  }
  await rest.return?.()
}

/** What a piece of a body takes beside its bytes: who sends single bytes holds a hundred times as many. */
const PIECE_BYTES = 128

/**
 * Reads a whole body. It is counted as it comes; where its length is told and too great, nothing of it is
 * read.
 *
 * @param hold Told what is held in memory of it, piece by piece.
 * @throws {Problem} `tooLarge()` above `most`, what `hold` throws, `REQUEST_CANCELLED`.
 */
export async function readWhole(
  request: Request,
  {
    most,
    tooLarge,
    hold,
  }: { most: number; tooLarge(most: number): Error; hold(bytes: number): void },
): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length') ?? 0) > most) throw tooLarge(most)
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of bodyChunks(request)) {
    length += chunk.length
    if (length > most) throw tooLarge(most)
    hold(chunk.length + PIECE_BYTES)
    chunks.push(chunk)
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
}
