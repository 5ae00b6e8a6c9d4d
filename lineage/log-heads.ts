import { type Ask, serviceQuery } from './graph.ts'
import type { Position } from './position.ts'

/** How far a log goes, the last of its leaves perhaps still on their way into the store. */
export interface LogEnd extends Position {
  tenant: string
}

const ENDS = serviceQuery<LogEnd>(`
  // how far some logs go
  WITH $tenant AS service
  UNWIND $tenants AS name
  MATCH (log:Log {tenant: name})
  RETURN name AS tenant, log.epoch AS epoch, log.size AS seq`)

/** One small read for all of them; in no particular order, and none for what is no tenant. */
export const logEnds = (ask: Ask, tenants: readonly string[]) => ask(ENDS, { tenants })
