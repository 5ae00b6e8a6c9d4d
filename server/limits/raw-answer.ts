import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Problem } from '../../core/problem.ts'
import { problemParts } from '../problems.ts'
import { SECURITY_HEADERS } from '../security-headers.ts'

/** Answers with a problem where no `Response` is made: before the service sees a request. */
export function answerProblem(outgoing: ServerResponse, problem: Problem) {
  const { status, headers, body } = problemParts(problem)
  outgoing.writeHead(status, {
    ...SECURITY_HEADERS,
    ...headers,
    'content-length': Buffer.byteLength(body),
  })
  outgoing.end(body)
}

/** The same as bytes for a connection on which nothing could be parsed, and which ends with them. */
export function problemBytes(problem: Problem): string {
  const { status, headers, body } = problemParts(problem)
  const all = {
    ...SECURITY_HEADERS,
    ...headers,
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`
}
