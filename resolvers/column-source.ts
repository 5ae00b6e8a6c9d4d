import { sha256 } from '../core/sha256.ts'
import { datasetsIn } from '../domains/openlineage/column-lineage.ts'
import { columnStatements, schemaColumns } from '../domains/openlineage/column-statements.ts'
import type { Name } from '../domains/openlineage/event.ts'
import type {
  ColumnSource,
  DatasetColumns,
  Dependency,
} from '../domains/openlineage/walk-columns.ts'
import type { EntityAt } from '../lineage/entities.ts'
import { kindInUrn, type Relation } from '../lineage/kinds.ts'
import { unb64 } from '../proofs/base64.ts'
import { nameUrn } from '../proofs/ids.ts'
import type { Context } from './context.ts'

/**
 * Reads columns at one position. What a body says of columns counts where the edges of the graph say so
 * too: the dataset is derived from the one named, and the job that said it reads or writes the dataset.
 * So whatever ends these ends it, and what is found from one end is found from the other.
 */
export function openColumnSource(
  context: Context,
  { n, namingKey }: { n: number; namingKey: string },
): ColumnSource & { canonical(id: string): Promise<EntityAt | null> } {
  const at = context.loaders.at(n)
  const known = new Map<string, Promise<DatasetColumns>>()
  const key = unb64(namingKey)

  const canonical = async (id: string): Promise<EntityAt | null> => {
    const entity = await at.entity.load(id)
    return entity?.aliasOf ? canonical(entity.aliasOf) : entity
  }

  const farOf = async (id: string, relation: Relation) =>
    new Set((await at.links.load(id)).filter(([rel]) => rel === relation).map(([, far]) => far))

  /** Which of some ids a name means; `undefined` where none of them. */
  const meant = async ({ namespace, name }: Name, among: ReadonlySet<string>) => {
    const id = nameUrn(sha256, key, kindInUrn('Dataset'), namespace, name)
    if (among.has(id)) return id
    const entity = await canonical(id)
    if (!entity || among.has(entity.id)) return entity?.id
    const merges = await at.merges.load(entity.id)
    return merges.find(({ canonical: end }) => among.has(end))?.canonical
  }

  /** Whether the job that said something of a dataset still has to do with it. */
  const counts = async (job: string | null, dataset: string, writers: ReadonlySet<string>) =>
    job === null || writers.has(job) || (await farOf(job, 'USED')).has(dataset)

  const readColumns = async (id: string): Promise<DatasetColumns> => {
    const entity = await at.entity.load(id)
    if (!entity) return { id, names: new Set(), dependencies: [] }
    const [fields, sources, writers] = await Promise.all([
      context.loaders.body.load(entity.seq),
      farOf(id, 'WAS_DERIVED_FROM'),
      farOf(id, 'WAS_GENERATED_BY'),
    ])
    const said = columnStatements(fields)
    const isCounted = await Promise.all(said.map(({ job }) => counts(job, id, writers)))
    const counted = said.filter((_one, i) => isCounted[i])
    const among = new Set([...sources, id])
    const named = new Map(
      counted
        .flatMap(({ says }) => datasetsIn(says))
        .map((name) => [JSON.stringify(name), meant(name, among)]),
    )
    const dependencies: Dependency[] = []
    const names = new Set(schemaColumns(fields))
    for (const { job, says } of counted) {
      for (const column of says.columns.keys()) names.add(column)
      for (const [column, inputs] of [...says.columns, [null, says.dataset] as const]) {
        for (const { dataset, column: of, transformations } of inputs) {
          const input = await named.get(JSON.stringify(dataset))
          if (input !== undefined) {
            dependencies.push({ column, on: { dataset: input, column: of }, job, transformations })
          }
        }
      }
    }
    return { id, names, dependencies }
  }

  return {
    canonical,
    columnsOf: (id) => {
      const found = known.get(id) ?? readColumns(id)
      known.set(id, found)
      return found
    },
    derivedFrom: (id) => at.derived.load(id),
  }
}
