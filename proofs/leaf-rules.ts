import { type ProofCode, ProofError } from './error.ts'
import { ACTOR, parseUrn, TENANT, urnKind } from './ids.ts'
import {
  type Check,
  closed,
  count,
  hash,
  id,
  listOf,
  type Members,
  name,
  oneOf,
  orNull,
  pattern,
  time,
} from './members.ts'
import { compareLinks } from './outset.ts'

/** The most edges that one header may add and drop together. */
export const MAX_CHANGES = 300
/** The most records that one `erase` may name. */
export const MAX_TARGETS = 3_000

/** `H("")`, the root of a body without fields. */
const EMPTY_BODY = '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU'

/** A log's first record: before it stand its two keys. */
const FIRST_RECORD = 2

const RECORD_MEMBERS = [
  ...['v', 'tenant', 'seq', 'kind', 'id', 'version', 'action', 'at', 'actor'],
  ...['links', 'unlinks', 'out', 'body'],
]
const STATE_MEMBERS = ['v', 'tenant', 'seq', 'at', 'size', 'root']
const KEY_MEMBERS = [
  ...['v', 'tenant', 'seq', 'at', 'event', 'use', 'kid', 'x', 'from', 'prev', 'sigs'],
]
const EPOCH_MEMBERS = [
  ...['v', 'tenant', 'seq', 'at', 'origin', 'prevOrigin', 'prevSize', 'prevRoot', 'keptSize'],
]

const tenant = pattern('a tenant', TENANT)
const kindName = pattern('a kind', /^[A-Z][A-Za-z0-9]{0,62}$/)
const rel = pattern('a relation', /^[A-Z][A-Z_]{0,62}$/)
const actor = pattern('an actor', ACTOR)
const action = oneOf('assert', 'retire', 'erase')
const signature = pattern('64 bytes in base64url', /^[A-Za-z0-9_-]{85}[AQgw]$/)
/** A signed note's key name: no white space, no plus sign (C2SP signed-note). */
const originName = pattern('an origin', /^[^\p{White_Space}\p{Cc}+]{1,255}$/u)

interface Edge {
  rel: string
  id: string
  leaf?: string | null
}

const unlink: Check<Edge> = (value, what) => {
  const members = closed(value, what, ['rel', 'id'])
  return { rel: rel(members.rel, `${what}.rel`), id: id(members.id, `${what}.id`) }
}

const link: Check<Edge> = (value, what) => {
  const members = closed(value, what, ['rel', 'id', 'leaf'])
  return {
    rel: rel(members.rel, `${what}.rel`),
    id: id(members.id, `${what}.id`),
    leaf: orNull(hash)(members.leaf, `${what}.leaf`),
  }
}

/** By the leaf's `v`: the rules that one leaf alone can break. */
export const LEAF_RULES: ReadonlyMap<string, (leaf: Members) => void> = new Map([
  ['selvedge/record/1', checkRecord],
  ['selvedge/state/1', checkState],
  ['selvedge/key/1', checkKey],
  ['selvedge/epoch/1', checkEpoch],
])

function checkRecord(leaf: Members) {
  const erases = leaf.action === 'erase'
  closed(leaf, 'the record', erases ? [...RECORD_MEMBERS, 'targets'] : RECORD_MEMBERS)
  const seq = checkHead(leaf)
  const kind = kindName(leaf.kind, 'kind')
  const self = id(leaf.id, 'id')
  const version = count(leaf.version, 'version')
  action(leaf.action, 'action')
  actor(leaf.actor, 'actor')
  hash(leaf.out, 'out')
  hash(leaf.body, 'body')
  insist(version > 0, 'PROOF_VALUE', 'versions count from 1')
  insist(parseUrn(self).kind === urnKind(kind), 'PROOF_VALUE', 'the id names another kind')
  insist(seq >= FIRST_RECORD, 'PROOF_LEAF_SEQ', 'the log starts with its two keys')
  insist(
    seq > FIRST_RECORD || kind === 'Tenant',
    'PROOF_LEAF_SEQ',
    'the first record is the tenant',
  )
  const links = listOf(link)(leaf.links, 'links')
  const unlinks = listOf(unlink)(leaf.unlinks, 'unlinks')
  checkEdges(self, links, unlinks)
  if (version === 1) requireFirst(leaf, unlinks)
  if (leaf.action === 'retire') checkRetire(leaf, self, [links, unlinks])
  if (erases) checkErase(leaf, seq, [...links, ...unlinks])
}

function checkEdges(self: string, links: readonly Edge[], unlinks: readonly Edge[]) {
  const code = 'PROOF_LEAF_LINKS'
  for (const edges of [links, unlinks]) {
    const ascending = edges.every((edge, i) => i === 0 || compareLinks(edges[i - 1]!, edge) < 0)
    insist(ascending, code, 'edges are not strictly ascending by relation and id')
  }
  insist(links.length + unlinks.length <= MAX_CHANGES, code, `over ${MAX_CHANGES} edges change`)
  const dropped = new Set(unlinks.map((edge) => `${edge.rel} ${edge.id}`))
  for (const edge of links) {
    insist(!dropped.has(`${edge.rel} ${edge.id}`), code, 'an edge is both added and dropped')
    // A record cannot hold its own hash, and every other neighbour has a leaf before it.
    insist((edge.leaf === null) === (edge.id === self), code, 'null stands for a link to itself')
  }
}

function requireFirst(leaf: Members, unlinks: readonly Edge[]) {
  insist(leaf.action === 'assert', 'PROOF_LEAF_ACTION', 'the first version asserts')
  insist(unlinks.length === 0, 'PROOF_LEAF_LINKS', 'the first version has nothing to drop')
}

function checkRetire(leaf: Members, self: string, [links, unlinks]: readonly Edge[][]) {
  const code = 'PROOF_LEAF_ACTION'
  insist(leaf.body === EMPTY_BODY, code, 'a retired entity has no body')
  insist(unlinks!.length === 0, code, 'retiring drops every edge without listing it')
  const alias = links!.length === 0 || (links!.length === 1 && links![0]!.rel === 'ALIAS_OF')
  insist(alias && links![0]?.id !== self, code, 'a retired entity links to nothing but its alias')
}

function checkErase(leaf: Members, seq: number, edges: readonly Edge[]) {
  insist(edges.length === 0, 'PROOF_LEAF_ACTION', 'erasing changes no edge')
  const targets = listOf(count)(leaf.targets, 'targets')
  const ascending = targets.every((target, i) => target > (targets[i - 1] ?? -1))
  const sound = targets.length > 0 && targets.length <= MAX_TARGETS && targets.at(-1)! < seq
  insist(
    ascending && sound,
    'PROOF_LEAF_TARGETS',
    'targets are earlier records, ascending, 1 to 3,000',
  )
}

function checkState(leaf: Members) {
  closed(leaf, 'the state record', STATE_MEMBERS)
  const seq = checkHead(leaf)
  hash(leaf.root, 'root')
  insist(count(leaf.size, 'size') === seq, 'PROOF_LEAF_SEQ', 'a state covers all leaves before it')
  insist(seq > FIRST_RECORD, 'PROOF_LEAF_SEQ', 'no state before the first record')
}

function checkKey(leaf: Members) {
  closed(leaf, 'the key record', KEY_MEMBERS)
  const seq = checkHead(leaf)
  const event = oneOf('add', 'retire', 'compromise')(leaf.event, 'event')
  const use = oneOf('checkpoint', 'manifest')(leaf.use, 'use')
  hash(leaf.x, 'x')
  const kid = hash(leaf.kid, 'kid')
  const from = count(leaf.from, 'from')
  const prev = orNull(hash)(leaf.prev, 'prev')
  const sigs = listOf(orNull(signature))(leaf.sigs, 'sigs')
  insist(sigs.length === 2 && prev !== kid, 'PROOF_LEAF_KEY', 'two signatures, by two keys')
  const [byPrev, byItself] = sigs.map((sig) => sig !== null)
  const first = event === 'add' && use === ['checkpoint', 'manifest'][seq]
  const sound = first
    ? prev === null && from === 0 && !byPrev && byItself
    : seq > FIRST_RECORD && prev !== null && byPrev && byItself === (event === 'add')
  insist(!!sound, 'PROOF_LEAF_KEY', 'signed or placed otherwise than its event asks')
  insist(first || event !== 'add' || from > seq + 1, 'PROOF_LEAF_KEY', 'a key starts too early')
}

function checkEpoch(leaf: Members) {
  closed(leaf, 'the epoch record', EPOCH_MEMBERS)
  const seq = checkHead(leaf)
  hash(leaf.prevRoot, 'prevRoot')
  const kept = count(leaf.keptSize, 'keptSize')
  insist(seq === kept && seq > FIRST_RECORD, 'PROOF_LEAF_EPOCH', 'follows the leaves that it keeps')
  insist(count(leaf.prevSize, 'prevSize') >= kept, 'PROOF_LEAF_EPOCH', 'keeps more than there was')
  const origin = originName(name(leaf.origin, 'origin'), 'origin')
  const prevOrigin = originName(name(leaf.prevOrigin, 'prevOrigin'), 'prevOrigin')
  const [, log, epoch] = /^(.+)\/([1-9][0-9]{0,8})$/.exec(origin) ?? []
  const ours = log?.endsWith(`/${leaf.tenant}`)
  const earlier = prevOrigin === log || (log && isEarlier(prevOrigin, log, Number(epoch)))
  insist(!!(ours && earlier), 'PROOF_LEAF_EPOCH', 'the origins are not of one log, in their order')
}

function isEarlier(origin: string, log: string, epoch: number) {
  const number = origin.startsWith(`${log}/`) ? origin.slice(log.length + 1) : ''
  return /^[1-9][0-9]{0,8}$/.test(number) && Number(number) < epoch
}

/** What every leaf has, besides its `v`. */
function checkHead(leaf: Members) {
  tenant(leaf.tenant, 'tenant')
  time(leaf.at, 'at')
  return count(leaf.seq, 'seq')
}

function insist(holds: boolean, code: ProofCode, message: string) {
  if (!holds) throw new ProofError(code, message)
}
