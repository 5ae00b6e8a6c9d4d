import { Problem } from '../../core/problem.ts'

export const nothingKept = (tenant: string, because: string) =>
  new Problem(
    'RESTORE_NOTHING_KEPT',
    `Nothing that is stored of «${tenant}» is what was signed for it (${because}), so no epoch can follow: bring back a backup of its log, or record into a new tenant.`,
    { status: 409, details: { tenant } },
  )

export const leavesUnsigned = (tenant: string, keptSize: number, size: number) =>
  new Problem(
    'RESTORE_LEAVES_UNSIGNED',
    `The stored log of «${tenant}» has ${size} leaves, and only the first ${keptSize} are shown to be those that were signed. Add --drop-unsigned to cut off the others, or bring back another backup.`,
    { status: 409, details: { tenant, keptSize, size } },
  )

export const registerLost = (because: string, cause?: unknown) =>
  new Problem(
    'RESTORE_REGISTER_LOST',
    `A new epoch begins where the signing register ends, and there is none of this database here (${because}). Bring back its newest copy to SELVEDGE_HOME; without one the logs stay as they are, for reading (docs/runbooks/restore.md).`,
    { status: 503, cause },
  )

export const journalLost = (because: string, cause?: unknown) =>
  new Problem(
    'RESTORE_JOURNAL_LOST',
    `What was erased since the backup is known to the journal of erasures alone, and it is not here (${because}). Bring back its newest copy to SELVEDGE_HOME; nothing was restored.`,
    { status: 503, cause },
  )

export const journalBehind = (tenant: string, seqs: readonly number[]) =>
  new Problem(
    'RESTORE_JOURNAL_BEHIND',
    `The journal of erasures is older than the backup: ${seqs.length} records of «${tenant}» (the first: ${seqs[0]}) were erased while it was made, and the journal of this home knows nothing of it. Bring back its newest copy and call this again; until then no server starts on this database.`,
    { status: 409, details: { tenant, seqs: seqs.slice(0, 100) } },
  )

export const databaseEmpty = () =>
  new Problem(
    'RESTORE_DATABASE_EMPTY',
    'The database holds nothing of this service: bring back a backup of it first; a new epoch goes on from that.',
    { status: 409 },
  )

export const restoreUnconfirmed = () =>
  new Problem(
    'RESTORE_UNCONFIRMED',
    'A new epoch cannot be taken back: look with --dry-run, then confirm with --yes.',
  )

export const logMoved = (tenant: string) =>
  new Problem(
    'RESTORE_LOG_MOVED',
    `The log of «${tenant}» was written to meanwhile: stop all servers, then run this again.`,
    { status: 409, details: { tenant } },
  )
