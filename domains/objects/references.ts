import { type Database, query } from '../../lineage/graph.ts'
import { allTenants } from '../../lineage/tenants.ts'

/** An export that leads to a file. */
export interface Reference {
  tenant: string
  id: string
  /** When it was exported. */
  at: string
  /** Something in the graph rests on the export: it is more than a download. */
  isUsed: boolean
  /** The records whose bodies are in the file, where the export says so. */
  holds: readonly number[]
}

type Row = Omit<Reference, 'tenant' | 'holds'> & { fields: string | null }

interface Said {
  file?: { sha256: string }
  holds?: readonly number[]
}

const EXPORTS_A_PAGE = 500

const EXPORT_FILES = query<Row>(`
  // files of exports, and whether anything rests on them
  MATCH (e:Entity {tenant: $tenant}) WHERE e.id > $after AND e.id STARTS WITH 'urn:selvedge:export:'
  WITH e ORDER BY e.id LIMIT toInteger($first)
  MATCH (told:Record {tenant: $tenant, seq: e.seq})
  MATCH (first:Record {tenant: $tenant, seq: e.first})
  RETURN e.id AS id, first.at AS at, told.fields AS fields,
    EXISTS { (e)<--(far:Entity {tenant: $tenant}) } AS isUsed
  ORDER BY id`)

/** Which exports lead to which file, over all tenants. One that is erased leads nowhere any more. */
export async function readReferences(database: Database): Promise<Map<string, Reference[]>> {
  const byAddress = new Map<string, Reference[]>()
  for await (const tenant of allTenants(database)) {
    for await (const { fields, ...row } of exportsOf(database, tenant)) {
      const { file, holds = [] } = JSON.parse(fields ?? '{}') as Said
      if (!file) continue
      const known = byAddress.get(file.sha256) ?? []
      byAddress.set(file.sha256, [...known, { tenant, holds, ...row }])
    }
  }
  return byAddress
}

async function* exportsOf(database: Database, tenant: string): AsyncGenerator<Row> {
  const { read } = database.graph(tenant)
  for (let after = ''; ; ) {
    const page = await read(EXPORT_FILES, { after, first: EXPORTS_A_PAGE })
    yield* page
    if (page.length < EXPORTS_A_PAGE) return
    after = page.at(-1)!.id
  }
}

const DAY_MS = 86_400_000

/**
 * Whether every export that leads to a file was made more than so many days ago, and nothing rests on
 * one of them. Zero days mean for ever.
 *
 * @param now The clock, in milliseconds.
 */
export function isExpired(
  references: readonly Reference[],
  { days, now }: { days: number; now: number },
): boolean {
  if (days === 0 || references.length === 0) return false
  const before = now - days * DAY_MS
  return references.every(({ at, isUsed }) => !isUsed && Date.parse(at) < before)
}
