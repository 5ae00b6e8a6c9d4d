import { randomBytes } from 'node:crypto'
import { sha256 } from '../core/sha256.ts'
import { webhooksStanding } from '../lineage/deliveries.ts'
import {
  type EdgeRow,
  incomingEdges,
  type RecordRow,
  runTimes,
  storedEntities,
} from '../lineage/entity-store.ts'
import type { Ask } from '../lineage/graph.ts'
import { type Kind, kindInUrn, type Relation } from '../lineage/kinds.ts'
import { type DatedStep, type MergeRow, type MergeStep, ownersOf } from '../lineage/merges.ts'
import { nameUrn } from '../proofs/ids.ts'
import type { Because } from './draft.ts'
import { type Entity, entityFrom } from './entity.ts'

/** A step in the life of an edge; steps are folded to rows when the transaction is written. */
export type EdgeStep = { step: 'open' | 'close' | 'date' } & Omit<EdgeRow, 'until'>

/** Bodies to be deleted with the transaction, and what the journal must know to do it again. */
export interface ErasedEntity {
  because: Because
  entity: string
  /** The records that lose their bodies, and the erase record that names each. */
  rows: readonly { seq: number; by: number }[]
  /** The roots of the bodies, by which they are known again in a restored database. */
  bodies: readonly string[]
  /** Files that only the erased bodies led to, by their hashes. */
  files: readonly string[]
}

/** A subject whose pseudonym nobody shall be able to resolve any more. */
export interface ErasedActor {
  because: Because
  subject: string
  actor: string
}

/** What a transaction has read and what it is going to write. */
export interface Changes {
  readonly entities: Map<string, Entity>
  readonly records: RecordRow[]
  readonly edges: EdgeStep[]
  readonly erased: ErasedEntity[]
  readonly actors: ErasedActor[]
  readonly merges: MergeStep[]
}

export const noChanges = (): Changes => ({
  entities: new Map(),
  records: [],
  edges: [],
  erased: [],
  actors: [],
  merges: [],
})

/** One transaction's view of a tenant: the stored state, read once, under the changes made so far. */
export interface Batch extends Changes {
  readonly merges: DatedStep[]
  readonly tenant: string
  readonly at: string
  /** The size of the log when it was locked. */
  readonly base: number
  /** How much text the records hold so far. */
  text: number
  /** Whether erasures can be journalled here: without that, none is made. */
  readonly erases: boolean
  /** Until when an erasure of now is pending: backups and transaction logs may still hold what it erased. */
  readonly pendingUntil: string
  readonly ask: Ask
  urn(kind: Kind, namespace: string, name: string): string
  load(ids: Iterable<string>): Promise<void>
  /** Whether an entity that is not there is known not to be. */
  isLoaded(id: string): boolean
  /** As stored, or as changed by an earlier command of this transaction. */
  get(id: string): Entity | undefined
  /** As it was before this transaction. */
  stored(id: string): Entity | undefined
  storedIncoming(id: string): Promise<{ rel: Relation; id: string; time: string | null }[]>
  /** Merges that were under way when the log was locked, by their alias. */
  readonly merging: ReadonlyMap<string, MergeRow>
  storedOwners(
    id: string,
    asked: { except: readonly string[]; first: number },
  ): Promise<{ id: string; text: number }[]>
  storedRunTimes: (asked: Parameters<typeof runTimes>[1]) => ReturnType<typeof runTimes>
  /** How many webhooks stood before, some left out. */
  storedWebhooks(except: readonly string[]): Promise<number>
  /** 32 bytes, new for every record. */
  secret(): Uint8Array
}

export function openBatch(
  ask: Ask,
  head: {
    tenant: string
    at: string
    size: number
    namingKey: Uint8Array
    /** For how long an erasure is pending; none is made without it. */
    pendingMs?: number
    /** Merges under way. */
    merging?: readonly MergeRow[]
  },
): Batch {
  const stored = new Map<string, Entity>()
  const loaded = new Set<string>()
  let loading: Promise<void> = Promise.resolve()
  const urns = new Map<string, string>()
  const changes = noChanges()
  const merging = new Map((head.merging ?? []).map((row) => [row.alias, row]))

  const loadMissing = async (ids: readonly string[]) => {
    let wanted = [...new Set(ids)].filter((id) => !loaded.has(id))
    while (wanted.length > 0) {
      const found = (await storedEntities(ask, wanted)).map(entityFrom)
      for (const entity of found) stored.set(entity.id, entity)
      for (const id of wanted) loaded.add(id)
      wanted = found
        .flatMap(({ id, aliasOf }) => aliasOf ?? merging.get(id)?.canonical ?? [])
        .filter((id) => !loaded.has(id))
    }
  }

  const get = (id: string) => changes.entities.get(id) ?? stored.get(id)

  return {
    ...changes,
    merges: [],
    tenant: head.tenant,
    at: head.at,
    base: head.size,
    text: 0,
    erases: head.pendingMs !== undefined,
    pendingUntil: new Date(Date.parse(head.at) + (head.pendingMs ?? 0)).toISOString(),
    ask,
    // One after another: what a second caller asks for may be on its way for the first.
    load: (ids) => {
      loading = loading.then(() => loadMissing([...ids]))
      return loading
    },
    isLoaded: (id) => loaded.has(id),
    get,
    stored: (id) => stored.get(id),
    urn(kind, namespace, name) {
      const key = JSON.stringify([kind, namespace, name])
      let urn = urns.get(key)
      if (!urn) {
        urn = nameUrn(sha256, head.namingKey, kindInUrn(kind), namespace, name)
        urns.set(key, urn)
      }
      return urn
    },
    storedIncoming: async (id) => {
      const entity = get(id)
      return entity && entity.first >= head.size ? [] : incomingEdges(ask, id)
    },
    merging,
    storedOwners: async (id, asked) => {
      const entity = get(id)
      return entity && entity.first >= head.size ? [] : ownersOf(ask, { id, ...asked })
    },
    storedRunTimes: (wanted) => runTimes(ask, wanted),
    storedWebhooks: (except) => webhooksStanding(ask, except),
    secret: () => new Uint8Array(randomBytes(32)),
  }
}

/** In-edges in force: the stored ones, less those dropped and with those added in this transaction. */
export async function incomingNow(
  { storedIncoming }: Pick<Batch, 'storedIncoming'>,
  changed: readonly Entity[],
  id: string,
) {
  const owners = new Set(changed.map((owner) => owner.id))
  const kept = (await storedIncoming(id)).filter((edge) => !owners.has(edge.id))
  const held = changed.flatMap((owner) =>
    [...owner.links.values()]
      .filter((link) => link.id === id)
      .map(({ rel, time }) => ({ rel, id: owner.id, time })),
  )
  return [...kept, ...held]
}
