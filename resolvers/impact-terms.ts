import { changeInvalid } from '../domains/impact/problems.ts'
import { bodyIn, readPatch, requireWhole } from '../domains/kinds/read-body.ts'
import { contentOfRule } from '../domains/terms/difference.ts'
import { entitiesByIds } from '../lineage/entities.ts'
import type { Kind } from '../lineage/kinds.ts'
import type { Json } from '../proofs/json.ts'
import type { Rule } from '../proofs/terms/rule.ts'
import type { Said } from '../proofs/terms/statement.ts'
import type { Context } from './context.ts'
import { checkId } from './entity.ts'
import type { SaidAt } from './said.ts'

/** A clause as a licence would have it: one that is recorded, or one that is only thought of yet. */
export interface GivenClause {
  id?: string | null
  body?: unknown
}

/** The terms as they would be; what is left out stays as it is. */
export interface GivenTerms {
  /** What a licence would say. */
  license?: unknown
  /** All the clauses that it would have. */
  clauses?: readonly GivenClause[] | null
  /** What a clause would say. */
  clause?: unknown
  /** All the licences that a source would be under. */
  licensedUnder?: readonly string[] | null
}

/** The most clauses, and the most licences, that a change may name. */
export const MOST_NAMED = 500

/**
 * What a licence or clause would say: what is not mentioned stays.
 *
 * @throws {Problem} `BODY_INVALID`
 */
export function readBody(
  kind: 'License' | 'Clause',
  { given, now, item = 0 }: { given: unknown; now: Said | undefined; item?: number },
): Said {
  const place = { kind, item }
  const changed = {
    ...bodyIn(now?.action === 'retire' ? {} : (now?.fields ?? {}), kind),
    ...readPatch(given, place),
  }
  const fields = Object.fromEntries(
    Object.entries(changed).filter(([, value]) => value !== undefined),
  ) as Record<string, Json>
  requireWhole(fields, place)
  return { action: 'assert', fields }
}

/**
 * The clauses that a licence would have, each in the place of one that it has and that says the same,
 * or in a place of its own.
 *
 * @param ids The ids of the clauses by place, of those that it has now; more are added here.
 * @throws {Problem} `IMPACT_CHANGE_INVALID`, `BODY_INVALID`, `ENTITY_ID_INVALID`.
 */
export async function readClauses(
  given: readonly GivenClause[],
  { ids, said, n }: { ids: (string | null)[]; said: SaidAt; n: number },
  context: Context,
): Promise<[place: number, said: Said | undefined][]> {
  if (given.length > MOST_NAMED) throw changeInvalid(`it may name at most ${MOST_NAMED} clauses`)
  const named = given.flatMap(({ id }) => (id == null ? [] : [checkId(id)]))
  await requireOfKind(named, 'Clause', { n, context })
  await said.load(named)
  const left = new Map<string, number[]>()
  for (const [place, id] of ids.entries()) {
    const fields = said.get(id!)?.fields
    if (!fields || !Object.hasOwn(fields, 'type') || named.includes(id!)) continue
    const content = contentOfRule(fields as unknown as Rule)
    left.set(content, [...(left.get(content) ?? []), place])
  }
  const placeOf = (id: string | null) => {
    const known = id === null ? -1 : ids.indexOf(id)
    return known === -1 ? ids.push(id) - 1 : known
  }
  return given.map(({ id, body }, item) => {
    if ((id == null) === (body == null)) throw changeInvalid('a clause has either an id or a body')
    if (id != null) return [placeOf(id), said.get(id)]
    const then = readBody('Clause', { given: body, now: undefined, item })
    const same = left.get(contentOfRule(then.fields as unknown as Rule))?.shift()
    return [same ?? placeOf(null), then]
  })
}

/** @throws {Problem} `IMPACT_CHANGE_INVALID`, `ENTITY_ID_INVALID`. */
export async function readLicences(given: readonly string[], n: number, context: Context) {
  if (given.length > MOST_NAMED) throw changeInvalid(`it may name at most ${MOST_NAMED} licences`)
  const ids = [...new Set(given.map(checkId))]
  await requireOfKind(ids, 'License', { n, context })
  return ids
}

async function requireOfKind(
  ids: readonly string[],
  kind: Kind,
  { n, context }: { n: number; context: Context },
) {
  const { entities } = (await entitiesByIds(context.graph.read, ids, n))!
  const found = new Map(entities.map((entity) => [entity.id, entity.kind]))
  const strange = ids.find((id) => found.get(id) !== kind)
  if (strange) throw changeInvalid(`there is no ${kind} ${strange.slice(0, 200)}`)
}
