import { afterAll } from 'vitest'
import { createApp } from '../../server/app.ts'
import { trustIssuers } from '../../server/identity/open.ts'
import { listen } from '../../server/listen.ts'
import { rule, trust, untouchable } from '../identity/support.ts'
import type { Attack, Theme } from './attack.ts'
import type { Target } from './target.ts'
import { sendBytes, sendSlowly } from './wire.ts'

/**
 * A server with the doors of the real one and the same issuer, which waits for a third of a second where
 * that waits for a minute: so nobody has to. Whatever reaches behind the doors is told of.
 */
export async function openHasty({ issuer }: Pick<Target, 'issuer'>) {
  const { services, touched } = untouchable()
  const identity = trustIssuers([trust(rule(issuer.url, { algorithms: ['ES256'] }))])
  const app = createApp({ ...services, identity, report: (error) => touched.push(String(error)) })
  const http = { headersTimeout: 300, requestTimeout: 300, connectionsCheckingInterval: 50 }
  const { port, close } = await listen(app, { host: '127.0.0.1', port: 0, http })
  afterAll(close)
  return { port, touched }
}

const slow = (name: string, text: (token: string) => string, rest?: string): Attack => [
  name,
  ({ hasty, tokens }) => {
    const bytes = text(`Host: localhost\r\nAuthorization: Bearer ${tokens.mallory}\r\n`)
    return rest === undefined
      ? sendBytes(hasty.port, bytes, { end: false })
      : sendSlowly(hasty.port, bytes, rest)
  },
  408,
  'REQUEST_TOO_SLOW',
]
const JSON_BODY = 'Content-Type: application/json\r\n'

const ATTACKS: Attack[] = [
  slow('a request that does not begin', () => ''),
  slow('half a request line', () => 'GET /livez HT'),
  slow('headers that do not come', (head) => `GET /livez HTTP/1.1\r\n${head}`),
  slow('headers letter by letter', (head) => `GET /livez HTTP/1.1\r\n${head}X-A: `, 'a'),
  slow('headers line by line', () => 'GET /livez HTTP/1.1\r\nHost: localhost\r\n', 'X: a\r\n'),
  slow(
    'a body that does not come',
    (head) => `POST /graphql HTTP/1.1\r\n${head}${JSON_BODY}Content-Length: 100\r\n\r\n`,
  ),
  slow(
    'a body letter by letter',
    (head) => `POST /graphql HTTP/1.1\r\n${head}${JSON_BODY}Content-Length: 100000\r\n\r\n{`,
    ' ',
  ),
  slow(
    'a body chunk by chunk',
    (head) =>
      `POST /graphql HTTP/1.1\r\n${head}${JSON_BODY}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`,
    '1\r\n \r\n',
  ),
  slow(
    'a chunk that does not come',
    (head) =>
      `POST /graphql HTTP/1.1\r\n${head}${JSON_BODY}Transfer-Encoding: chunked\r\n\r\nffff\r\n{`,
  ),
  slow(
    'a promise of a body',
    (head) =>
      `POST /graphql HTTP/1.1\r\n${head}${JSON_BODY}Content-Length: 100\r\nExpect: 100-continue\r\n\r\n`,
  ),
]

export const SLOW: Theme = { theme: 'slow bodies', attacks: ATTACKS }
