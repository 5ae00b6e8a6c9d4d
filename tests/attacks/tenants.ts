import { type Attack, NOTHING, TAKEN, type Theme } from './attack.ts'
import { acme, beta, mallory, SECRET, type World } from './world.ts'

const GRANT = `mutation ($root: ID!, $to: String!) { grantCreate(input: {to: $to, root: $root, direction: UPSTREAM, depth: 1, kinds: [Dataset], fields: ["*"], until: "2027-01-01T00:00:00Z"}) { position } }`
const RECORD = 'mutation ($items: [RecordItem!]!) { record(items: $items) { position } }'
/** Asked by the attacker. */
const m =
  (query: (thing: string) => string, thing: (w: World) => string) =>
  (w: World, pick: (thing: string) => string) =>
    w.ask('mallory', query(pick(thing(w))))
const raw = (w: World) => w.raw
const recording = (w: World, dataset: object, headers = {}) =>
  w.ask('mallory', RECORD, {
    variables: { items: [{ dataset: { namespace: 'n', name: 'd', ...dataset } }] },
    headers,
  })

const BY_ID: Attack[] = [
  ['an id, as an entity', m((id) => `{ entity(id: "${id}") { id name } }`, raw), 200, NOTHING],
  ['an id, as a node', m((id) => `{ node(id: "${id}") { id } }`, raw), 200, NOTHING],
  ['ids, as nodes', m((id) => `{ nodes(ids: ["${id}", "${id}"]) { id } }`, raw), 200, NOTHING],
  [
    'the name of a thing',
    (w, pick) =>
      w.ask(
        'mallory',
        `{ entity(kind: Dataset, namespace: "db-${SECRET}", name: "${pick(`${SECRET}-raw`, 'no-such-dataset')}") { id } }`,
      ),
    200,
    NOTHING,
  ],
  [
    'an id below an alias',
    m((id) => `{ a: entity(id: "${id}") { b: id } c: node(id: "${id}") { d: id } }`, raw),
    200,
    NOTHING,
  ],
  [
    'an id in a fragment',
    m(
      (id) =>
        `{ ...F } fragment F on Query { entity(id: "${id}") { ...G } } fragment G on Dataset { name description derivedFrom { id } }`,
      raw,
    ),
    200,
    NOTHING,
  ],
  [
    'an id in a variable',
    (w, pick) =>
      w.ask('mallory', 'query ($id: ID!) { entity(id: $id) { id } }', {
        variables: { id: pick(w.raw) },
      }),
    200,
    NOTHING,
  ],
  [
    'an id as the default of a variable',
    m((id) => `query ($id: ID = "${id}") { entity(id: $id) { id } }`, raw),
    200,
    NOTHING,
  ],
  [
    'the history of an id',
    m((id) => `{ entity(id: "${id}") { history { nodes { actor } } } }`, raw),
    200,
    NOTHING,
  ],
  [
    'an id as the root of a difference',
    m(
      (id) => `{ diff(from: { position: "0:3" }, root: { id: "${id}" }) { nodes { id } } }`,
      (w) => w.clean,
    ),
    200,
    'LINEAGE_ROOT_UNKNOWN',
  ],
  [
    'an id as the root of what is followed',
    m(
      (id) => `subscription { changes(root: "${id}") { position } }`,
      (w) => w.clean,
    ),
    200,
    'LINEAGE_ROOT_UNKNOWN',
  ],
  [
    'an id as the middle of a neighbourhood',
    m(
      (id) => `{ neighbourhood(id: "${id}") { truncated } }`,
      (w) => w.clean,
    ),
    200,
    'LINEAGE_ROOT_UNKNOWN',
  ],
  [
    'an id that is said to be shown beside a neighbourhood',
    (w, pick) =>
      w.ask(
        'mallory',
        `{ neighbourhood(id: "${w.own}", shown: ["${pick(w.clean)}"]) { edges { from } } }`,
      ),
    200,
    TAKEN,
  ],
  [
    'an id whose terms are asked for',
    m(
      (id) => `{ terms(id: "${id}") { total } }`,
      (w) => w.clean,
    ),
    200,
    'LINEAGE_ROOT_UNKNOWN',
  ],
  [
    'an id that would be retired',
    m(
      (id) => `{ impact(id: "${id}", change: RETIRE) { counts { total } } }`,
      (w) => w.clean,
    ),
    200,
    'LINEAGE_ROOT_UNKNOWN',
  ],
  [
    'an id that is to be used',
    m(
      (id) => `{ mayUse(id: "${id}", action: "use", purpose: "dpv:Marketing") { answer } }`,
      (w) => w.clean,
    ),
    200,
    'LINEAGE_ROOT_UNKNOWN',
  ],
  [
    'an id as the upper end of a path',
    (w, pick) => w.ask('mallory', `{ path(from: "${w.own}", to: "${pick(w.clean)}") { total } }`),
    200,
    'LINEAGE_ROOT_UNKNOWN',
  ],
  [
    'an id as the lower end of a path',
    (w, pick) => w.ask('mallory', `{ path(from: "${pick(w.clean)}", to: "${w.own}") { total } }`),
    200,
    'LINEAGE_ROOT_UNKNOWN',
  ],
  [
    'an id as the root of lineage',
    m(
      (id) => `{ lineage(root: "${id}") { total } }`,
      (w) => w.clean,
    ),
    200,
    'LINEAGE_ROOT_UNKNOWN',
  ],
  [
    'an id as of a moment of the past',
    m((id) => `{ entity(id: "${id}", asOf: { position: "0:4" }) { id } }`, raw),
    200,
    NOTHING,
  ],
  [
    'the runs of a job',
    m(
      (id) => `{ runs(of: {job: "${id}"}) { nodes { id } } }`,
      (w) => w.load,
    ),
    200,
    NOTHING,
  ],
  [
    'the runs of an edge',
    m(
      (id) =>
        `{ runs(of: {edge: {from: "${id}", relation: WAS_GENERATED_BY, to: "${id}"}}) { nodes { id } } }`,
      (w) => w.clean,
    ),
    200,
    NOTHING,
  ],
  [
    'an id to retire',
    m((id) => `mutation { retire(id: "${id}") { position } }`, raw),
    200,
    'ENTITY_UNKNOWN',
  ],
  [
    'an id to erase',
    m((id) => `mutation { erase(id: "${id}", ground: OTHER, reason: "r") { position } }`, raw),
    200,
    'ENTITY_UNKNOWN',
  ],
  [
    'an id to export',
    m(
      (id) => `mutation { exportBundle(root: "${id}") { url } }`,
      (w) => w.clean,
    ),
    200,
    'LINEAGE_ROOT_UNKNOWN',
  ],
  [
    'an id as a neighbour of one’s own',
    (w, pick) => recording(w, { derivedFrom: [{ id: pick(w.raw) }] }),
    200,
    'UNKNOWN_NEIGHBOUR',
  ],
  [
    'an id to grant oneself',
    (w, pick) => w.ask('mallory', GRANT, { variables: { root: pick(w.raw), to: beta } }),
    200,
    'ENTITY_UNKNOWN',
  ],
  [
    'an erasure to confirm',
    m((id) => `mutation { confirmErasure(id: "${id}") { position } }`, raw),
    200,
    'ERASURE_UNKNOWN',
  ],
  [
    'an actor to erase',
    (w, pick) =>
      w.ask(
        'mallory',
        `mutation { eraseActor(subject: "${pick('corp:acme', 'corp:none')}", ground: OTHER, reason: "r") { position } }`,
      ),
    200,
    'ACTOR_UNKNOWN',
  ],
  [
    'a policy to retire',
    (w, pick) =>
      w.ask('mallory', `mutation { policyRetire(name: "${pick('mine', 'none')}") { position } }`),
    200,
    'POLICY_UNKNOWN',
  ],
  [
    'an id to prove',
    m((id) => `{ log { stateProof(id: "${id}") { entity { header } } } }`, raw),
    200,
    NOTHING,
  ],
]

const GRANTS: Attack[] = [
  [
    'a grant of others',
    m(
      (id) => `{ granted(grant: "${id}") { lineage { total } } }`,
      (w) => w.grant,
    ),
    200,
    'GRANT_UNKNOWN',
  ],
  [
    'a grant to revoke',
    m(
      (id) => `mutation { grantRevoke(id: "${id}") { position } }`,
      (w) => w.grant,
    ),
    200,
    'GRANT_UNKNOWN',
  ],
  [
    'the root of a grant, without it',
    (w, pick) => w.ask('beta', `{ entity(id: "${pick(w.clean)}") { id } }`),
    200,
    NOTHING,
  ],
  [
    'what a grant leaves out',
    (w, pick) =>
      w.ask('beta', `{ granted(grant: "${w.grant}") { entity(id: "${pick(w.raw)}") { id } } }`),
    200,
    NOTHING,
  ],
  [
    'more hops than a grant has',
    (w) => w.ask('beta', `{ granted(grant: "${w.grant}") { lineage(depth: 2) { total } } }`),
    200,
    'GRANT_EXCEEDED',
  ],
  [
    'a grant in another direction',
    (w) => w.ask('beta', `{ granted(grant: "${w.grant}") { lineage(direction: BOTH) { total } } }`),
    200,
    'GRANT_EXCEEDED',
  ],
  [
    'a grant that is handed on',
    (w, pick) => w.ask('beta', GRANT, { variables: { root: pick(w.clean), to: mallory } }),
    200,
    'ENTITY_UNKNOWN',
  ],
]

const cursorOf = (parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url')

const CURSORS: Attack[] = [
  [
    'the cursor of another',
    (w) =>
      w.ask('mallory', `{ lineage(root: "${w.own}", first: 1, after: "${w.cursor}") { total } }`),
    200,
    'LINEAGE_CURSOR_INVALID',
  ],
  [
    'a cursor that names another tenant',
    (w) =>
      w.ask(
        'mallory',
        `{ entities(after: "${cursorOf([['entities', acme, null], 0, 5, ''])}") { nodes { id } } }`,
      ),
    200,
    'LINEAGE_CURSOR_INVALID',
  ],
  [
    'a cursor of another question',
    (w) =>
      w.ask(
        'mallory',
        `{ entities(after: "${cursorOf([['lineage', mallory, w.own, 'UPSTREAM', 4], 0, 5, 0, ''])}") { nodes { id } } }`,
      ),
    200,
    'LINEAGE_CURSOR_INVALID',
  ],
  [
    'a cursor at a position that is nowhere',
    (w) =>
      w.ask(
        'mallory',
        `{ entities(after: "${cursorOf([['entities', mallory, null], 7, 5, ''])}") { nodes { id } } }`,
      ),
    200,
    'POSITION_LOST',
  ],
  [
    'a cursor of a megabyte',
    (w) => w.ask('mallory', `{ entities(after: "${'A'.repeat(1_000_000)}") { nodes { id } } }`),
    200,
    'LINEAGE_CURSOR_INVALID',
  ],
]

export const TENANTS: readonly Theme[] = [
  { theme: 'tenant confusion by id, alias, fragment, variable and node id', attacks: BY_ID },
  { theme: 'tenant confusion by grant', attacks: GRANTS },
  { theme: 'tenant confusion by cursor', attacks: CURSORS },
]
