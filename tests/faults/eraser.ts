import { readConfig } from '../../server/config.ts'
import { openService } from '../../server/open.ts'

/** A process that erases one entity of a tenant, and can be killed on its way by a failpoint. */
const [tenant, entity, id] = process.argv.slice(2) as [string, string, string]
const service = await openService(readConfig(), {})
const { position } = await service.ledger.erase({
  tenant,
  subject: 'dpo',
  request: `erase ${entity}`,
  because: { id, ground: 'objection', reason: 'case 7' },
  what: { entity },
})
process.stdout.write(`erased at ${position.seq}\n`)
await service.close()
