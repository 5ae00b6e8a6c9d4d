import type { Kind, Relation } from '../lineage/kinds.ts'
import type { Json } from '../proofs/json.ts'
import type { Merging } from './draft-merges.ts'
import type { Entity } from './entity.ts'

/** What came of one assertion: the entity's record in force, and whether it was appended just now. */
export interface Outcome {
  id: string
  seq: number
  version: number
  changed: boolean
}

/** A thing by the name that callers know it by. */
export interface Name {
  kind: Kind
  namespace: string
  name: string
}

/** The far end of an edge: by id, which must exist, or by name, which gets a stub where it does not. */
export type Target = { id: string } | { to: Name }

export interface Assertion {
  kind: Kind
  id: string
  /** What the thing is called; needed where it does not exist yet. */
  namespace?: string
  name?: string
  /** Fields to set; `undefined` deletes one. What is not mentioned is kept; the name always is. */
  fields?: Readonly<Record<string, Json | undefined>>
  /**
   * Edges to add. `time` is that of a run event; a later one moves that of an edge in force, where
   * the assertion is recorded: it is derived from the body, which names it too.
   */
  link?: readonly ({ rel: Relation; time?: string } & Target)[]
  /** Edges to drop; one that is not in force is passed over. */
  unlink?: readonly { rel: Relation; id: string }[]
  /** Relations to state whole: what is not listed is dropped. */
  replace?: readonly { rel: Relation; targets: readonly Target[] }[]
}

/** The legal grounds on which something is erased, as the record of it says (Article 17 GDPR, paragraph 1). */
export const GROUNDS = [
  'no-longer-needed',
  'consent-withdrawn',
  'objection',
  'unlawful-processing',
  'legal-obligation',
  'child-consent',
  'other',
] as const
export type Ground = (typeof GROUNDS)[number]

/** Under what id, and why, something is erased. */
export interface Because {
  /** The id of the `Erasure` that will say so, made by the caller: the same for every attempt. */
  id: string
  ground: Ground
  /** In words. It stays readable, and so must name nobody. */
  reason: string
}

/**
 * The state of one tenant under its log's lock, and one command's changes to it.
 *
 * Nothing is written before the command ends; a command that throws leaves nothing. What is loaded
 * stays as it is for the whole transaction but for the changes of the commands in it.
 */
export interface Draft extends Merging {
  readonly tenant: string
  /** The time that every record of this transaction carries. */
  readonly at: string
  /** The id of a name, under the tenant's naming key. */
  urn(kind: Kind, namespace: string, name: string): string
  /** Brings entities with bodies and out-edges, and those that they are aliases of; idempotent. */
  load(ids: Iterable<string>): Promise<void>
  /** A loaded entity, or `undefined` where the tenant has none of that id. */
  get(id: string): Entity | undefined
  /** Follows aliases, and merges under way, to the entity that is meant. */
  resolve(id: string): string
  /** In-edges in force by owner. */
  incoming(id: string): Promise<{ rel: Relation; id: string; time: string | null }[]>
  /**
   * For each dataset that runs of the job used (or generated): the latest event time that said so, under
   * the dataset that is meant.
   */
  latestRunTimes(job: string, rel: 'USED' | 'WAS_GENERATED_BY'): Promise<Map<string, string>>
  /** How many webhooks stand, with the changes made so far. */
  webhooksStanding(): Promise<number>
  /**
   * Records what an entity is to be, merged into what it is. Everything that it names must have been
   * loaded. Aliases are resolved: subject and targets alike.
   *
   * @throws {Problem} `UNKNOWN_NEIGHBOUR`, `RELATION_INVALID`, `KIND_MISMATCH`,
   *   `LEDGER_TRANSACTION_TOO_LARGE`; `ENTITY_UNKNOWN` for an id that is of another name, or of none.
   */
  assert(assertion: Assertion): Outcome
  /** Makes sure that a name has an entity, and returns its id, the canonical one where it is an alias. */
  stub(name: Name): string
  /**
   * Drops every out-edge and the body; in-edges stay. With `aliasOf`, the name goes on as an alias.
   *
   * @throws {Problem} `ENTITY_UNKNOWN`, `RETIRE_REFUSED`, `UNKNOWN_NEIGHBOUR`, `RELATION_INVALID`,
   *   `ALIAS_CYCLE`.
   */
  retire(id: string, aliasOf?: string): Outcome
  /**
   * Erases the bodies of an entity for good: all of them, or those that the records named carry, with
   * every other record that carries one of these. Its edges stay. An `Erasure` says on what ground.
   * Nothing is recorded where nothing is left to erase.
   *
   * @param bodies The roots of the bodies to erase, in place of positions: a restored log may have others.
   * @throws {Problem} `ENTITY_UNKNOWN`, `ERASE_REFUSED`, `ERASE_RECORD_INVALID`, `ERASE_NO_JOURNAL`.
   */
  erase(
    asked: { id: string; records?: readonly number[]; bodies?: readonly string[] },
    because: Because,
  ): Promise<Outcome[]>
  /**
   * Erases which subject a pseudonym stands for, and the commands kept under that subject's name.
   *
   * @throws {Problem} `ACTOR_UNKNOWN`, `ERASE_NO_JOURNAL`.
   */
  eraseActor(asked: { subject: string } | { actor: string }, because: Because): Promise<Outcome[]>
  /** Those of the records whose bodies are erased, with the positions of the records that did it. */
  erasedAmong(seqs: readonly number[]): Promise<{ seq: number; by: number }[]>
}
