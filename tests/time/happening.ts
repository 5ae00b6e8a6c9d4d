import fc from 'fast-check'
import { events } from '../openlineage/arbitrary-events.ts'
import type { RawEvent } from '../openlineage/reference.ts'
import { send } from '../openlineage/world.ts'
import { dataset, job, near, RECORD } from '../schema/recording.ts'
import type { TestApp } from '../setup/app.ts'

/** One thing that happens to a tenant. What is refused, since it makes no sense then, changes nothing. */
export type Happening =
  | { event: RawEvent }
  | { record: object[] }
  | { retire: string }
  | { erase: string; newestOnly: boolean }

const name = fc.constantFrom('d0', 'd1', 'd2', 'd3', 'j0', 'j1')
const datasets = fc.uniqueArray(fc.constantFrom('d0', 'd1', 'd2', 'd3'), { maxLength: 3 })
const words = fc.option(fc.constantFrom('one', 'two', 'three'))
const item = fc.oneof(
  fc
    .record({ own: fc.constantFrom('d0', 'd1', 'd2', 'd3'), description: words, from: datasets })
    .map(({ own, description, from }) =>
      dataset(own, { description, derivedFrom: from.map(near) }),
    ),
  fc
    .record({ own: fc.constantFrom('j0', 'j1'), description: words, from: datasets })
    .map(({ own, description, from }) => job(own, { description, uses: from.map(near) })),
)

/** Histories in which few things come, change, go, turn out to be the same, and are erased. */
export const histories: fc.Arbitrary<Happening[]> = fc
  .tuple(
    fc.array(
      fc.oneof(
        {
          weight: 4,
          arbitrary: fc.array(item, { minLength: 1, maxLength: 3 }).map((record) => ({ record })),
        },
        { weight: 2, arbitrary: name.map((retire) => ({ retire })) },
        {
          weight: 2,
          arbitrary: fc
            .record({ erase: name, newestOnly: fc.boolean() })
            .map((what): Happening => what),
        },
      ),
      { minLength: 3, maxLength: 9 },
    ),
    events,
    fc.infiniteStream(fc.boolean()),
  )
  .map(([own, told, turns]) =>
    interleaved(
      own,
      told.map((event) => ({ event })),
      turns,
    ),
  )

function interleaved(
  own: readonly Happening[],
  told: readonly Happening[],
  turns: Iterator<boolean>,
): Happening[] {
  const [left, right] = [[...own], [...told]]
  const all: Happening[] = []
  while (left.length + right.length > 0) {
    const isOwn = right.length === 0 || (left.length > 0 && turns.next().value === true)
    all.push((isOwn ? left : right).shift()!)
  }
  return all
}

/** Each run asks a database a hundred times and more: one that fails is told as it is, and not made smaller. */
export const RUNS = { numRuns: 4, endOnFailure: true }

/** Whatever a tenant is refused in a random history. */
const MAY_BE_REFUSED = ['ENTITY_UNKNOWN', 'RELATION_INVALID', 'ALIAS_CYCLE', 'ERASE_RECORD_INVALID']

const ID_OF = `query Id($name: String!) {
  d: entity(kind: Dataset, namespace: "db", name: $name) { id seq }
  j: entity(kind: Job, namespace: "db", name: $name) { id seq }
}`

type Found = { id: string; seq: number } | null

/** Makes it happen, through the doors that callers have. */
export async function happen(test: TestApp, tenant: string, happening: Happening) {
  if ('event' in happening) {
    await send(test.ledger, tenant, happening.event)
    return
  }
  if ('record' in happening) {
    const variables = { items: happening.record }
    allowed(await test.ask(RECORD, { tenant, variables }))
    return
  }
  const named = 'retire' in happening ? happening.retire : happening.erase
  const { data } = await test.ask<{ d: Found; j: Found }>(ID_OF, {
    tenant,
    variables: { name: named },
  })
  const entity = data.d ?? data.j
  if (!entity) return
  if ('retire' in happening) {
    const retire = 'mutation Retire($id: ID!) { retire(id: $id) { position } }'
    allowed(await test.ask(retire, { tenant, variables: { id: entity.id } }))
    return
  }
  const erase = `mutation Erase($id: ID!, $records: [Seq!]) {
    erase(id: $id, records: $records, ground: OTHER, reason: "a test") { position }
  }`
  const records = happening.newestOnly ? [entity.seq] : null
  allowed(await test.ask(erase, { tenant, variables: { id: entity.id, records } }))
}

function allowed({ errors = [] }: Awaited<ReturnType<TestApp['ask']>>) {
  const refused = errors.filter(
    ({ extensions }) => !MAY_BE_REFUSED.includes(String(extensions.code)),
  )
  if (refused.length > 0) throw new Error(JSON.stringify(refused))
}
