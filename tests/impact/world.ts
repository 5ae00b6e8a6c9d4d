import { type Database, query } from '../../lineage/graph.ts'
import { kindOfUrn } from '../../lineage/kinds.ts'
import { seedWorld } from '../make/world.ts'
import type { RecordedWorld } from '../terms/reference.ts'
import { type ImpactWorld, SIZE } from './arbitrary.ts'

const SAY = query(`
  // say what a test says
  UNWIND $rows AS row
  MATCH (record:Record {tenant: $tenant, seq: row.seq})
  SET record.fields = row.fields, record.action = row.action`)

/** Puts a world into the database, with what is said in it. */
export async function seedImpact(database: Database, tenant: string, world: ImpactWorld) {
  const said = [...world.said]
  await seedWorld(database, tenant, {
    size: SIZE,
    nodes: said.map(([id, { action }], seq) => ({
      ...{ id, kind: kindOfUrn(id)! },
      versions: [{ seq, action: action === 'retire' ? ('retire' as const) : ('assert' as const) }],
    })),
    edges: world.edges,
  })
  const rows = said.map(([, { action, fields }], seq) => ({
    ...{ seq, action, fields: fields === null ? null : JSON.stringify(fields) },
  }))
  await database.graph(tenant).write(({ run }) => run(SAY, { rows }))
}

/** The world of the first `n` leaves. */
export const worldOf = ({ said, edges }: ImpactWorld, n: number): RecordedWorld => ({
  said,
  edges: edges.filter(({ since, until }) => since < n && until >= n),
})
