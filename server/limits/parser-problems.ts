import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Problem } from '../../core/problem.ts'
import {
  expectationUnknown,
  headersTooLarge,
  methodNotAllowed,
  requestMalformed,
  requestTooSlow,
} from '../problems.ts'
import { HTTP_LIMITS } from './http.ts'
import { answerProblem, problemBytes } from './raw-answer.ts'

/**
 * Answers what the parser of HTTP refuses as the problems of RFC 9457 that all other refusals are:
 * Node would answer with a bare status, or close the connection without a word.
 */
export function answerParserProblems(server: Server) {
  const latest = new WeakMap<Duplex, Exchange>()
  const note = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    latest.set(incoming.socket, { incoming, outgoing })
  }
  server.prependListener('request', note)
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const { code = '' } = error
    // What TLS or the network refuses has nobody to read an answer.
    if (!socket.writable || !OF_HTTP.test(code) || isAnswered(latest.get(socket))) {
      socket.destroy()
      return
    }
    socket.end(problemBytes(problemOfParser(code)), () => socket.destroy())
  })
  server.on('checkExpectation', (_incoming: IncomingMessage, outgoing: ServerResponse) => {
    answerProblem(outgoing, expectationUnknown())
  })
  server.on('connect', (_incoming: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => socket.destroy())
    socket.end(problemBytes(methodNotAllowed('CONNECT', ['GET', 'POST'])), () => socket.destroy())
  })
}

/** A request, and the answer to it. */
interface Exchange {
  incoming: IncomingMessage
  outgoing: ServerResponse
}

/**
 * Whether what cannot be parsed belongs to a request whose answer has begun. In the midst of that answer
 * more bytes would be read as part of it, and behind it as the answer to what is asked next: a proxy
 * would then hand them to somebody else.
 */
const isAnswered = (exchange: Exchange | undefined) =>
  exchange?.outgoing.headersSent === true &&
  !(exchange.outgoing.writableFinished && exchange.incoming.complete)

const OF_HTTP = /^(HPE|ERR_HTTP)_/

/** The codes are those of llhttp, Node's parser. */
function problemOfParser(code: string): Problem {
  if (code === 'HPE_HEADER_OVERFLOW') return headersTooLarge(HTTP_LIMITS.maxHeaderSize)
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return requestTooSlow()
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') {
    return requestMalformed('the extensions of its chunks are too long')
  }
  return requestMalformed('it is no HTTP/1.1')
}
