import { type Config, readConfig } from '../config.ts'
import type { LIMIT_SETTINGS } from '../settings/limits.ts'

/** What requests may ask for, as the settings have it. */
export type Limits = Pick<Config, keyof typeof LIMIT_SETTINGS>

/** The limits that hold where no setting says otherwise. */
export const defaultLimits = (): Limits => readConfig({})
