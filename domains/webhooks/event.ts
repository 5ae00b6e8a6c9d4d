import { sha256 } from '../../core/sha256.ts'
import { originOf } from '../../ledger/origin.ts'
import { type Kind, kindInUrn } from '../../lineage/kinds.ts'
import { formatPosition } from '../../lineage/position.ts'
import { b64 } from '../../proofs/base64.ts'
import { hashLeaf, type RecordHeader } from '../../proofs/leaf.ts'
import { utf8 } from '../../proofs/utf8.ts'

/** A record of a log as a CloudEvent 1.0. It says which record it is, and nothing of what that says. */
export interface RecordEvent {
  specversion: '1.0'
  /** The log's origin and the place of the record: the same however often it is sent. */
  id: string
  source: string
  type: string
  subject: string
  time: string
  datacontenttype: 'application/json'
  data: {
    tenant: string
    /** The position from which on the record is seen. */
    position: string
    seq: number
    kind: Kind
    id: string
    version: number
    action: 'assert' | 'retire' | 'erase'
    /** The hash of the record in the log, base64url: what an inclusion proof shows. */
    leaf: string
  }
}

/** A log, as far as its events name it. */
export interface ToldLog {
  service: string
  tenant: string
  epoch: number
  /** How many leaves of each earlier epoch it still has, by epoch. */
  kept: readonly number[]
}

const PREFIX = 'dev.selvedge.record'
const VERB = { assert: 'asserted', retire: 'retired', erase: 'erased' } as const

/** The epoch in which a leaf was written: the first that still has it. */
export function epochOf({ epoch, kept }: Pick<ToldLog, 'epoch' | 'kept'>, seq: number) {
  const found = kept.findIndex((size) => seq < size)
  return found === -1 ? epoch : found
}

/** Tells of a record. */
export function eventOf(log: ToldLog, header: RecordHeader): RecordEvent {
  const { service, tenant } = log
  const { seq, id, version, action, at } = header
  const kind = header.kind as Kind
  const leaf = b64(hashLeaf(sha256, header))
  const epoch = epochOf(log, seq)
  const origin = originOf(service, tenant, epoch)
  return {
    specversion: '1.0',
    id: `${origin}#${seq}`,
    source: `urn:selvedge:log:${origin}`,
    type: `${PREFIX}.${kindInUrn(kind)}.${VERB[action]}`,
    subject: id,
    time: at,
    datacontenttype: 'application/json',
    data: {
      ...{ tenant, position: formatPosition({ epoch, seq: seq + 1 }) },
      ...{ seq, kind, id, version, action, leaf },
    },
  }
}

/** The id of a message by Standard Webhooks, which has no full stop: that of its event, hashed. */
export const messageId = (event: Pick<RecordEvent, 'id'>) =>
  `evt_${b64(sha256(utf8(event.id))).slice(0, 32)}`
