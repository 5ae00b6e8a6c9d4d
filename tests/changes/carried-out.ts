import { erase } from '../../domains/erasure/erase.ts'
import type { Assertion, Draft, Name, Outcome } from '../../ledger/draft.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { kindOfUrn, type Relation } from '../../lineage/kinds.ts'
import type { Json } from '../../proofs/json.ts'
import type { ImpactQuestion, ImpactWorld } from '../impact/arbitrary.ts'
import type { RecordedWorld } from '../terms/reference.ts'

type Fields = Record<string, unknown>
type Edge = RecordedWorld['edges'][number]

/** A world that was recorded, and changes with every change that is carried out. */
export interface Standing extends RecordedWorld {
  tenant: string
  edges: Edge[]
  said: Map<string, { action: string; fields: Fields | null }>
  /** The same with the ids of what was recorded, in place of those that it was thought of with. */
  named<Value>(value: Value): Value
}

const nameOf = (id: string): Name => ({ kind: kindOfUrn(id)!, namespace: 'world', name: id })
const DAY_MS = 86_400_000

/** The same, so many days later: what is recorded is recorded today, and days matter. */
export const later = <Value>(value: Value, days: number): Value =>
  JSON.parse(
    JSON.stringify(value).replace(/\b202[56]-\d\d-\d\d/g, (day) =>
      new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10),
    ),
  )

/** By so many days a day lies before today. */
export const daysSince = (day: string) =>
  Math.round((Date.parse(new Date().toISOString().slice(0, 10)) - Date.parse(day)) / DAY_MS)

const submitted = (
  ledger: Ledger,
  tenant: string,
  command: { names?: Name[]; ids?: string[]; run(draft: Draft): readonly Outcome[] },
) =>
  ledger.submit({
    ...{ tenant, subject: 'test', request: crypto.randomUUID(), ...command },
    run: async (draft) => command.run(draft),
  })

const erased = (ledger: Ledger, tenant: string, entity: string) =>
  erase(ledger, { tenant, subject: 'test', ground: 'other', reason: 'A test.', what: { entity } })

/** Records a world as callers would have: all that is in it, then what is retired or erased of it. */
export async function recordWorld(
  ledger: Ledger,
  tenant: string,
  { said, edges }: ImpactWorld,
): Promise<Standing> {
  const ids = [...said.keys()]
  const real = new Map<string, string>()
  const named = <Value>(value: Value): Value =>
    JSON.parse(JSON.stringify(value).replace(/urn:selvedge:\w+:h:\d+A+/g, (id) => real.get(id)!))
  await submitted(ledger, tenant, {
    names: ids.map(nameOf),
    run(draft) {
      for (const id of ids) {
        const { kind, namespace, name } = nameOf(id)
        real.set(id, draft.urn(kind, namespace, name))
      }
      return ids.map((id) => {
        const { name: _, ...fields } = named(said.get(id)!.fields ?? {}) as Record<string, Json>
        const link = edges
          .filter(({ from }) => from === id)
          .map(({ relation, to }) => ({ rel: relation, to: nameOf(to) }))
        return draft.assert({ ...nameOf(id), id: real.get(id)!, fields, link })
      })
    },
  })
  for (const [id, { action }] of said) {
    const entity = real.get(id)!
    if (action === 'erase') await erased(ledger, tenant, entity)
    if (action !== 'retire') continue
    await submitted(ledger, tenant, { ids: [entity], run: (draft) => [draft.retire(entity)] })
  }
  return {
    tenant,
    named,
    said: new Map(named([...said])),
    edges: named(edges.map(({ from, relation, to }) => ({ from, relation, to }))),
  }
}

/** Records the clauses that a change of terms only thinks of, so that it can name them. */
export async function withClauses(
  ledger: Ledger,
  standing: Standing,
  change: ImpactQuestion['change'],
): Promise<ImpactQuestion['change']> {
  if (!('clauses' in change) || !change.clauses) return change
  const clauses: { id: string }[] = []
  for (const one of change.clauses) {
    if ('id' in one) {
      clauses.push(one)
      continue
    }
    const name: Name = { kind: 'Clause', namespace: 'new', name: crypto.randomUUID() }
    const { outcomes } = await submitted(ledger, standing.tenant, {
      names: [name],
      run: (draft) => [
        draft.assert({
          ...{ ...name, id: draft.urn(name.kind, name.namespace, name.name) },
          fields: one.body as Record<string, Json>,
        }),
      ],
    })
    const { id } = outcomes[0]!
    standing.said.set(id, { action: 'assert', fields: one.body })
    clauses.push({ id })
  }
  return { ...change, clauses: [...new Map(clauses.map((one) => [one.id, one])).values()] }
}

/** Does what a dry run asks about, to what is recorded and to what is known of it. */
export async function carryOut(
  ledger: Ledger,
  standing: Standing,
  { root, change }: Pick<ImpactQuestion, 'root' | 'change'>,
): Promise<Outcome> {
  const { tenant, said } = standing
  const last = said.get(root)!
  const drop = (relation?: string) => {
    standing.edges = standing.edges.filter(
      (edge) => edge.from !== root || edge.relation !== (relation ?? edge.relation),
    )
  }
  if (change.do === 'ERASE') {
    const { outcomes } = await erased(ledger, tenant, root)
    if (outcomes[0]!.changed) said.set(root, { action: 'erase', fields: null })
    return outcomes[0]!
  }
  if (change.do === 'RETIRE') {
    const run = (draft: Draft) => [draft.retire(root)]
    const { outcomes } = await submitted(ledger, tenant, { ids: [root], run })
    if (outcomes[0]!.changed) said.set(root, { action: 'retire', fields: {} })
    drop()
    return outcomes[0]!
  }
  const fields = change.do === 'EXPIRE' ? { decision: 'rejected' } : (bodyOf(change) ?? {})
  const [relation, targets] = statedBy(change)
  const replace: Assertion['replace'] = relation
    ? [{ rel: relation, targets: targets.map((id) => ({ id })) }]
    : []
  const patch = Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, (value as Json) ?? undefined]),
  )
  const { outcomes } = await submitted(ledger, tenant, {
    ids: [root, ...targets],
    run: (draft) => [draft.assert({ kind: kindOfUrn(root)!, id: root, fields: patch, replace })],
  })
  const kept = last.action === 'retire' ? {} : last.fields
  const next = Object.entries({ ...kept, ...fields }).filter(([, value]) => value != null)
  said.set(root, { action: 'assert', fields: Object.fromEntries(next) })
  if (relation) {
    drop(relation)
    standing.edges.push(...targets.map((to) => ({ from: root, relation, to })))
  }
  return outcomes[0]!
}

const bodyOf = (change: ImpactQuestion['change']) => ('body' in change ? change.body : undefined)

/** The relation that a change of terms states whole, and to what. */
function statedBy(change: ImpactQuestion['change']): [Relation | undefined, string[]] {
  if ('licensedUnder' in change) return ['LICENSED_UNDER', change.licensedUnder]
  if (!('clauses' in change) || !change.clauses) return [undefined, []]
  return ['HAS_CLAUSE', change.clauses.map((one) => ('id' in one ? one.id : ''))]
}
