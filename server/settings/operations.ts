import { oneOf, setting, wholeNumber } from './setting.ts'

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
  logPermits: setting(
    'SELVEDGE_LOG_PERMITS',
    '1',
    wholeNumber(0, 100),
    'The share of permitted operations whose decision is logged, in percent; denials always are.',
  ),
  readyWithin: setting(
    'SELVEDGE_READY_WITHIN',
    '2000',
    wholeNumber(100, 60_000),
    'How long the database, whoever holds the keys, and the object store may take before /readyz says that they do not answer, in milliseconds.',
  ),
  drainWait: setting(
    'SELVEDGE_DRAIN_WAIT',
    '0',
    wholeNumber(0, 600_000),
    'How long requests are still taken after SIGTERM, while /readyz says 503 already, in milliseconds: as long as a load balancer takes to notice.',
  ),
  shutdownWithin: setting(
    'SELVEDGE_SHUTDOWN_WITHIN',
    '30000',
    wholeNumber(0, 3_600_000),
    'How long requests under way may take to be answered once no more are taken, in milliseconds; those left are cut off.',
  ),
} as const
