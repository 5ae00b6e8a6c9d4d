import { setting, wholeNumber } from './setting.ts'

/** What requests may ask for, together and each. */
export const LIMIT_SETTINGS = {
  mostPrice: setting(
    'SELVEDGE_MOST_PRICE',
    '100000',
    wholeNumber(100, 100_000_000),
    'The most that one GraphQL operation may cost (docs/limits.md says how it is priced).',
  ),
  requestTimeout: setting(
    'SELVEDGE_REQUEST_TIMEOUT',
    '30000',
    wholeNumber(100, 600_000),
    'How long a request may read from the database, in milliseconds, where x-request-timeout does not say.',
  ),
  mostRequestTimeout: setting(
    'SELVEDGE_MOST_REQUEST_TIMEOUT',
    '120000',
    wholeNumber(100, 600_000),
    'The most that x-request-timeout is taken for, in milliseconds.',
  ),
} as const
