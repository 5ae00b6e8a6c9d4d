import type { Attack, Theme } from './attack.ts'
import { acme, mallory, type World } from './world.ts'

const HOST = 'Host: localhost'

const escaping = (
  name: string,
  path: (w: World) => string,
  status: number,
  code: string,
): Attack => [
  name,
  (w) =>
    w.bytes(
      `GET ${path(w)} HTTP/1.1\r\n${HOST}\r\nAuthorization: Bearer ${w.tokens.mallory}\r\nConnection: close\r\n\r\n`,
      { end: false },
    ),
  status,
  code,
]
const UP = '../../../../../../'

const TRAVERSAL_ATTACKS: Attack[] = [
  escaping('from an export', () => `/exports/${UP}proc/self/environ`, 404, 'ROUTE_UNKNOWN'),
  escaping(
    'from an export, encoded',
    () => `/exports/${encodeURIComponent(`${UP}proc/self/environ`)}`,
    404,
    'EXPORT_UNKNOWN',
  ),
  escaping(
    'from an export, encoded twice',
    () => `/exports/${encodeURIComponent(encodeURIComponent(`${UP}proc/self/environ`))}`,
    404,
    'EXPORT_UNKNOWN',
  ),
  escaping(
    'from an export, with dots encoded',
    () => '/exports/%2e%2e/%2e%2e/proc/self/environ',
    404,
    'ROUTE_UNKNOWN',
  ),
  escaping(
    'from an export, as Windows has it',
    () => '/exports/..%5c..%5cwindows%5cwin.ini',
    404,
    'EXPORT_UNKNOWN',
  ),
  escaping(
    'from an export, with a backslash',
    () => '/exports/..\\..\\proc\\self',
    404,
    'ROUTE_UNKNOWN',
  ),
  escaping(
    'from an export, in UTF-8 that is too long',
    () => '/exports/%c0%ae%c0%ae%c0%afetc',
    404,
    'EXPORT_UNKNOWN',
  ),
  escaping(
    'from an export, with a NUL',
    (w) => `/exports/${w.exported}%00.zip`,
    404,
    'EXPORT_UNKNOWN',
  ),
  escaping('to an object by its hash', () => `/exports/${'a'.repeat(64)}`, 404, 'EXPORT_UNKNOWN'),
  escaping('from an attachment', () => `/attachments/${UP}proc/self/environ`, 404, 'ROUTE_UNKNOWN'),
  escaping(
    'from an attachment, encoded',
    () => `/attachments/${encodeURIComponent(`${UP}proc/self/environ`)}`,
    404,
    'ATTACHMENT_UNKNOWN',
  ),
  escaping(
    'from an attachment, as Windows has it',
    () => '/attachments/..%5c..%5cwindows%5cwin.ini',
    404,
    'ATTACHMENT_UNKNOWN',
  ),
  escaping('from one’s own log', () => `/log/${mallory}/../${acme}/checkpoint`, 404, 'LOG_UNKNOWN'),
  escaping(
    'from one’s own log, encoded',
    () => `/log/${mallory}/..%2f${acme}/checkpoint`,
    404,
    'LOG_UNKNOWN',
  ),
  escaping(
    'from a tile',
    () => `/log/${mallory}/tile/0/..%2f..%2f..%2fkeys`,
    404,
    'LOG_FILE_UNKNOWN',
  ),
  escaping(
    'from the entries',
    () => `/log/${mallory}/tile/entries/x000/../../../../keys/000`,
    404,
    'LOG_UNKNOWN',
  ),
  escaping('to a tile below zero', () => `/log/${mallory}/tile/-1/000`, 404, 'LOG_FILE_UNKNOWN'),
  escaping(
    'to a tile beyond all',
    () => `/log/${mallory}/tile/0/x999/x999/x999/x999/x999/x999/999`,
    404,
    'LOG_FILE_UNKNOWN',
  ),
  escaping(
    'to a tile of many names',
    () => `/log/${mallory}/tile/0/000.p/03`,
    404,
    'LOG_FILE_UNKNOWN',
  ),
  escaping(
    'from the page that verifies',
    () => '/verify.html/../package.json',
    404,
    'ROUTE_UNKNOWN',
  ),
  escaping(
    'from the page that verifies, encoded',
    () => '/verify.html%2f..%2fpackage.json',
    404,
    'ROUTE_UNKNOWN',
  ),
  escaping('from the keys', () => '/.well-known/..%2f..%2fkeys', 404, 'ROUTE_UNKNOWN'),
  escaping('to the keys', () => '/.well-known/jwks.json%00', 404, 'ROUTE_UNKNOWN'),
  escaping(
    'around a door, by a path of GraphQL',
    () => '/graphql/../metrics',
    403,
    'PERMISSION_DENIED',
  ),
  escaping('around a door, by a probe', () => '/livez/../metrics', 403, 'PERMISSION_DENIED'),
  escaping('around a door, in capitals', () => '/METRICS', 404, 'ROUTE_UNKNOWN'),
  escaping('around a door, with a slash more', () => '//metrics', 404, 'ROUTE_UNKNOWN'),
  [
    'to a persisted operation',
    (w) =>
      w.ask('mallory', '{ log { size } }', {
        more: {
          query: undefined,
          extensions: { persistedQuery: { version: 1, sha256Hash: `${UP}proc/self/environ` } },
        },
      }),
    400,
    'PERSISTED_QUERY_INVALID',
  ],
]

export const TRAVERSAL: Theme = { theme: 'path traversal', attacks: TRAVERSAL_ATTACKS }
