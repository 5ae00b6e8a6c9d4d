import { type Ask, query } from './graph.ts'
import { inOrderOfIds, newestRecordFirst } from './index-order.ts'
import { type Kind, kindInUrn } from './kinds.ts'

/** A record, and the root of the body that it carries or carried. */
export interface Carrier {
  seq: number
  body: string
  secret: string | null
  /**
   * Whether the body is there, or is gone without a record that erased it: a restore may cut off the
   * one that did.
   */
  left: boolean
}

/**
 * `"body":"` stands once in a header: it is JCS, and no other text in it has a quotation mark.
 * Whole headers of an entity with thousands of versions would be many megabytes.
 */
const CARRIERS = query<Carrier>(`
  // bodies of an entity
  MATCH (record:Record {tenant: $tenant, id: $id}) WHERE record.seq >= 0
  RETURN record.seq AS seq, substring(split(record.header, '"body":"')[1], 0, 43) AS body,
    record.secret AS secret, record.fields IS NOT NULL OR record.erased IS NULL AS left
  ORDER BY seq`)

const OWNERS = query<{ seq: number; id: string | null }>(`
  // owners of records
  UNWIND $seqs AS seq
  MATCH (record:Record {tenant: $tenant, seq: seq})
  RETURN seq, record.id AS id`)

const ERASE_BODIES = query(`
  // erase bodies
  UNWIND $rows AS row
  MATCH (record:Record {tenant: $tenant, seq: row.seq})
  SET record.erased = row.by REMOVE record.fields, record.secret`)

const ERASED_AMONG = query<{ seq: number; by: number }>(`
  // records whose bodies are erased
  UNWIND $seqs AS seq
  MATCH (record:Record {tenant: $tenant, seq: seq}) WHERE record.erased IS NOT NULL
  RETURN seq, record.erased AS by ORDER BY by`)

const ERASE_HEADERS = query<{ seq: number; header: string }>(`
  // headers of erase records
  UNWIND $seqs AS seq
  MATCH (record:Record {tenant: $tenant, seq: seq}) WHERE record.action = 'erase'
  RETURN record.seq AS seq, record.header AS header ORDER BY seq`)

const HEADERS_OF_ERASURE = query<{ header: string }>(`
  // headers of an erasure
  MATCH (record:Record {tenant: $tenant, id: $id}) WHERE record.seq >= 0 AND record.erasure = $erasure
  RETURN record.header AS header`)

const ERASURES_OF = query<ErasedBy>(`
  // erasures of records
  UNWIND $seqs AS seq
  MATCH (record:Record {tenant: $tenant, seq: seq}) WHERE record.erased IS NOT NULL
  MATCH (by:Record {tenant: $tenant, seq: record.erased})
  OPTIONAL MATCH (erasure:Entity {tenant: $tenant, id: by.erasure})
  OPTIONAL MATCH (told:Record {tenant: $tenant, seq: erasure.seq})
  RETURN seq, by.seq AS by, by.at AS at, by.erasure AS erasure, told.fields AS fields`)

const KNOWN = query<{ id: string }>(`
  // entities that are there
  UNWIND $ids AS id
  MATCH (e:Entity {tenant: $tenant, id: id})
  RETURN e.id AS id`)

const SUBJECT_OF = query<{ subject: string }>(`
  // subject of an actor
  MATCH (a:Actor {tenant: $tenant}) WHERE a.subject >= '' AND a.actor = $actor
  RETURN a.subject AS subject`)

const FORGET_ACTOR = query(`
  // forget an actor
  MATCH (a:Actor {tenant: $tenant, subject: $subject})
  DETACH DELETE a`)

const FORGET_COMMANDS_OF = query(`
  // forget the commands of a principal
  MATCH (c:Command {tenant: $tenant, principal: $subject}) WHERE c.key >= ''
  DETACH DELETE c`)

/** What was retired says no more; what it said last is still there, and says which file was its own. */
const FILED = query<Filed>(`
  // what leads to files, with its bodies
  MATCH (e:Entity {tenant: $tenant}) WHERE e.id > $after AND e.id STARTS WITH $start
  WITH e ${inOrderOfIds('e')} LIMIT toInteger($first)
  MATCH (record:Record {tenant: $tenant, seq: e.seq})
  RETURN e.id AS id, e.first AS first, e.action <> 'retire' AS leads,
    CASE WHEN e.action <> 'retire' THEN record.fields ELSE head(COLLECT {
      MATCH (last:Record {tenant: $tenant, id: e.id})
      WHERE last.seq >= 0 AND last.fields IS NOT NULL
      RETURN last.fields ${newestRecordFirst('last')} LIMIT 1
    }) END AS fields
  ORDER BY id`)

const BODIES = query<{ fields: string }>(`
  // bodies that an entity has had
  MATCH (record:Record {tenant: $tenant, id: $id})
  WHERE record.seq >= 0 AND record.fields IS NOT NULL
  RETURN record.fields AS fields`)

/** The kinds of entity that lead to files. */
export const FILED_KINDS = ['Export', 'Attachment'] as const satisfies readonly Kind[]
export type FiledKind = (typeof FILED_KINDS)[number]

export const isFiledKind = (kind: string): kind is FiledKind =>
  (FILED_KINDS as readonly string[]).includes(kind)

/** Something that leads, or led, to a file, and what it says of itself, or said last. */
export interface Filed {
  id: string
  /** The position of its first record. */
  first: number
  /** Whether it does so still: it is not retired. */
  leads: boolean
  fields: string | null
}

/** By which erase record, on what ground, the body of a record is gone. */
export interface ErasedBy {
  seq: number
  /** The position and time of the record that erases it. */
  by: number
  at: string
  /** The entity that states the ground, and its body as JSON text. */
  erasure: string | null
  fields: string | null
}

/** Every record of an entity, in order. */
export const carriersOf = (ask: Ask, id: string) => ask(CARRIERS, { id })

/** To which entity each of the records belongs; `null` for a leaf that belongs to none. */
export const ownersOf = (ask: Ask, seqs: readonly number[]) => ask(OWNERS, { seqs })

/** Deletes bodies and their secrets for good, and notes by which record. */
export const eraseBodies = (ask: Ask, rows: readonly { seq: number; by: number }[]) =>
  rows.length === 0 ? Promise.resolve([]) : ask(ERASE_BODIES, { rows })

/** Those of the records whose bodies are erased, by the position of the erase record. */
export const erasedAmong = (ask: Ask, seqs: readonly number[]) =>
  seqs.length === 0 ? Promise.resolve([]) : ask(ERASED_AMONG, { seqs })

/** The headers of the erase records at these positions, in order. */
export const eraseHeaders = (ask: Ask, seqs: readonly number[]) =>
  seqs.length === 0 ? Promise.resolve([]) : ask(ERASE_HEADERS, { seqs })

/** The headers by which one erasure erased bodies of an entity. */
export const headersOfErasure = (ask: Ask, of: { id: string; erasure: string }) =>
  ask(HEADERS_OF_ERASURE, of)

/** In no particular order, and without a row for a record whose body is not erased. */
export const erasuresOf = (ask: Ask, seqs: readonly number[]) => ask(ERASURES_OF, { seqs })

/** Those of the entities that the database knows. */
export const knownEntities = async (ask: Ask, ids: readonly string[]) =>
  new Set((await ask(KNOWN, { ids })).map(({ id }) => id))

/** Whom a pseudonym stands for, or `undefined` where nobody knows (any more). */
export const subjectOf = async (ask: Ask, actor: string) =>
  (await ask(SUBJECT_OF, { actor }))[0]?.subject

/** Deletes what joins a subject to its pseudonym, and the commands kept under its name. */
export const forgetActor = (ask: Ask, subject: string) =>
  Promise.all([ask(FORGET_ACTOR, { subject }), ask(FORGET_COMMANDS_OF, { subject })])

const FILED_A_PAGE = 200

/** Everything of a kind that leads to files, in the order of ids, a page at a time. */
export async function* filedOf(ask: Ask, kind: FiledKind): AsyncGenerator<readonly Filed[]> {
  const start = `urn:selvedge:${kindInUrn(kind)}:`
  for (let after = ''; ; ) {
    const page = await ask(FILED, { start, after, first: FILED_A_PAGE })
    yield page
    if (page.length < FILED_A_PAGE) return
    after = page.at(-1)!.id
  }
}

/** All that an entity's records said of it and that is not erased, as JSON texts. */
export const bodiesOf = async (ask: Ask, id: string) =>
  (await ask(BODIES, { id })).map(({ fields }) => fields)
