import { Problem } from '../../core/problem.ts'

/** Where a log's files come from: its address, a directory, or in a test a map. */
export interface LogSource {
  /** The file at a path below the log's own address, or `null` where there is none. */
  get(path: string): Promise<Uint8Array | null>
}

/** Who asks, and for whom, as headers; asked before each request. */
export type Speaking = () => Promise<Record<string, string>>

/** 256 entries of 65,535 bytes, each behind two: no file of a log is longer. */
const LONGEST_FILE = 256 * 65_537

/**
 * A log by C2SP tlog-tiles at an address.
 *
 * @param speaking Gives the headers that say who asks, and for whom, where a Selvedge log is not public.
 * @throws {Problem} From `get`: `LOG_UNREACHABLE`; `LOG_ANSWER_INVALID` for an answer that is neither
 *   the file nor that there is none, or longer than any file of a log.
 */
export function httpSource(url: string, speaking: Speaking = async () => ({})): LogSource {
  const base = url.endsWith('/') ? url : `${url}/`
  return {
    async get(path) {
      const headers = await speaking()
      const response = await fetch(new URL(path, base), { headers }).catch((cause: unknown) => {
        throw unreachable(base, cause)
      })
      if (response.ok) return readAtMost(response, base)
      await response.body?.cancel()
      if (response.status === 404 || response.status === 410) return null
      throw answerInvalid(`${path} was answered with ${response.status}`)
    },
  }
}

async function readAtMost({ body }: Response, base: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of body ?? []) {
      length += chunk.length
      // Leaving the loop cancels the stream: the rest is not read.
      if (length > LONGEST_FILE) throw answerInvalid('a file is longer than any of a log can be')
      chunks.push(chunk)
    }
  } catch (cause) {
    throw cause instanceof Problem ? cause : unreachable(base, cause)
  }
  return chunks.length === 1 ? chunks[0]! : new Uint8Array(Buffer.concat(chunks))
}

const unreachable = (url: string, cause: unknown) =>
  new Problem('LOG_UNREACHABLE', `There is no answer from ${url}; is it the address of a log?`, {
    status: 503,
    cause,
  })

const answerInvalid = (because: string) =>
  new Problem('LOG_ANSWER_INVALID', `The log does not answer as C2SP tlog-tiles says: ${because}.`)
