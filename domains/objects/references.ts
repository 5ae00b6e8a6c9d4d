import { fileOf } from '../../ledger/filed.ts'
import { FILED_KINDS, type FiledKind } from '../../lineage/erasures.ts'
import { type Database, query } from '../../lineage/graph.ts'
import { inOrderOfIds } from '../../lineage/index-order.ts'
import { kindInUrn } from '../../lineage/kinds.ts'
import { allTenants } from '../../lineage/tenants.ts'

/** An export or attachment that leads to a file. */
export interface Reference {
  kind: FiledKind
  tenant: string
  id: string
  /** When it was recorded first. */
  at: string
  /** Something in the graph rests on it: it is more than a download. */
  isUsed: boolean
  /** The records whose bodies are in the file, where an export says so. */
  holds: readonly number[]
}

type Row = Omit<Reference, 'tenant' | 'holds' | 'kind'> & { fields: string | null }

const A_PAGE = 500

const FILES = query<Row>(`
  // what leads to files, and whether anything rests on it
  MATCH (e:Entity {tenant: $tenant}) WHERE e.id > $after AND e.id STARTS WITH $start
  WITH e ${inOrderOfIds('e')} LIMIT toInteger($first)
  MATCH (told:Record {tenant: $tenant, seq: e.seq})
  MATCH (first:Record {tenant: $tenant, seq: e.first})
  RETURN e.id AS id, first.at AS at, told.fields AS fields,
    EXISTS { (e)<--(far:Entity {tenant: $tenant}) } AS isUsed
  ORDER BY id`)

/**
 * What leads to which file, by its address, over all tenants. What is erased or retired leads nowhere
 * any more.
 */
export async function readReferences(database: Database): Promise<Map<string, Reference[]>> {
  const byAddress = new Map<string, Reference[]>()
  for await (const tenant of allTenants(database)) {
    for (const kind of FILED_KINDS) {
      for await (const { fields, ...row } of rowsOf(database, tenant, kind)) {
        const said = JSON.parse(fields ?? '{}') as { holds?: readonly number[] }
        const address = fileOf(kind, tenant, said)
        if (address === undefined) continue
        const known = byAddress.get(address) ?? []
        byAddress.set(address, [...known, { kind, tenant, holds: said.holds ?? [], ...row }])
      }
    }
  }
  return byAddress
}

async function* rowsOf(database: Database, tenant: string, kind: FiledKind): AsyncGenerator<Row> {
  const { read } = database.graph(tenant)
  const start = `urn:selvedge:${kindInUrn(kind)}:`
  for (let after = ''; ; ) {
    const page = await read(FILES, { start, after, first: A_PAGE })
    yield* page
    if (page.length < A_PAGE) return
    after = page.at(-1)!.id
  }
}

/** After how many days the files of each kind may go; zero means never. */
export interface Retention {
  exportDays: number
  attachmentDays: number
}

const DAY_MS = 86_400_000

/**
 * Whether everything that leads to a file was recorded longer ago than its kind is kept, and nothing
 * rests on any of it.
 *
 * @param now The clock, in milliseconds.
 */
export function isExpired(
  references: readonly Reference[],
  { exportDays, attachmentDays }: Retention,
  now: number,
): boolean {
  const days = { Export: exportDays, Attachment: attachmentDays }
  const isOver = ({ kind, at, isUsed }: Reference) =>
    days[kind] > 0 && !isUsed && Date.parse(at) < now - days[kind] * DAY_MS
  return references.length > 0 && references.every(isOver)
}
