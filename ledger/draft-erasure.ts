import {
  bodiesOf,
  type Carrier,
  carriersOf,
  erasedAmong,
  isFiledKind,
  ownersOf,
  subjectOf,
} from '../lineage/erasures.ts'
import { readActors } from '../lineage/tenants.ts'
import type { Json } from '../proofs/json.ts'
import { parseLeaf, type RecordHeader } from '../proofs/leaf.ts'
import { MAX_TARGETS } from '../proofs/leaf-rules.ts'
import type { Batch, Changes } from './batch.ts'
import type { Assertion, Because, Draft, Outcome } from './draft.ts'
import type { Entity } from './entity.ts'
import { fileOf } from './filed.ts'
import {
  actorUnknown,
  entityUnknown,
  eraseNoJournal,
  eraseRecordInvalid,
  eraseRefused,
  eraseTooLarge,
} from './problems.ts'
import { EMPTY_BODY, eraseVersion, type Version, type Writing } from './versions.ts'

/** What erasing needs of the draft that it is a part of. */
export interface Drafting {
  batch: Batch
  changes: Changes
  find(id: string): Entity | undefined
  writing(): Writing
  take(versions: readonly Version[]): Outcome
  assert(assertion: Assertion): Outcome
}

type Erasing = Pick<Draft, 'erase' | 'eraseActor' | 'erasedAmong'>

/** The part of a draft that erases (docs/specs/record.md, "Leaves"; docs/runbooks/erasure.md). */
export function openErasing(drafting: Drafting): Erasing {
  const { batch, changes, find } = drafting
  return {
    async erase(asked, because) {
      if (!batch.erases) throw eraseNoJournal()
      const entity = find(asked.id)
      if (!entity) throw entityUnknown(asked.id)
      if (entity.kind === 'Tenant' || entity.kind === 'Grant') throw eraseRefused(entity.kind)
      const carriers = await carriersNow(drafting, asked.id)
      const bodies = await bodiesAsked(drafting, asked, carriers)
      const targets = carriers.filter(({ body }) => bodies.has(body))
      if (targets.length === 0) {
        const { id, seq, version } = entity
        return [{ id, seq, version, changed: false }]
      }
      const last = carriers.at(-1)!
      const kept = last.seq === entity.seq && !bodies.has(last.body) ? last : null
      const { rows, outcome } = appendErasures(drafting, entity, { targets, kept, because })
      changes.erased.push({
        because,
        entity: entity.id,
        rows,
        bodies: [...bodies],
        files: await filesOf(batch, entity),
      })
      const by = [...new Set(rows.map((row) => row.by))]
      const told = { entity: entity.id, records: targets.length, by }
      return [outcome, await tellErasure(drafting, because, told)]
    },
    async eraseActor(asked, because) {
      if (!batch.erases) throw eraseNoJournal()
      const pair = await actorAsked(batch, asked)
      const gone = [...batch.actors, ...changes.actors]
      if (!pair || gone.some(({ actor }) => actor === pair.actor)) throw actorUnknown()
      changes.actors.push({ because, ...pair })
      return [await tellErasure(drafting, because, { actor: pair.actor })]
    },
    async erasedAmong(seqs) {
      const fresh = [...batch.erased, ...changes.erased].flatMap(({ rows }) => rows)
      const wanted = new Set(seqs)
      return [
        ...(await erasedAmong(batch.ask, seqs)),
        ...fresh.filter(({ seq }) => wanted.has(seq)),
      ]
    },
  }
}

/** The records that carry or carried a body, those of this very transaction included, in order. */
async function carriersNow({ batch, changes, find }: Drafting, id: string): Promise<Carrier[]> {
  const stored = find(id)!.first < batch.base ? await carriersOf(batch.ask, id) : []
  const gone = new Set([...batch.erased, ...changes.erased].flatMap(rowsOf))
  const fresh = [...batch.records, ...changes.records].flatMap((row) => {
    if (row.id !== id || row.secret === undefined) return []
    const { body } = parseLeaf(row.header) as RecordHeader
    return [{ seq: row.seq, body, secret: row.secret, left: true }]
  })
  // A body of no fields is nothing to erase, and looks like every other of its kind.
  return [...stored, ...fresh]
    .filter(({ body }) => body !== EMPTY_BODY)
    .map((carrier) => (gone.has(carrier.seq) ? { ...carrier, left: false } : carrier))
}

const rowsOf = ({ rows }: Changes['erased'][number]) => rows.map(({ seq }) => seq)

/** The roots of the bodies that are to go: all, or those of the records named. */
async function bodiesAsked(
  { batch, changes }: Drafting,
  { id, records, bodies }: Parameters<Draft['erase']>[0],
  carriers: readonly Carrier[],
): Promise<Set<string>> {
  const left = carriers.filter((carrier) => carrier.left)
  if (bodies) {
    const wanted = new Set(bodies)
    return new Set(left.map(({ body }) => body).filter((body) => wanted.has(body)))
  }
  if (!records) return new Set(left.map(({ body }) => body))
  const fresh = [...batch.records, ...changes.records].filter((row) => row.id === id)
  const own = new Set(fresh.map(({ seq }) => seq))
  for (const row of await ownersOf(batch.ask, records)) if (row.id === id) own.add(row.seq)
  const strange = records.find((seq) => !own.has(seq))
  if (strange !== undefined || records.length === 0) throw eraseRecordInvalid(id, strange)
  const wanted = new Set(records)
  return new Set(left.filter(({ seq }) => wanted.has(seq)).map(({ body }) => body))
}

function appendErasures(
  { writing, take }: Drafting,
  entity: Entity,
  of: { targets: readonly Carrier[]; kept: Carrier | null; because: Because },
) {
  const rows: { seq: number; by: number }[] = []
  let before = entity
  let outcome: Outcome | undefined
  for (const targets of portions(entity.id, of.targets)) {
    const version = eraseVersion(before, { targets, kept: of.kept }, writing())
    version.row.erasure = of.because.id
    outcome = take([version])
    before = version.entity
    rows.push(...targets.map((seq) => ({ seq, by: version.entity.seq })))
  }
  return { rows, outcome: outcome! }
}

/**
 * Lays targets out for several records, whose number of targets is bounded: all that carry one body
 * together, and the last first, so that the body in force goes with the first of them and none repeats
 * what the next one erases.
 */
function portions(id: string, targets: readonly Carrier[]): number[][] {
  const byBody = [...Map.groupBy(targets, ({ body }) => body).values()]
  const groups = byBody.sort((a, b) => b.at(-1)!.seq - a.at(-1)!.seq)
  const all: number[][] = []
  for (const group of groups) {
    if (group.length > MAX_TARGETS) throw eraseTooLarge(id, group.length, MAX_TARGETS)
    const seqs = group.map(({ seq }) => seq)
    const last = all.at(-1)
    if (last && last.length + seqs.length <= MAX_TARGETS) last.push(...seqs)
    else all.push(seqs)
  }
  return all.map((seqs) => seqs.sort((a, b) => a - b))
}

/** Records on what ground, right after the records that erase: its link holds the leaf of the last. */
async function tellErasure(
  { batch, assert }: Drafting,
  { id, ground, reason }: Because,
  told: { entity: string; records: number; by: readonly number[] } | { actor: string },
): Promise<Outcome> {
  await batch.load([id])
  const fields: Record<string, Json> = {
    ground,
    reason,
    status: 'pending',
    pendingUntil: batch.pendingUntil,
    ...('actor' in told ? told : { ...told, by: [...told.by] }),
  }
  const link = 'entity' in told ? [{ rel: 'BASED_ON' as const, id: told.entity }] : []
  const name = id.slice(id.lastIndexOf(':') + 1)
  return assert({ kind: 'Erasure', id, namespace: 'erasure', name, fields, link })
}

/**
 * A bundle is a file of its export, and an attachment stands for one: who erases them erases the file.
 * One that was retired before says so in what it said last.
 */
async function filesOf({ ask, tenant }: Batch, { id, kind, fields }: Entity): Promise<string[]> {
  if (!isFiledKind(kind)) return []
  const bodies = (await bodiesOf(ask, id)).map((text) => JSON.parse(text) as Entity['fields'])
  return [...new Set([fields, ...bodies].flatMap((said) => fileOf(kind, tenant, said) ?? []))]
}

async function actorAsked(batch: Batch, asked: { subject: string } | { actor: string }) {
  const subject = 'subject' in asked ? asked.subject : await subjectOf(batch.ask, asked.actor)
  if (subject === undefined) return undefined
  const actor = (await readActors(batch.ask, [subject])).get(subject)
  return actor === undefined ? undefined : { subject, actor }
}
