import type { Attack, Theme } from './attack.ts'
import { acme, type World } from './world.ts'

const at = (host: string): Attack => [
  `another host: ${host}`,
  (w) => w.get('/graphql?query={__typename}', 'mallory', { host }),
  421,
  'HOST_NOT_PUBLIC',
]
const page = (name: string, headers: Record<string, string>): Attack => [
  `a page of another site: ${name}`,
  (w) => w.ask('mallory', '{ log { size } }', { headers }),
  403,
  'CROSS_SITE',
]
const preflight = (origin: string): Attack => [
  `a preflight of ${origin}`,
  (w) =>
    w.send({
      method: 'OPTIONS',
      path: '/graphql',
      headers: { origin, 'access-control-request-method': 'POST' },
    }),
  403,
  'ORIGIN_NOT_ALLOWED',
]
const method = (name: string, sent: (w: World) => Parameters<World['send']>[0]): Attack => [
  `another method: ${name}`,
  (w) => w.send(sent(w)),
  405,
  'METHOD_NOT_ALLOWED',
]

const BROWSER_ATTACKS: Attack[] = [
  page('by its origin', { origin: 'https://evil.example' }),
  page('from a sandbox', { origin: 'null' }),
  page('with an allowed name before its own', { origin: 'https://console.example.evil.example' }),
  page('without TLS', { origin: 'http://console.example' }),
  page('at another port', { origin: 'https://console.example:8443' }),
  page('as the browser says', { 'sec-fetch-site': 'cross-site' }),
  page('under the same domain', { 'sec-fetch-site': 'same-site' }),
  [
    'a page of another site that sends an event',
    (w) => w.event('mallory', {}, { origin: 'https://evil.example' }),
    403,
    'CROSS_SITE',
  ],
  preflight('https://evil.example'),
  preflight('null'),
  preflight('https://console.example.evil.example'),
  at('evil.example'),
  at('localhost.evil.example'),
  at('localhost@evil.example'),
  at('localhost.'),
  at('evil.example#localhost'),
  [
    'two hosts',
    (w) =>
      w.bytes(
        `GET /none HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n`,
      ),
    421,
    'HOST_NOT_PUBLIC',
  ],
  [
    'another host by a header',
    (w) => w.get('/none', 'mallory', { host: 'evil.example', 'x-forwarded-host': 'localhost' }),
    421,
    'HOST_NOT_PUBLIC',
  ],
  method('DELETE', (w) => ({
    method: 'DELETE',
    path: `/exports/${w.exported}`,
    headers: w.bearer('acme'),
  })),
  method('PUT', () => ({ method: 'PUT', path: `/log/${acme}/checkpoint`, body: 'x' })),
  method('TRACE', () => ({ method: 'TRACE', path: '/livez' })),
  method('POST by a header', (w) => ({
    path: '/api/v1/lineage',
    headers: {
      ...w.bearer('mallory'),
      'x-http-method-override': 'POST',
      'x-method-override': 'POST',
    },
  })),
  method('a mutation by GET that says it is POST', (w) => ({
    path: `/graphql?query=${encodeURIComponent('mutation{logPublicSet(public:true){position}}')}`,
    headers: { ...w.bearer('mallory'), 'x-http-method-override': 'POST' },
  })),
]

const CACHE_ATTACKS: Attack[] = [
  [
    'whether a copy is still good',
    async (w, pick) =>
      w.get(`/exports/${pick(w.exported)}`, 'mallory', {
        'if-none-match': String((await w.get(`/exports/${w.exported}`, 'acme')).headers.etag),
      }),
    404,
    'EXPORT_UNKNOWN',
  ],
  [
    'whether a checkpoint is still good',
    async (w) =>
      w.get(`/log/${acme}/checkpoint`, 'mallory', {
        'if-none-match': String((await w.get(`/log/${acme}/checkpoint`, 'acme')).headers.etag),
      }),
    404,
    'LOG_UNKNOWN',
  ],
  [
    'a private file that is named as a picture',
    (w) => w.get(`/exports/${w.exported}/logo.png`, 'acme'),
    404,
    'ROUTE_UNKNOWN',
  ],
  [
    'a private file with a style behind it',
    (w) => w.get(`/exports/${w.exported};.css`, 'acme'),
    404,
    'EXPORT_UNKNOWN',
  ],
  [
    'a private file with a line end behind it',
    (w) => w.get(`/exports/${w.exported}%0a.css`, 'acme'),
    404,
    'EXPORT_UNKNOWN',
  ],
  [
    'a part beyond the end',
    (w) => w.get(`/exports/${w.exported}`, 'acme', { range: 'bytes=99999999999-' }),
    416,
    'RANGE_NOT_SATISFIABLE',
  ],
  [
    'a part of no bytes',
    (w) => w.get(`/exports/${w.exported}`, 'acme', { range: 'bytes=-0' }),
    416,
    'RANGE_NOT_SATISFIABLE',
  ],
  [
    'another path by a header',
    (w) =>
      w.get('/none', 'mallory', {
        'x-original-url': `/exports/${w.exported}`,
        'x-rewrite-url': `/log/${acme}/checkpoint`,
      }),
    404,
    'ROUTE_UNKNOWN',
  ],
  [
    'a host for the cache to keep',
    (w) =>
      w.get('/none', 'mallory', { 'x-forwarded-host': 'evil.example', 'x-host': 'evil.example' }),
    404,
    'ROUTE_UNKNOWN',
  ],
]

export const BROWSERS: readonly Theme[] = [
  { theme: 'browsers, hosts and methods', attacks: BROWSER_ATTACKS },
  { theme: 'caches', attacks: CACHE_ATTACKS },
]
