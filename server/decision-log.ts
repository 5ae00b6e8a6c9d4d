import type { ToldDecision } from '../domains/access/access.ts'
import type { Log } from './log.ts'

/** Logs what was decided: every denial, and of permits those that are told. Who asked is masked. */
export const logDecisions =
  (log: Log) =>
  ({ isPermitted, ...decision }: ToldDecision) =>
    log.info(decision, isPermitted ? 'permitted' : 'denied')
