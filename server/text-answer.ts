import { utf8 } from '../proofs/utf8.ts'
import { breakingOff } from './break-off.ts'
import type { Report } from './problems.ts'

/** So many characters go on their way at once. */
const PIECE = 65_536

/**
 * Answers with a text that is written as it is taken: of a long one no more than a piece is in memory.
 *
 * @param pieces What writes it. It reads nothing any more.
 * @param report Told of a fault of ours in it; the answer is then cut off.
 */
export function answerText(
  { method }: Request,
  pieces: Iterator<string>,
  { type, position, report }: { type: string; position: string; report: Report },
): Response {
  const headers = {
    'content-type': type,
    'cache-control': 'no-store',
    'x-selvedge-position': position,
  }
  return new Response(method === 'HEAD' ? null : breakingOff(streamed(pieces), report), { headers })
}

const streamed = (pieces: Iterator<string>) =>
  new ReadableStream<Uint8Array>({
    pull(controller) {
      let text = ''
      while (text.length < PIECE) {
        const { done, value } = pieces.next()
        if (done) break
        text += value
      }
      if (text === '') controller.close()
      else controller.enqueue(utf8(text))
    },
  })
