import { builder } from './builder.ts'
import { describePrices } from './cost.ts'
import './scalars.ts'
import './entity.ts'
import './dataset.ts'
import './job.ts'
import './run.ts'
import './tenant.ts'
import './export.ts'
import './lineage.ts'
import './log.ts'
import './state-proof.ts'
import './record.ts'
import './erasure.ts'
import './policy.ts'

/** The whole API. */
export const schema = describePrices(builder.toSchema())
