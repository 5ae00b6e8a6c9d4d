import { setting, wholeNumber } from './setting.ts'

/** How long what was written stays in backups. */
export const BACKUP_SETTINGS = {
  backupDays: setting(
    'SELVEDGE_BACKUP_DAYS',
    '30',
    wholeNumber(0, 36_500),
    'How many days backups of the database are kept: for so long an erasure is pending.',
  ),
} as const
