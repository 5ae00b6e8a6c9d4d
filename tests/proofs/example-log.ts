import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { sha256 } from '../../core/sha256.ts'
import { b64, unb64 } from '../../proofs/base64.ts'
import { bodyRoot, type Field, sealFields } from '../../proofs/body.ts'
import { formatCheckpoint } from '../../proofs/checkpoint.ts'
import { nameUrn } from '../../proofs/ids.ts'
import type { Json } from '../../proofs/json.ts'
import { keyLeafMessage, kidOf } from '../../proofs/keyleaf.ts'
import {
  hashLeaf,
  type KeyLeaf,
  type Leaf,
  leafBytes,
  type RecordHeader,
} from '../../proofs/leaf.ts'
import { rootOf } from '../../proofs/merkle.ts'
import { formatNote, formatVkey, noteSignature } from '../../proofs/note.ts'
import { compareLinks, type Link, outRoot } from '../../proofs/outset.ts'
import { text, utf8 } from '../../proofs/utf8.ts'

export const TENANT = 'acme'
export const ORIGIN = `log.example/${TENANT}`

/** Everything that is random in a real log comes from a hash of its name, so that the example never changes. */
const seed = (what: string) => sha256(utf8(`example ${what}`))
export const namingKey = seed('naming key')
const actor = `p_${b64(seed('actor').slice(0, 16))}`

/** What one leaf of the example is made from: a reader can work out `header` and `leaf` from the rest. */
export interface ExampleLeaf {
  entry: string
  leaf: string
  secret?: string
  fields?: Field[]
  out?: Link[]
}

/** An Ed25519 key from 32 bytes, by way of the fixed start of its PKCS #8 form. */
function keyFrom(bytes: Uint8Array) {
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex')
  const der = Buffer.concat([prefix, bytes])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  return { privateKey, x: createPublicKey(privateKey).export({ format: 'jwk' }).x! }
}
const ed25519 = (key: KeyObject, message: Uint8Array) => new Uint8Array(sign(null, message, key))
const checkpointKey = keyFrom(seed('checkpoint key'))
const manifestKey = keyFrom(seed('manifest key'))

interface Entity {
  id: string
  version: number
  leaf: string
  body: string
  out: Link[]
}

class ExampleLog {
  readonly leaves: ExampleLeaf[] = []
  readonly #entities = new Map<string, Entity>()

  addKey(use: KeyLeaf['use'], { privateKey, x }: ReturnType<typeof keyFrom>) {
    const unsigned: Omit<KeyLeaf, 'sigs'> = {
      ...{ v: 'selvedge/key/1', tenant: TENANT, ...this.#place(), event: 'add', use },
      ...{ kid: kidOf(sha256, unb64(x)), x, from: 0, prev: null },
    }
    const signature = b64(ed25519(privateKey, keyLeafMessage(unsigned)))
    this.#append({ ...unsigned, sigs: [null, signature] })
  }

  assert(
    kind: string,
    fields: { namespace: string; name: string } & Record<string, Json>,
    change: Edges = {},
  ) {
    const id = nameUrn(sha256, namingKey, kind, fields.namespace, fields.name)
    const secret = seed(`secret ${this.leaves.length}`)
    const sealed = sealFields(sha256, secret, fields)
    const body = b64(bodyRoot(sha256, sealed))
    const links = (change.links ?? []).map(([rel, to]) => this.#link(rel, to ?? id, id))
    const unlinks = (change.unlinks ?? []).map(([rel, to]) => ({ rel, id: to ?? id }))
    this.#record(
      { kind, id, action: 'assert', links, unlinks, body },
      { secret: b64(secret), fields: sealed },
    )
    return id
  }

  retire(kind: string, id: string) {
    this.#record({ kind, id, action: 'retire', links: [], unlinks: [], body: b64(sha256()) })
  }

  erase(kind: string, id: string, targets: number[]) {
    const body = b64(sha256())
    this.#record({ kind, id, action: 'erase', links: [], unlinks: [], body, targets })
  }

  #record(
    part: Pick<RecordHeader, 'kind' | 'id' | 'action' | 'links' | 'unlinks' | 'body' | 'targets'>,
    shown: Pick<ExampleLeaf, 'secret' | 'fields'> = {},
  ) {
    const before = this.#entities.get(part.id)
    const gone = new Set(part.unlinks.map(({ rel, id }) => `${rel} ${id}`))
    const kept = part.action === 'retire' ? [] : (before?.out ?? [])
    const out = [...kept.filter(({ rel, id }) => !gone.has(`${rel} ${id}`)), ...part.links].sort(
      compareLinks,
    )
    const version = (before?.version ?? 0) + 1
    const header: RecordHeader = {
      ...{ v: 'selvedge/record/1', tenant: TENANT, ...this.#place(), version, actor },
      ...{ ...part, out: b64(outRoot(sha256, out)) },
    }
    const { leaf } = this.#append(header, { ...shown, out })
    this.#entities.set(part.id, { id: part.id, version, leaf, body: part.body, out })
  }

  #link(rel: string, to: string, from: string): Link {
    return { rel, id: to, leaf: to === from ? null : this.#entities.get(to)!.leaf }
  }

  #place() {
    const seq = this.leaves.length
    return { seq, at: new Date(Date.UTC(2026, 2, 31, 9, 15, seq, 113)).toISOString() }
  }

  #append(leaf: Leaf, shown: Omit<ExampleLeaf, 'entry' | 'leaf'> = {}) {
    const defined = Object.fromEntries(
      Object.entries(leaf).filter(([, value]) => value !== undefined),
    )
    const whole = defined as unknown as Leaf
    const entry = { entry: text(leafBytes(whole)), leaf: b64(hashLeaf(sha256, whole)), ...shown }
    this.leaves.push(entry)
    return entry
  }
}

/** Pairs of relation and neighbour; without a neighbour, the entity itself. */
interface Edges {
  links?: [string, string?][]
  unlinks?: [string, string?][]
}

/** Builds the log that docs/specs show: ten leaves in which every kind of change occurs once. */
export function exampleLog() {
  const log = new ExampleLog()
  log.addKey('checkpoint', checkpointKey)
  log.addKey('manifest', manifestKey)
  log.assert('Tenant', { namespace: 'tenant', name: TENANT })
  const raw = log.assert('Dataset', { namespace: 's3://landing', name: 'orders.csv' })
  const job = log.assert(
    'Job',
    { namespace: 'nightly', name: 'clean-orders' },
    { links: [['USED', raw]] },
  )
  const table = { namespace: 'postgres://shop', name: 'public.orders' }
  const schema = { 'facet:dataset:schema': { fields: [{ name: 'id', type: 'BIGINT' }] } }
  const orders = log.assert(
    'Dataset',
    { ...table, ...schema },
    { links: [['WAS_GENERATED_BY', job]] },
  )
  log.assert(
    'Dataset',
    { ...table, ...schema, description: 'One row an order; prices in cents.' },
    {
      links: [
        ['WAS_DERIVED_FROM', undefined],
        ['WAS_DERIVED_FROM', raw],
      ].sort((a, b) => ((a[1] ?? orders)! < (b[1] ?? orders)! ? -1 : 1)) as [string, string?][],
      unlinks: [['WAS_GENERATED_BY', job]],
    },
  )
  log.retire('Dataset', raw)
  log.erase('Dataset', orders, [5, 6])
  log.assert('Dataset', { ...table, description: 'Rebuilt.' })
  return log.leaves
}

/** Signs the checkpoint of the first `size` leaves with the example's key. */
export function exampleCheckpoint(leaves: readonly ExampleLeaf[], size: number) {
  const publicKey = unb64(checkpointKey.x)
  const root = rootOf(
    sha256,
    leaves.slice(0, size).map(({ leaf }) => unb64(leaf)),
  )
  const body = formatCheckpoint({ origin: ORIGIN, size, root })
  const signature = ed25519(checkpointKey.privateKey, utf8(body))
  return {
    vkey: formatVkey(sha256, { name: ORIGIN, publicKey }),
    note: formatNote(body, [noteSignature(sha256, ORIGIN, publicKey, signature)]),
  }
}
