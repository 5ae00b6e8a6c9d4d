import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { b64 } from '../../proofs/base64.ts'
import { canonical } from '../../proofs/canonical.ts'
import type { ProofCode } from '../../proofs/error.ts'
import { leafHash } from '../../proofs/hash.ts'
import { nameUrn } from '../../proofs/ids.ts'
import type { Json } from '../../proofs/json.ts'
import { hashLeaf, type Leaf, leafBytes, parseLeaf } from '../../proofs/leaf.ts'
import { outRoot } from '../../proofs/outset.ts'
import { text, utf8 } from '../../proofs/utf8.ts'
import { expectCode } from './support.ts'

const digest = (what: string) => b64(sha256(utf8(what)))
const urn = (name: string, kind = 'Dataset') =>
  nameUrn(sha256, sha256(utf8('naming key')), kind, 'files', name)
const [orders, a, b] = [urn('orders'), ...[urn('a'), urn('b')].sort()] as [string, string, string]
const actor = 'p_AAECAwQFBgcICQoLDA0ODw'
const at = '2026-03-31T09:15:02.113Z'
const link = (rel: string, id: string, leaf: string | null = digest(id)) => ({ rel, id, leaf })
const EMPTY_BODY = b64(sha256())

const record = {
  ...{ v: 'selvedge/record/1', tenant: 'acme', seq: 42, kind: 'Dataset', id: orders, version: 3 },
  ...{ action: 'assert', at, actor },
  links: [link('PART_OF', b), link('WAS_DERIVED_FROM', a), link('WAS_DERIVED_FROM', b)],
  unlinks: [{ rel: 'PART_OF', id: a }],
  ...{ out: digest('out'), body: digest('body') },
}
const bare = { links: [], unlinks: [], out: b64(new Uint8Array(32)) }
const retire = { ...record, ...bare, action: 'retire', body: EMPTY_BODY }
const erase = { ...record, ...bare, action: 'erase', targets: [3, 40] }
const state = { v: 'selvedge/state/1', tenant: 'acme', seq: 43, at, size: 43, root: digest('root') }
const [k1, k2] = [digest('k1'), digest('k2')]
const sig = b64(new Uint8Array(64).fill(7))
const key = {
  ...{ v: 'selvedge/key/1', tenant: 'acme', seq: 0, at, event: 'add', use: 'checkpoint' },
  ...{ kid: k1, x: digest('x'), from: 0, prev: null, sigs: [null, sig] },
}
const laterKey = { ...key, seq: 50, from: 52, prev: k2, sigs: [sig, sig] }
const epoch = {
  ...{ v: 'selvedge/epoch/1', tenant: 'acme', seq: 900, at, origin: 'log.example/acme/2' },
  ...{ prevOrigin: 'log.example/acme', prevSize: 1000, prevRoot: digest('root'), keptSize: 900 },
}
const tenantId = urn('acme', 'Tenant')

type Change = Record<string, unknown>
/** A member changed to `undefined` is left out. */
const written = (leaf: Change) =>
  canonical(
    Object.fromEntries(Object.entries(leaf).filter(([, value]) => value !== undefined)) as Json,
  )

const accepted: [string, Change][] = [
  ['an assertion', record],
  ['a first version', { ...record, version: 1, unlinks: [] }],
  ['a link to itself', { ...record, links: [link('WAS_DERIVED_FROM', orders, null)] }],
  ['300 changes', { ...record, links: manyLinks(299) }],
  ['a kind of two words', { ...record, kind: 'XaiExport', id: urn('x', 'XaiExport') }],
  [
    'a random id',
    { ...record, kind: 'Run', id: 'urn:selvedge:run:018f0d6e-7c1a-7abc-8def-0123456789ab' },
  ],
  ['the tenant as the first record', { ...record, seq: 2, kind: 'Tenant', id: tenantId }],
  ['a retirement', retire],
  ['a retirement to an alias', { ...retire, links: [link('ALIAS_OF', a)] }],
  ['an erasure', erase],
  [
    'an erasure of 3,000',
    { ...erase, seq: 5000, targets: Array.from({ length: 3000 }, (_, i) => i) },
  ],
  ['a leap day', { ...record, at: '2028-02-29T23:59:59.999Z' }],
  ['a state', state],
  ['the first key', key],
  ['the second key', { ...key, seq: 1, use: 'manifest' }],
  ['a later key', laterKey],
  ['a key retired', { ...laterKey, event: 'retire', from: 10, sigs: [sig, null] }],
  ['a key compromised', { ...laterKey, event: 'compromise', from: 0, sigs: [sig, null] }],
  ['an epoch', epoch],
  [
    'an epoch after an epoch',
    { ...epoch, origin: 'log.example/acme/3', prevOrigin: 'log.example/acme/2' },
  ],
]

it.each(accepted)('reads %s and writes it again', (_what, leaf) => {
  const source = written(leaf)
  const parsed = parseLeaf(source)
  expect(text(leafBytes(parsed))).toBe(source)
})

function manyLinks(count: number) {
  const links = Array.from({ length: count }, (_, i) => link('USED', urn(`d${i}`)))
  return links.sort((x, y) => (x.id < y.id ? -1 : 1))
}

const refusals: [string, Change, Change, ProofCode][] = [
  ['a member too many', record, { extra: 1 }, 'PROOF_MEMBERS'],
  ['a member too few', record, { actor: undefined }, 'PROOF_MEMBERS'],
  ['targets without erasing', record, { targets: [1] }, 'PROOF_MEMBERS'],
  ['an erasure without targets', erase, { targets: undefined }, 'PROOF_MEMBERS'],
  ['an unknown version', record, { v: 'selvedge/record/2' }, 'PROOF_LEAF_UNKNOWN'],
  ['a version that is a property of objects', record, { v: 'constructor' }, 'PROOF_LEAF_UNKNOWN'],
  ['no version', record, { v: undefined }, 'PROOF_LEAF_UNKNOWN'],
  ['a tenant in capitals', record, { tenant: 'Acme' }, 'PROOF_VALUE'],
  ['a tenant of 64 characters', record, { tenant: 'a'.repeat(64) }, 'PROOF_VALUE'],
  ['a seq below zero', record, { seq: -1 }, 'PROOF_VALUE'],
  ['half a seq', record, { seq: 42.5 }, 'PROOF_VALUE'],
  ['a seq above 2^53', record, { seq: 2 ** 53 }, 'PROOF_VALUE'],
  ['a seq as text', record, { seq: '42' }, 'PROOF_VALUE'],
  ['a record where the keys stand', record, { seq: 1 }, 'PROOF_LEAF_SEQ'],
  ['a first record that is no tenant', record, { seq: 2 }, 'PROOF_LEAF_SEQ'],
  ['a kind in lower case', record, { kind: 'dataset' }, 'PROOF_VALUE'],
  ['a kind unlike the id', record, { kind: 'Job' }, 'PROOF_VALUE'],
  ['a URN of another scheme', record, { id: 'urn:other:dataset:x' }, 'PROOF_VALUE'],
  ['an id with a malformed digest', record, { id: orders.slice(0, -1) }, 'PROOF_VALUE'],
  ['an id with stray bits', record, { id: `${orders.slice(0, -1)}B` }, 'PROOF_VALUE'],
  [
    'a version 4 UUID',
    record,
    { id: 'urn:selvedge:dataset:018f0d6e-7c1a-4abc-8def-0123456789ab' },
    'PROOF_VALUE',
  ],
  ['version zero', record, { version: 0 }, 'PROOF_VALUE'],
  ['an unknown action', record, { action: 'delete' }, 'PROOF_VALUE'],
  ['a day that is not', record, { at: '2026-02-29T00:00:00.000Z' }, 'PROOF_VALUE'],
  ['hour 24', record, { at: '2026-03-31T24:00:00.000Z' }, 'PROOF_VALUE'],
  ['a leap second', record, { at: '2026-12-31T23:59:60.000Z' }, 'PROOF_VALUE'],
  ['no milliseconds', record, { at: '2026-03-31T09:15:02Z' }, 'PROOF_VALUE'],
  ['another time zone', record, { at: '2026-03-31T09:15:02.113+00:00' }, 'PROOF_VALUE'],
  ['an actor by name', record, { actor: 'p_alice' }, 'PROOF_VALUE'],
  ['a padded hash', record, { out: `${digest('out')}=` }, 'PROOF_VALUE'],
  ['a hash of 31 bytes', record, { body: b64(new Uint8Array(31)) }, 'PROOF_VALUE'],
  ['links that are no list', record, { links: {} }, 'PROOF_VALUE'],
  ['a link without its leaf', record, { links: [{ rel: 'USED', id: a }] }, 'PROOF_MEMBERS'],
  ['an unlink with a leaf', record, { unlinks: [link('PART_OF', a)] }, 'PROOF_MEMBERS'],
  ['a relation in lower case', record, { links: [link('used', a)] }, 'PROOF_VALUE'],
  ['a relation that starts low', record, { links: [link('_USED', a)] }, 'PROOF_VALUE'],
  ['links out of order', record, { links: [link('USED', b), link('USED', a)] }, 'PROOF_LEAF_LINKS'],
  [
    'relations out of order',
    record,
    { links: [link('USED', a), link('METERS', b)] },
    'PROOF_LEAF_LINKS',
  ],
  ['a link twice', record, { links: [link('USED', a), link('USED', a)] }, 'PROOF_LEAF_LINKS'],
  ['a link that is unlinked too', record, { links: [link('PART_OF', a)] }, 'PROOF_LEAF_LINKS'],
  ['301 changes', record, { links: manyLinks(300) }, 'PROOF_LEAF_LINKS'],
  ['a neighbour without a leaf', record, { links: [link('USED', a, null)] }, 'PROOF_LEAF_LINKS'],
  ['a link to itself with a leaf', record, { links: [link('USED', orders)] }, 'PROOF_LEAF_LINKS'],
  ['a first version that unlinks', record, { version: 1 }, 'PROOF_LEAF_LINKS'],
  ['a first version that retires', retire, { version: 1 }, 'PROOF_LEAF_ACTION'],
  ['a first version that erases', erase, { version: 1 }, 'PROOF_LEAF_ACTION'],
  ['a retired body', retire, { body: digest('body') }, 'PROOF_LEAF_ACTION'],
  [
    'a retirement that lists what it drops',
    retire,
    { unlinks: record.unlinks },
    'PROOF_LEAF_ACTION',
  ],
  ['a retirement that links', retire, { links: [link('USED', a)] }, 'PROOF_LEAF_ACTION'],
  [
    'an alias of two',
    retire,
    { links: [link('ALIAS_OF', a), link('ALIAS_OF', b)] },
    'PROOF_LEAF_ACTION',
  ],
  ['an alias of itself', retire, { links: [link('ALIAS_OF', orders, null)] }, 'PROOF_LEAF_ACTION'],
  ['an erasure that links', erase, { links: [link('USED', a)] }, 'PROOF_LEAF_ACTION'],
  ['an erasure that unlinks', erase, { unlinks: record.unlinks }, 'PROOF_LEAF_ACTION'],
  ['an erasure of nothing', erase, { targets: [] }, 'PROOF_LEAF_TARGETS'],
  ['targets out of order', erase, { targets: [40, 3] }, 'PROOF_LEAF_TARGETS'],
  ['a target twice', erase, { targets: [3, 3] }, 'PROOF_LEAF_TARGETS'],
  ['a target to come', erase, { targets: [3, 42] }, 'PROOF_LEAF_TARGETS'],
  [
    '3,001 targets',
    erase,
    { seq: 5000, targets: Array.from({ length: 3001 }, (_, i) => i) },
    'PROOF_LEAF_TARGETS',
  ],
  ['a state that looks ahead', state, { size: 44 }, 'PROOF_LEAF_SEQ'],
  ['a state that leaves out', state, { size: 42 }, 'PROOF_LEAF_SEQ'],
  ['a state before the tenant', state, { seq: 2, size: 2 }, 'PROOF_LEAF_SEQ'],
  ['a state with an entity', state, { id: orders }, 'PROOF_MEMBERS'],
  ['an unknown event', key, { event: 'rotate' }, 'PROOF_VALUE'],
  ['an unknown use', key, { use: 'export' }, 'PROOF_VALUE'],
  ['a signature of 63 bytes', key, { sigs: [null, b64(new Uint8Array(63))] }, 'PROOF_VALUE'],
  ['one signature', key, { sigs: [sig] }, 'PROOF_LEAF_KEY'],
  ['three signatures', key, { sigs: [null, sig, null] }, 'PROOF_LEAF_KEY'],
  ['a first key of the other use', key, { use: 'manifest' }, 'PROOF_LEAF_KEY'],
  ['a first key with one before it', key, { prev: k2, sigs: [sig, sig] }, 'PROOF_LEAF_KEY'],
  ['a first key from later', key, { from: 1 }, 'PROOF_LEAF_KEY'],
  ['a first key unsigned', key, { sigs: [null, null] }, 'PROOF_LEAF_KEY'],
  ['a key in the place of the tenant', laterKey, { seq: 2, from: 10 }, 'PROOF_LEAF_KEY'],
  ['a later key without one before it', laterKey, { prev: null }, 'PROOF_LEAF_KEY'],
  ['a later key that it does not sign', laterKey, { sigs: [sig, null] }, 'PROOF_LEAF_KEY'],
  ['a later key that only it signs', laterKey, { sigs: [null, sig] }, 'PROOF_LEAF_KEY'],
  ['a later key that starts at once', laterKey, { from: 51 }, 'PROOF_LEAF_KEY'],
  ['a key that vouches for itself', laterKey, { prev: k1 }, 'PROOF_LEAF_KEY'],
  ['a retirement signed by the key itself', laterKey, { event: 'retire' }, 'PROOF_LEAF_KEY'],
  ['an epoch not after what it keeps', epoch, { seq: 901 }, 'PROOF_LEAF_EPOCH'],
  ['an epoch that keeps more than there was', epoch, { prevSize: 899 }, 'PROOF_LEAF_EPOCH'],
  ['an epoch of another tenant', epoch, { tenant: 'other' }, 'PROOF_LEAF_EPOCH'],
  ['an epoch without a number', epoch, { origin: 'log.example/acme' }, 'PROOF_LEAF_EPOCH'],
  [
    'an epoch before its predecessor',
    epoch,
    { prevOrigin: 'log.example/acme/2' },
    'PROOF_LEAF_EPOCH',
  ],
  ['an epoch of another service', epoch, { prevOrigin: 'x.example/acme' }, 'PROOF_LEAF_EPOCH'],
  ['an origin with a space', epoch, { origin: 'log example/acme/2' }, 'PROOF_VALUE'],
  ['an origin not in NFC', epoch, { prevOrigin: 'log.e\u0301xample/acme' }, 'PROOF_VALUE'],
]

it.each(refusals)('refuses %s', (_what, leaf, change, code) => {
  expectCode(() => parseLeaf(written({ ...leaf, ...change })), code)
})

const misspelt: [string, (source: string) => string, ProofCode][] = [
  ['a space', (source) => source.replace(',', ', '), 'PROOF_JSON_NOT_CANONICAL'],
  ['a newline at the end', (source) => `${source}\n`, 'PROOF_JSON_NOT_CANONICAL'],
  ['members in another order', reordered, 'PROOF_JSON_NOT_CANONICAL'],
  ['a number in another form', (s) => s.replace('42', '42.0'), 'PROOF_JSON_NOT_CANONICAL'],
  ['a member twice', (s) => s.replace('{', '{"actor":1,'), 'PROOF_JSON_DUPLICATE'],
  ['an array', () => '[]', 'PROOF_MEMBERS'],
  ['over 65,535 bytes', (s) => s.padEnd(65_536), 'PROOF_LEAF_TOO_LARGE'],
  [
    'over 65,535 bytes in fewer characters',
    () => `"${'€'.repeat(22_000)}"`,
    'PROOF_LEAF_TOO_LARGE',
  ],
]

it.each(misspelt)('refuses a leaf with %s', (_what, change, code) => {
  expectCode(() => parseLeaf(change(written(record))), code)
})

// `npx vitest run tests/proofs/leaf.test.ts -u` writes the file anew.
it('keeps the vectors of leaves as published', async () => {
  const good = accepted.map(([what, leaf]) => ({ what, entry: written(leaf) }))
  const bad = [
    ...refusals.map(([what, leaf, change, code]) => {
      return { what, entry: written({ ...leaf, ...change }), code }
    }),
    ...misspelt.map(([what, change, code]) => ({ what, entry: change(written(record)), code })),
  ]
  await expect(`${JSON.stringify({ good, bad }, null, 1)}\n`).toMatchFileSnapshot(
    '../../docs/specs/vectors/leaves.json',
  )
})

function reordered(source: string) {
  const { v, ...rest } = JSON.parse(source)
  return JSON.stringify({ v, ...rest })
}

it('refuses to write a leaf above 65,535 bytes, and hashes one below', () => {
  const large = { ...record, actor: 'p'.repeat(70_000) } as unknown as Leaf
  expectCode(() => leafBytes(large), 'PROOF_LEAF_TOO_LARGE')
  expectCode(() => hashLeaf(sha256, large), 'PROOF_LEAF_TOO_LARGE')
  const leaf = record as unknown as Leaf
  expect(hashLeaf(sha256, leaf)).toEqual(leafHash(sha256, utf8(written(record))))
})

it('keeps a header of 300 links below the limit', () => {
  const long = { ...record, kind: 'X', id: urn('x', 'X'), unlinks: [], links: manyLinks(300) }
  expect(leafBytes(parseLeaf(written(long))).length).toBeLessThan(65_535)
})

it.each([
  ['a first version', { ...record, version: 1, unlinks: [] }],
  ['a retirement', retire],
  ['a retirement to an alias', { ...retire, links: [link('ALIAS_OF', a)] }],
])('refuses to hash %s whose out-set is more than its links', (_what, leaf) => {
  const right = { ...leaf, out: b64(outRoot(sha256, leaf.links)) } as unknown as Leaf
  hashLeaf(sha256, parseLeaf(written(right as unknown as Change)))
  expectCode(() => hashLeaf(sha256, { ...right, out: digest('more') } as Leaf), 'PROOF_LEAF_OUT')
})
