import { oneOf, setting } from './setting.ts'

/** What whoever runs the server sees of it. */
export const OPERATIONS_SETTINGS = {
  logLevel: setting(
    'SELVEDGE_LOG_LEVEL',
    'info',
    oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    'The least level that is logged. A request is info, one that fails by our fault a warning, a probe debug.',
  ),
  logFormat: setting(
    'SELVEDGE_LOG_FORMAT',
    'auto',
    oneOf('auto', 'json', 'text'),
    'How log lines are written to stderr: as JSON, or as text; auto is text on a terminal, otherwise JSON.',
  ),
} as const
