import { type Config, readConfig } from '../config.ts'

/** What requests may ask for, as the settings have it. */
export type Limits = Pick<Config, 'mostPrice' | 'requestTimeout' | 'mostRequestTimeout'>

/** The limits that hold where no setting says otherwise. */
export const defaultLimits = (): Limits => readConfig({})
