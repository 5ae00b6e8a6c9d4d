import { setting, wholeNumber } from './setting.ts'

/** What requests may ask for, together and each. */
export const LIMIT_SETTINGS = {
  mostPrice: setting(
    'SELVEDGE_MOST_PRICE',
    '100000',
    wholeNumber(100, 100_000_000),
    'The most that one GraphQL operation may cost (docs/limits.md says how it is priced).',
  ),
} as const
