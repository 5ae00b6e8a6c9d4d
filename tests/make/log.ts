import { sha256 } from '../../core/sha256.ts'
import { b64 } from '../../proofs/base64.ts'
import { bodyRoot, sealFields } from '../../proofs/body.ts'
import { emptyHash } from '../../proofs/hash.ts'
import { nameUrn } from '../../proofs/ids.ts'
import type { Json } from '../../proofs/json.ts'
import { keyLeafMessage } from '../../proofs/keyleaf.ts'
import {
  hashLeaf,
  type KeyLeaf,
  type Leaf,
  type RecordHeader,
  type StateLeaf,
} from '../../proofs/leaf.ts'
import { compareLinks, type Link, outRoot } from '../../proofs/outset.ts'
import type { ShownRecord } from '../../proofs/records.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { makeKey, type TestKey } from './keys.ts'
import { rootOfStates, statesOf } from './state.ts'

const NAMING_KEY = sha256(utf8('test naming key'))
const ACTOR = `p_${b64(sha256(utf8('test actor')).subarray(0, 16))}`
const EMPTY = b64(emptyHash(sha256))
const START = Date.parse('2026-03-31T09:15:02.113Z')

/** A log kept in memory by the rules of docs/specs/record.md: what a service would have written. */
export interface TestLog {
  tenant: string
  origin: string
  keys: { checkpoint: TestKey; manifest: TestKey }
  leaves: Leaf[]
  idOf(kind: string, name: string): string
  /** States the whole resulting body and the whole resulting neighbourhood; neighbours must be there already. */
  assert(kind: string, name: string, body: Record<string, Json>, links?: TestLink[]): RecordHeader
  /** Retires an entity, where told so as another name of one that is there. */
  retire(id: string, aliasOf?: string): RecordHeader
  /** Appends a key record after the first two, by the genuine keys unless told otherwise. */
  keyRecord(event: KeyLeaf['event'], record: TestKeyRecord): KeyLeaf
  /** Appends the state record that is due. */
  state(): StateLeaf
  /** Erases what the records at these places say, or all that the entity ever said; it must have said something. */
  erase(id: string, seqs?: readonly number[]): RecordHeader
  /** The records that erased the bodies of those shown. */
  erasures(shown: readonly ShownRecord[]): RecordHeader[]
  /** The entity's latest record below `asOf`, with everything shown. */
  shown(id: string, asOf?: number): ShownRecord | undefined
  ids(): string[]
}

/** What a key record says; `from` is two leaves behind it unless told otherwise. */
export interface TestKeyRecord {
  use: KeyLeaf['use']
  key: TestKey
  prev: TestKey
  from?: number
}

export type TestLink = readonly [rel: string, id: string]

export function makeLog(tenant = 'acme', service = 'selvedge.test'): TestLog {
  const keys = { checkpoint: makeKey('checkpoint'), manifest: makeKey('manifest') }
  const leaves: Leaf[] = []
  const history = new Map<string, ShownRecord[]>()
  /** By the place of a record: the one that erased its body. */
  const erased = new Map<number, RecordHeader>()
  const at = () => new Date(START + leaves.length * 1000).toISOString()
  const latest = (id: string) => history.get(id)?.at(-1)

  const append = (record: ShownRecord) => {
    leaves.push(record.header)
    const versions = history.get(record.header.id)
    if (versions) versions.push(record)
    else history.set(record.header.id, [record])
    return record.header
  }

  const head = (kind: string, id: string, action: RecordHeader['action']) =>
    ({
      v: 'selvedge/record/1',
      tenant,
      seq: leaves.length,
      kind,
      id,
      version: (latest(id)?.header.version ?? 0) + 1,
      action,
      at: at(),
      actor: ACTOR,
    }) as const

  const addKey = (use: KeyLeaf['use']) => {
    const { kid, x, sign } = keys[use]
    const unsigned = { v: 'selvedge/key/1', tenant, seq: leaves.length, at: at() } as const
    const leaf = { ...unsigned, event: 'add', use, kid, x, from: 0, prev: null } as const
    leaves.push({ ...leaf, sigs: [null, b64(sign(keyLeafMessage(leaf)))] })
  }

  const log: TestLog = {
    tenant,
    origin: `${service}/${tenant}`,
    keys,
    leaves,
    idOf: (kind, name) => nameUrn(sha256, NAMING_KEY, kind, 'test', name),
    ids: () => [...history.keys()],
    shown: (id, asOf = leaves.length) =>
      history.get(id)?.findLast(({ header }) => header.seq < asOf),

    assert(kind, name, body, links = []) {
      const id = log.idOf(kind, name)
      const before = latest(id)?.out ?? []
      const same = (a: TestLink, { rel, id }: Link) => a[0] === rel && a[1] === id
      const kept = before.filter((link) => links.some((asked) => same(asked, link)))
      const dropped = before.filter((link) => !kept.includes(link))
      const added = links
        .filter((asked) => !kept.some((link) => same(asked, link)))
        .map(([rel, to]) => ({ rel, id: to, leaf: to === id ? null : leafOf(to) }))
        .sort(compareLinks)
      const out = [...kept, ...added].sort(compareLinks)
      const secret = sha256(utf8(`test secret ${leaves.length}`))
      const fields = sealFields(sha256, secret, { namespace: 'test', name, ...body })
      const header: RecordHeader = {
        ...head(kind, id, 'assert'),
        links: added,
        unlinks: dropped.map(({ rel, id }) => ({ rel, id })),
        out: b64(outRoot(sha256, out)),
        body: b64(bodyRoot(sha256, fields)),
      }
      return append({ header, out, fields })
    },

    keyRecord(event, { use, key: { kid, x, sign }, prev, from = leaves.length + 2 }) {
      const head = { v: 'selvedge/key/1', tenant, seq: leaves.length, at: at() } as const
      const unsigned = { ...head, event, use, kid, x, from, prev: prev.kid } as const
      const message = keyLeafMessage(unsigned)
      const itself = event === 'add' ? b64(sign(message)) : null
      const leaf: KeyLeaf = { ...unsigned, sigs: [b64(prev.sign(message)), itself] }
      leaves.push(leaf)
      return leaf
    },

    state() {
      const seq = leaves.length
      const root = rootOfStates(statesOf(leaves))
      const leaf: StateLeaf = { v: 'selvedge/state/1', tenant, seq, at: at(), size: seq, root }
      leaves.push(leaf)
      return leaf
    },

    retire(id, aliasOf) {
      const out = aliasOf ? [{ rel: 'ALIAS_OF', id: aliasOf, leaf: leafOf(aliasOf) }] : []
      const header: RecordHeader = {
        ...head(latest(id)!.header.kind, id, 'retire'),
        links: out,
        unlinks: [],
        out: b64(outRoot(sha256, out)),
        body: b64(emptyHash(sha256)),
      }
      return append({ header, out, fields: [] })
    },

    erase(id, seqs) {
      const versions = history.get(id)!
      const carriers = versions.filter(({ header, fields }) => fields && header.body !== EMPTY)
      const named = carriers.filter(({ header }) => seqs?.includes(header.seq) ?? true)
      const bodies = new Set(named.map(({ header }) => header.body))
      const targets = carriers.filter(({ header }) => bodies.has(header.body))
      const { header: before, out, fields } = latest(id)!
      const kept = !bodies.has(before.body) && before.body !== EMPTY
      const header: RecordHeader = {
        ...head(before.kind, id, 'erase'),
        links: [],
        unlinks: [],
        out: before.out,
        body: kept ? before.body : EMPTY,
        targets: targets.map((one) => one.header.seq),
      }
      for (const one of targets) {
        versions[versions.indexOf(one)] = { ...one, fields: null }
        erased.set(one.header.seq, header)
      }
      return append({ header, out, fields: kept ? fields : [] })
    },

    erasures(shown) {
      const hidden = shown.filter(({ fields }) => fields === null)
      const by = hidden.flatMap(({ header }) => erased.get(header.seq) ?? [])
      return [...new Set(by)].sort((a, b) => a.seq - b.seq)
    },
  }

  const leafOf = (id: string) => b64(hashLeaf(sha256, latest(id)!.header))

  addKey('checkpoint')
  addKey('manifest')
  log.assert('Tenant', tenant, {})
  return log
}

/** A leaf that no record has. */
export const strayLeaf = (what: string) => b64(sha256(utf8(`stray ${what}`)))
