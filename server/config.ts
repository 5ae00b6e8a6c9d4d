import { Problem } from '../core/problem.ts'
import { BACKUP_SETTINGS } from './settings/backup.ts'
import { DATABASE_SETTINGS } from './settings/database.ts'
import { KEY_SETTINGS } from './settings/keys.ts'
import { LIMIT_SETTINGS } from './settings/limits.ts'
import { OPERATIONS_SETTINGS } from './settings/operations.ts'
import { PROCESS_SETTINGS } from './settings/process.ts'
import { SERVICE_SETTINGS } from './settings/service.ts'
import { type Environment, Refusal, type Setting } from './settings/setting.ts'
import { TEST_SETTINGS } from './settings/tests.ts'
import { WITNESSING_SETTINGS } from './settings/witnessing.ts'

/**
 * Every setting there is, by topic: a new one goes into the file of its topic under `settings/`.
 * A test holds that no other environment variable is read anywhere.
 */
export const SETTINGS = {
  ...SERVICE_SETTINGS,
  ...KEY_SETTINGS,
  ...WITNESSING_SETTINGS,
  ...LIMIT_SETTINGS,
  ...BACKUP_SETTINGS,
  ...OPERATIONS_SETTINGS,
  ...DATABASE_SETTINGS,
  ...PROCESS_SETTINGS,
  ...TEST_SETTINGS,
} as const

type Settings = typeof SETTINGS

/** All settings, checked. */
export type Config = {
  readonly [K in keyof Settings]: Settings[K] extends Setting<infer Value> ? Value : never
}

/** An empty variable counts as one that is not set, as `NAME= command` means in a shell. */
const given = (env: Environment, name: string) => env[name] || undefined

function readSetting({ name, fallback, read }: Setting<unknown>, env: Environment) {
  const source = given(env, name) ?? fallback(env)
  if (source === null) return null
  const value = read(source)
  if (!(value instanceof Refusal)) return value
  throw new Problem('CONFIG_INVALID', `${name} is "${source}"; it must be ${value.wanted}`, {
    details: { setting: name, wanted: value.wanted },
  })
}

/**
 * Reads all settings.
 *
 * @throws {Problem} CONFIG_INVALID, naming the first setting that cannot be read.
 */
export function readConfig(env: Environment = process.env): Config {
  const entries = Object.entries(SETTINGS).map(([key, one]) => [key, readSetting(one, env)])
  return Object.fromEntries(entries) as Config
}

/** A setting as `selvedge config` shows it. */
export interface ListedSetting {
  name: string
  meaning: string
  default: string | null
  value: string | null
  from: 'environment' | 'default'
  /** Set when the value cannot be used: what it must be. */
  wanted?: string
}

/** Lists every setting with its value and where it came from; secrets are masked. Throws nothing. */
export function listConfig(env: Environment = process.env): ListedSetting[] {
  return Object.values(SETTINGS).map((one: Setting<unknown>) => {
    const set = given(env, one.name)
    const fallback = one.fallback(env)
    const shown = set ?? fallback
    const checked = shown === null ? null : one.read(shown)
    return {
      name: one.name,
      meaning: one.meaning,
      default: fallback,
      value: one.secret && shown ? '********' : shown,
      from: set === undefined ? 'default' : 'environment',
      ...(checked instanceof Refusal && { wanted: checked.wanted }),
    }
  })
}

/** Variables that look like settings of ours and are none: most likely misspelt. */
export function unknownSettings(env: Environment = process.env): string[] {
  const known = new Set<string>(Object.values(SETTINGS).map(({ name }) => name))
  return Object.keys(env).filter((name) => name.startsWith('SELVEDGE_') && !known.has(name))
}
