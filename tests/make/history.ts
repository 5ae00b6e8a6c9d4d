import fc from 'fast-check'
import type { Relation } from '../../lineage/kinds.ts'
import type { Json } from '../../proofs/json.ts'

/** A thing of a small world, so that histories keep meeting the same ones. */
export interface Thing {
  kind: 'Dataset' | 'Job'
  namespace: string
  name: string
}

export type Step =
  | {
      do: 'assert'
      thing: Thing
      fields: Record<string, Json | undefined>
      link: { rel: Relation; to: Thing }[]
      unlink: { rel: Relation; to: Thing }[]
      replace: { rel: Relation; targets: Thing[] }[]
    }
  | { do: 'retire'; thing: Thing; aliasOf: Thing | null }

/** Transactions of commands of steps. */
export type History = Step[][][]

const thing = (kind: Thing['kind'], count: number) =>
  fc.nat(count - 1).map((i): Thing => ({ kind, namespace: 'n', name: `${kind} ${i}` }))
const [dataset, job] = [thing('Dataset', 5), thing('Job', 3)]

/** An edge that the kind may have. */
const edge = (kind: Thing['kind']): fc.Arbitrary<{ rel: Relation; to: Thing }> =>
  kind === 'Dataset'
    ? fc.oneof(
        fc.record({ rel: fc.constant('WAS_DERIVED_FROM' as const), to: dataset }),
        fc.record({ rel: fc.constant('WAS_GENERATED_BY' as const), to: job }),
      )
    : fc.oneof(
        fc.record({ rel: fc.constant('USED' as const), to: dataset }),
        fc.record({ rel: fc.constant('PART_OF' as const), to: job }),
      )

const edges = (kind: Thing['kind']) => fc.array(edge(kind), { maxLength: 3 })

const fields = fc.dictionary(
  fc.constantFrom('owner', 'rows', '__proto__'),
  fc.constantFrom<Json | undefined>(undefined, null, 1, 'x', [1, { y: 2 }]),
  { maxKeys: 2, noNullPrototype: true },
)

const assertion = fc.oneof(dataset, job).chain((some) =>
  fc.record({
    do: fc.constant('assert' as const),
    thing: fc.constant(some),
    fields,
    link: edges(some.kind),
    unlink: edges(some.kind),
    replace: fc.oneof(
      { weight: 3, arbitrary: fc.constant<{ rel: Relation; targets: Thing[] }[]>([]) },
      {
        weight: 1,
        arbitrary: edges(some.kind).map((all) =>
          [...Map.groupBy(all, ({ rel }) => rel)].map(([rel, same]) => ({
            rel,
            targets: same.map(({ to }) => to),
          })),
        ),
      },
    ),
  }),
)

const retirement = fc.oneof(
  fc.record({
    do: fc.constant('retire' as const),
    thing: fc.oneof(dataset, job),
    aliasOf: fc.constant(null),
  }),
  fc.record({ do: fc.constant('retire' as const), thing: dataset, aliasOf: dataset }),
)

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: assertion },
  { weight: 1, arbitrary: retirement },
)

/** Histories of up to `most` transactions, of up to four commands, of up to three steps each. */
export const history = (most: number): fc.Arbitrary<History> =>
  fc.array(
    fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 }),
    { minLength: 1, maxLength: most },
  )

/** An entity as the rules of assertion alone make it. */
export interface Modelled {
  action: 'assert' | 'retire'
  fields: Record<string, Json>
  /** `rel thing`. */
  links: Set<string>
  aliasOf: string | null
}

export const nameOf = ({ kind, name }: Thing) => `${kind}:${name}`

/** Applies commands one after another; one with a step that is refused leaves nothing. */
export class Model {
  entities = new Map<string, Modelled>()
  readonly #things = new Map<string, Thing>()

  command(steps: readonly Step[]): boolean {
    const before = structuredClone(this.entities)
    const allowed = steps.every((one) =>
      one.do === 'assert' ? this.#assert(one) : this.#retire(one),
    )
    if (!allowed) this.entities = before
    return allowed
  }

  #resolve(name: string): string {
    const next = this.entities.get(name)?.aliasOf
    return next ? this.#resolve(next) : name
  }

  #name(thing: Thing) {
    this.#things.set(nameOf(thing), thing)
    return nameOf(thing)
  }

  #exist(name: string) {
    const { namespace, name: called } = this.#things.get(name)!
    if (!this.entities.has(name)) {
      const made = { namespace, name: called }
      this.entities.set(name, { action: 'assert', fields: made, links: new Set(), aliasOf: null })
    }
    return this.entities.get(name)!
  }

  #assert({ thing, fields, link, unlink, replace }: Extract<Step, { do: 'assert' }>) {
    const subject = this.#name(thing)
    const self = this.#resolve(subject)
    const far = (to: Thing) => {
      const named = this.#name(to)
      const end = this.#resolve(named)
      return end === self && named !== subject ? null : end
    }
    const stated = replace.flatMap(({ rel, targets }) => targets.map((to) => ({ rel, to })))
    for (const { to } of [...link, ...stated]) this.#exist(this.#name(to))
    const entity = this.#exist(self)
    if (entity.action === 'retire') {
      const { namespace, name } = this.#things.get(self)!
      Object.assign(entity, { action: 'assert', fields: { namespace, name }, links: new Set() })
    }
    const next = new Map(Object.entries(entity.fields))
    for (const [name, value] of Object.entries(fields)) {
      if (value === undefined) next.delete(name)
      else next.set(name, value)
    }
    entity.fields = Object.fromEntries(next)
    for (const { rel, to } of unlink) {
      const direct = `${rel} ${this.#name(to)}`
      if (!entity.links.delete(direct)) entity.links.delete(`${rel} ${this.#resolve(nameOf(to))}`)
    }
    for (const { rel, targets } of replace) {
      const kept = new Set(targets.map((to) => `${rel} ${far(to)}`))
      for (const key of [...entity.links]) {
        if (key.startsWith(`${rel} `) && !kept.has(key)) entity.links.delete(key)
      }
    }
    for (const { rel, to } of [...link, ...stated]) {
      const end = far(to)
      if (end !== null) entity.links.add(`${rel} ${end}`)
    }
    return true
  }

  #retire({ thing, aliasOf }: Extract<Step, { do: 'retire' }>) {
    const name = this.#name(thing)
    const entity = this.entities.get(name)
    if (!entity) return false
    if (entity.action === 'retire' && (!aliasOf || entity.aliasOf)) return true
    const alias = aliasOf && this.#name(aliasOf)
    if (alias && (!this.entities.has(alias) || this.#resolve(alias) === name)) return false
    const links = new Set(alias ? [`ALIAS_OF ${alias}`] : [])
    this.entities.set(name, { action: 'retire', fields: {}, links, aliasOf: alias })
    return true
  }
}
