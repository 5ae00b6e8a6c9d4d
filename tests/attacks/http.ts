import type { Attack, Theme } from './attack.ts'

const HOST = 'Host: localhost'
/** Bytes as they are, with a token where one is needed. */
const raw = (
  name: string,
  text: (token: string) => string,
  status: number,
  code: string,
): Attack => [name, (w) => w.bytes(text(`Authorization: Bearer ${w.tokens.mallory}`)), status, code]
const malformed = (name: string, text: string) => raw(name, () => text, 400, 'REQUEST_MALFORMED')
const POST = `POST /graphql HTTP/1.1\r\n${HOST}\r\nContent-Type: application/json\r\n`
const SECOND = `GET /exports/x HTTP/1.1\r\n${HOST}\r\n\r\n`

const FLOOD_ATTACKS: Attack[] = [
  raw(
    '200 headers',
    () => `GET /livez HTTP/1.1\r\n${HOST}\r\n${'X-A: a\r\n'.repeat(200)}\r\n`,
    431,
    'REQUEST_HEADERS_TOO_MANY',
  ),
  raw(
    '200 cookies',
    () => `GET /livez HTTP/1.1\r\n${HOST}\r\n${'Cookie: a=b\r\n'.repeat(200)}\r\n`,
    431,
    'REQUEST_HEADERS_TOO_MANY',
  ),
  raw(
    'one header of 20 KB',
    () => `GET /livez HTTP/1.1\r\n${HOST}\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`,
    431,
    'REQUEST_HEADERS_TOO_LARGE',
  ),
  raw(
    'a header with a name of 20 KB',
    () => `GET /livez HTTP/1.1\r\n${HOST}\r\n${'a'.repeat(20_000)}: a\r\n\r\n`,
    431,
    'REQUEST_HEADERS_TOO_LARGE',
  ),
  raw(
    '50 headers of 1 KB',
    () => `GET /livez HTTP/1.1\r\n${HOST}\r\n${`X-A: ${'a'.repeat(1_000)}\r\n`.repeat(50)}\r\n`,
    431,
    'REQUEST_HEADERS_TOO_LARGE',
  ),
  [
    'headers that never end',
    (w) =>
      w.bytes(`GET /livez HTTP/1.1\r\n${HOST}\r\n${'X-A: a\r\n'.repeat(6_000)}`, { end: false }),
    431,
    'REQUEST_HEADERS_TOO_LARGE',
  ],
  raw(
    'an address of 20 KB',
    () => `GET /exports/${'a'.repeat(20_000)} HTTP/1.1\r\n${HOST}\r\n\r\n`,
    431,
    'REQUEST_HEADERS_TOO_LARGE',
  ),
  raw(
    'a query of 20 KB',
    () => `GET /graphql?query=${'a'.repeat(20_000)} HTTP/1.1\r\n${HOST}\r\n\r\n`,
    431,
    'REQUEST_HEADERS_TOO_LARGE',
  ),
  raw(
    '90 tokens',
    (token) =>
      `GET /exports/x HTTP/1.1\r\n${HOST}\r\n${`${token.slice(0, 100)}\r\n`.repeat(90)}\r\n`,
    401,
    'TOKEN_INVALID',
  ),
  raw(
    '90 addresses that are forwarded for',
    (token) =>
      `GET /none HTTP/1.1\r\n${HOST}\r\n${token}\r\n${'X-Forwarded-For: 10.0.0.1, ::1\r\n'.repeat(90)}Connection: close\r\n\r\n`,
    404,
    'ROUTE_UNKNOWN',
  ),
  raw(
    'a chunk with extensions of 20 KB',
    (token) =>
      `${POST}${token}\r\nTransfer-Encoding: chunked\r\n\r\n1;${'a'.repeat(20_000)}\r\n{\r\n0\r\n\r\n`,
    400,
    'REQUEST_MALFORMED',
  ),
  raw(
    'trailers of 40 KB',
    (token) =>
      `${POST}${token}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${`X-A: ${'a'.repeat(1_000)}\r\n`.repeat(40)}\r\n`,
    431,
    'REQUEST_HEADERS_TOO_LARGE',
  ),
]

const SMUGGLING_ATTACKS: Attack[] = [
  malformed(
    'a length and chunks',
    `${POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SECOND}`,
  ),
  malformed(
    'chunks and a length',
    `${POST}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${SECOND}`,
  ),
  malformed('two lengths', `${POST}Content-Length: 5\r\nContent-Length: 50\r\n\r\nhello${SECOND}`),
  malformed('a list of lengths', `${POST}Content-Length: 5, 5\r\n\r\nhello`),
  malformed('a length with a sign', `${POST}Content-Length: +5\r\n\r\nhello`),
  malformed('a length that is no number', `${POST}Content-Length: 0x5\r\n\r\nhello`),
  malformed('chunks by another name', `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`),
  malformed(
    'chunks before something else',
    `${POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
  ),
  malformed('a space before the colon', `${POST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`),
  malformed('a header over two lines', `${POST}X-A: a\r\n Transfer-Encoding: chunked\r\n\r\n`),
  malformed('a line that is no header', `GET /livez HTTP/1.1\r\n${HOST}\r\nnonsense\r\n\r\n`),
  malformed('a carriage return alone', `GET /livez HTTP/1.1\r\n${HOST}\r\nX-A: a\rX-B: b\r\n\r\n`),
  malformed('a NUL in a header', `GET /livez HTTP/1.1\r\n${HOST}\r\nX-A: a\0b\r\n\r\n`),
  malformed('a NUL in the address', `GET /li\0vez HTTP/1.1\r\n${HOST}\r\n\r\n`),
  malformed(
    'a chunk that has no size',
    `${POST}Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n`,
  ),
  malformed(
    'a chunk larger than any number',
    `${POST}Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n`,
  ),
  raw(
    'a chunk that ends elsewhere',
    (token) => `${POST}${token}\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n`,
    400,
    'REQUEST_MALFORMED',
  ),
  malformed('another version', `GET /livez HTTP/3.0\r\n${HOST}\r\n\r\n`),
  malformed('HTTP/2 without TLS', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  malformed('a method in small letters', `get /livez HTTP/1.1\r\n${HOST}\r\n\r\n`),
  malformed('no Host', 'GET /livez HTTP/1.1\r\n\r\n'),
  malformed('TLS where there is none', '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03'),
  [
    'a second request in the body of a first',
    async (w) => {
      const answer = await w.bytes(
        `GET /none HTTP/1.1\r\n${HOST}\r\nAuthorization: Bearer ${w.tokens.mallory}\r\nContent-Length: ${SECOND.length}\r\nConnection: close\r\n\r\n${SECOND}`,
      )
      return answer.answers === 1 ? answer : { ...answer, status: 0 }
    },
    404,
    'ROUTE_UNKNOWN',
  ],
  raw(
    'another protocol',
    (token) =>
      `GET /none HTTP/1.1\r\n${HOST}\r\n${token}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`,
    404,
    'ROUTE_UNKNOWN',
  ),
  raw(
    'an expectation',
    () => `${POST}Expect: 200-ok\r\nContent-Length: 2\r\n\r\n{}`,
    417,
    'EXPECTATION_UNKNOWN',
  ),
]

export const HTTP: readonly Theme[] = [
  { theme: 'header floods', attacks: FLOOD_ATTACKS },
  { theme: 'requests within requests', attacks: SMUGGLING_ATTACKS },
]
