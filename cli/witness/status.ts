import { tenantUnknown } from '../../ledger/problems.ts'
import { allTenants } from '../../lineage/tenants.ts'
import { readWitnessed, type WitnessedLog } from '../../lineage/witnessed-log.ts'
import { readConfig } from '../../server/config.ts'
import { progressTo } from '../../server/neo4j/progress.ts'
import { withDatabase } from '../../server/with-database.ts'
import { type Deed, readDeeds } from '../../server/witnessing/deeds.ts'
import { coloursOn } from '../colours.ts'

/** What is known of the witnesses of one log. */
interface Status {
  tenant: string
  origin: string
  /** The size of the published checkpoint, and of the last that a quorum has cosigned. */
  signed: number
  witnessed: number
  witnesses: Deed[]
}

/**
 * Shows, for each log, how far it is signed and how far witnessed, and what each witness did last.
 * Looks at the database only; no witness is asked.
 *
 * @throws {Problem} `TENANT_UNKNOWN`
 */
export async function showWitnessStatus({ tenant, json }: { tenant?: string; json?: true }) {
  const progress = progressTo(process.stderr)
  const statuses = await withDatabase(readConfig(), { progress }, async (database) => {
    const found: Status[] = []
    const look = async (name: string) => {
      const log = await readWitnessed(database.graph(name).read)
      if (log) found.push(statusOf(name, log))
    }
    if (tenant !== undefined) {
      await look(tenant)
      if (found.length === 0) throw tenantUnknown(tenant)
      return found
    }
    for await (const name of allTenants(database)) await look(name)
    return found
  })
  process.stdout.write(
    json ? `${JSON.stringify({ logs: statuses }, null, 2)}\n` : statuses.map(described).join(''),
  )
}

const statusOf = (tenant: string, log: WitnessedLog): Status => ({
  tenant,
  origin: log.origin,
  signed: log.signed,
  witnessed: log.witnessedSize,
  witnesses: [...readDeeds(log).values()],
})

function described({ tenant, origin, signed, witnessed, witnesses }: Status) {
  const { green, yellow, red } = coloursOn(process.stdout)
  const state = witnessed === signed ? green('witnessed') : yellow(`witnessed up to ${witnessed}`)
  const lines = witnesses.map(({ witness, size, time, problem, at }) => {
    const when = time === null ? 'never' : new Date(time * 1000).toISOString()
    const wrong = problem === null ? '' : `  ${red(problem)} at ${at}`
    return `  ${witness}: ${size} (${when})${wrong}\n`
  })
  return `${tenant}: ${origin} signed up to ${signed}, ${state}\n${lines.join('')}`
}
