import { claimsOf, hmac, seal, unsigned } from '../identity/support.ts'
import type { Attack, Theme } from './attack.ts'
import { acme, beta, mallory, type World } from './world.ts'

const HEADER = { alg: 'ES256', kid: 'k1', typ: 'at+jwt' }
const ASKED = '{ log { size } }'

/** A token that would be genuine but for what is given, signed by the issuer's own key. */
const almost = ({ issuer, pair }: World, claims = {}, header = {}) =>
  seal({ ...HEADER, ...header }, claimsOf(issuer.url, { tenant: acme, ...claims }), pair)
const seconds = () => Math.floor(Date.now() / 1000)

/** A forged token, sent to each kind of door in turn. */
const forged = (
  name: string,
  tokenOf: (world: World) => string,
  code = 'TOKEN_INVALID',
): Attack[] => [
  [`${name}, to GraphQL`, (w) => w.ask(tokenOf(w), ASKED), 401, code],
  [`${name}, for an export`, (w) => w.get(`/exports/${w.exported}`, tokenOf(w)), 401, code],
]

const DOORS: Attack[] = [
  [
    'no token, to GraphQL',
    (w) => w.ask('', ASKED, { headers: { authorization: [] } }),
    401,
    'TOKEN_MISSING',
  ],
  [
    'a GET for GraphQL without a token',
    (w) => w.send({ path: '/graphql?query={__typename}' }),
    401,
    'TOKEN_MISSING',
  ],
  [
    'a stream of events without a token',
    (w) =>
      w.send({ path: '/graphql?query={__typename}', headers: { accept: 'text/event-stream' } }),
    401,
    'TOKEN_MISSING',
  ],
  [
    'an event without a token',
    (w) =>
      w.send({
        method: 'POST',
        path: '/api/v1/lineage',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      }),
    401,
    'TOKEN_MISSING',
  ],
  [
    'an export without a token',
    (w) => w.send({ path: `/exports/${w.exported}` }),
    401,
    'TOKEN_MISSING',
  ],
  ['the metrics without a token', (w) => w.send({ path: '/metrics' }), 401, 'TOKEN_MISSING'],
  [
    'the headers of development instead of a token',
    (w) =>
      w.send({
        method: 'POST',
        path: '/graphql',
        body: JSON.stringify({ query: ASKED }),
        headers: {
          'content-type': 'application/json',
          'x-selvedge-tenant': acme,
          'x-selvedge-roles': 'admin',
          'x-selvedge-subject': 'corp:acme',
        },
      }),
    401,
    'TOKEN_MISSING',
  ],
  [
    'a token in the address',
    (w) => w.send({ path: `/exports/${w.exported}?access_token=${w.tokens.acme}` }),
    401,
    'TOKEN_INVALID',
  ],
  [
    'a token as basic credentials',
    (w) =>
      w.ask('', ASKED, {
        headers: {
          authorization: `Basic ${Buffer.from(`acme:${w.tokens.acme}`).toString('base64')}`,
        },
      }),
    401,
    'TOKEN_INVALID',
  ],
  [
    'two tokens in one header',
    (w) =>
      w.ask('', ASKED, {
        headers: { authorization: `Bearer ${w.tokens.mallory}, Bearer ${w.tokens.acme}` },
      }),
    401,
    'TOKEN_INVALID',
  ],
  [
    'a token twice, by two headers',
    (w) =>
      w.send({
        path: `/exports/${w.exported}`,
        headers: { authorization: [`Bearer ${w.tokens.mallory}`, `Bearer ${w.tokens.acme}`] },
      }),
    401,
    'TOKEN_INVALID',
  ],
  [
    'a token in a cookie',
    (w) =>
      w.send({
        path: `/exports/${w.exported}`,
        headers: { cookie: `access_token=${w.tokens.acme}; authorization=Bearer ${w.tokens.acme}` },
      }),
    401,
    'TOKEN_MISSING',
  ],
]

/** Tests of the form of tokens have a table of their own; these go end to end, through every door. */
export const TOKENS: Theme = {
  theme: 'token forgeries',
  attacks: [
    ...DOORS,
    ...forged('a token that nobody signed', ({ issuer }) =>
      unsigned({ alg: 'none', typ: 'at+jwt' }, claimsOf(issuer.url, { tenant: acme })),
    ),
    ...forged('a token signed with the public key as a secret', ({ issuer, pair }) =>
      hmac(
        { ...HEADER, alg: 'HS256' },
        claimsOf(issuer.url, { tenant: acme }),
        pair.publicKey.export({ format: 'pem', type: 'spki' }) as string,
      ),
    ),
    ...forged('a genuine token with other claims', ({ tokens, issuer }) => {
      const [header, , signature] = tokens.mallory.split('.')
      const claims = Buffer.from(JSON.stringify(claimsOf(issuer.url, { tenant: acme })))
      return `${header}.${claims.toString('base64url')}.${signature}`
    }),
    ...forged('the token of an issuer that nobody trusts', (w) => almost(w, { iss: w.canary.url })),
    ...forged('a token of one issuer by the key of another', ({ issuer, partnerPair }) =>
      seal(HEADER, claimsOf(issuer.url, { tenant: acme }), partnerPair),
    ),
    ...forged(
      'an issuer that speaks for a tenant that is not its own',
      ({ partner, partnerPair }) =>
        seal({ ...HEADER, kid: 'p1' }, claimsOf(partner.url, { tenant: acme }), partnerPair),
    ),
    ...forged('an issuer of one tenant that speaks for all', ({ partner, partnerPair }) =>
      seal({ ...HEADER, kid: 'p1' }, claimsOf(partner.url, { tenant: '*' }), partnerPair),
    ),
    ...forged('a token for another audience', (w) => almost(w, { aud: 'https://else.example' })),
    ...forged(
      'a token that has expired',
      (w) => almost(w, { exp: seconds() - 120, iat: seconds() - 900 }),
      'TOKEN_EXPIRED',
    ),
    ...forged('a token that is not valid yet', (w) => almost(w, { nbf: seconds() + 3_600 })),
    ...forged('a token that never ends', (w) => almost(w, { exp: undefined })),
    ...forged('an id token', (w) => almost(w, {}, { typ: 'id_token+jwt' })),
    ...forged('a token with a critical extension', (w) =>
      almost(w, {}, { crit: ['b64'], b64: false }),
    ),
    ...forged('a token that brings its own key', ({ issuer, partnerPair }) =>
      seal(
        { ...HEADER, kid: 'mine', jwk: partnerPair.jwk },
        claimsOf(issuer.url, { tenant: acme }),
        partnerPair,
      ),
    ),
    ...forged('a kid that is a path', (w) => almost(w, {}, { kid: '../../../../dev/null' })),
    ...forged('a kid that is Cypher', (w) => almost(w, {}, { kid: "x' OR 1=1 //" })),
    ...forged('a tenant that is a list', (w) => almost(w, { tenant: [mallory, acme] })),
    ...forged('a tenant in capitals', (w) => almost(w, { tenant: acme.toUpperCase() })),
    ...forged('a tenant with a NUL after it', (w) => almost(w, { tenant: `${acme}\0` })),
    ...forged('a tenant with a look-alike in it', (w) =>
      almost(w, { tenant: acme.replace('a', 'а') }),
    ),
    ...forged('a tenant of the service itself', (w) => almost(w, { tenant: '-' })),
    ...forged('a token of many kilobytes', (w) => almost(w, { padding: 'x'.repeat(9_000) })),
    [
      'a forged token, where the log is public',
      (w) => w.get(`/log/${beta}/checkpoint`, almost(w, { aud: 'x' })),
      401,
      'TOKEN_INVALID',
    ],
    [
      'a forged token, to the events',
      (w) => w.event(almost(w, { aud: 'x' }), {}),
      401,
      'TOKEN_INVALID',
    ],
  ],
}

const REFUSED = 'PERMISSION_DENIED'
const item = { dataset: { namespace: 'n', name: 'd' } }

/** Genuine tokens that ask for more than their roles. */
export const ROLES: Theme = {
  theme: 'more than a role may do',
  attacks: [
    [
      'a reader who records',
      (w) =>
        w.ask(
          'reader',
          'mutation ($items: [RecordItem!]!) { record(items: $items) { position } }',
          { variables: { items: [item] } },
        ),
      200,
      REFUSED,
    ],
    ['a reader who sends events', (w) => w.event('reader', {}), 403, REFUSED],
    [
      'a reader who erases',
      (w, pick) =>
        w.ask(
          'reader',
          `mutation { erase(id: "${pick(w.raw)}", ground: OTHER, reason: "r") { position } }`,
        ),
      200,
      REFUSED,
    ],
    [
      'a reader who retires',
      (w, pick) => w.ask('reader', `mutation { retire(id: "${pick(w.raw)}") { position } }`),
      200,
      REFUSED,
    ],
    [
      'a reader who opens the log',
      (w) => w.ask('reader', 'mutation { logPublicSet(public: true) { position } }'),
      200,
      REFUSED,
    ],
    ['a reader who reads the log', (w) => w.get(`/log/${acme}/checkpoint`, 'reader'), 403, REFUSED],
    [
      'a reader who gives a grant',
      (w) =>
        w.ask(
          'reader',
          `mutation { grantCreate(input: {to: "${mallory}", root: "${w.raw}", direction: UPSTREAM, depth: 1, kinds: [Dataset], fields: ["*"], until: "2027-01-01T00:00:00Z"}) { position } }`,
        ),
      200,
      REFUSED,
    ],
    [
      'a reader who permits himself all',
      (w) =>
        w.ask(
          'reader',
          'mutation { policyPut(name: "p", text: "permit(principal, action, resource);") { position } }',
        ),
      200,
      REFUSED,
    ],
    [
      'roles that nobody knows',
      (w, pick) => w.ask('nobody', `{ entity(id: "${pick(w.raw)}") { id } }`),
      200,
      REFUSED,
    ],
    [
      'roles by a header',
      (w) =>
        w.ask('reader', 'mutation { logPublicSet(public: true) { position } }', {
          headers: { 'x-selvedge-roles': 'admin' },
        }),
      200,
      REFUSED,
    ],
    [
      'an admin of a tenant who founds another',
      (w) => w.ask('mallory', 'mutation { tenantCreate(name: "never-there") { name } }'),
      200,
      REFUSED,
    ],
    [
      'an admin of a tenant who lists all',
      (w) => w.ask('mallory', '{ tenants { name } }'),
      200,
      REFUSED,
    ],
    [
      'an admin of a tenant who reads the metrics',
      (w) => w.get('/metrics', 'mallory'),
      403,
      REFUSED,
    ],
  ],
}
