import type { Problem } from '../core/problem.ts'
import { redactText } from './redact.ts'
import { BACKUP_SETTINGS } from './settings/backup.ts'
import { DATABASE_SETTINGS } from './settings/database.ts'
import { IDENTITY_SETTINGS } from './settings/identity.ts'
import { KEY_SETTINGS } from './settings/keys.ts'
import { LIMIT_SETTINGS } from './settings/limits.ts'
import { nearest } from './settings/nearest.ts'
import { OBJECT_SETTINGS } from './settings/objects.ts'
import { OPERATIONS_SETTINGS } from './settings/operations.ts'
import { settingInvalid, settingUnknown } from './settings/problems.ts'
import { PROCESS_SETTINGS } from './settings/process.ts'
import { findRuleFaults } from './settings/rules.ts'
import { SERVICE_SETTINGS } from './settings/service.ts'
import { type Environment, Refusal, type Setting } from './settings/setting.ts'
import {
  type Flags,
  flagOf,
  type Given,
  gatherSources,
  isInFile,
  type Source,
  unknownVariables,
} from './settings/sources.ts'
import { TEST_SETTINGS } from './settings/tests.ts'
import { TRACING_SETTINGS } from './settings/tracing.ts'
import { WEBHOOK_SETTINGS } from './settings/webhooks.ts'
import { WITNESSING_SETTINGS } from './settings/witnessing.ts'

/**
 * Every setting there is, by topic: a new one goes into the file of its topic under `settings/`.
 * A test holds that no other environment variable is read anywhere.
 */
export const SETTINGS = {
  ...SERVICE_SETTINGS,
  ...IDENTITY_SETTINGS,
  ...KEY_SETTINGS,
  ...WITNESSING_SETTINGS,
  ...LIMIT_SETTINGS,
  ...BACKUP_SETTINGS,
  ...OBJECT_SETTINGS,
  ...WEBHOOK_SETTINGS,
  ...OPERATIONS_SETTINGS,
  ...TRACING_SETTINGS,
  ...DATABASE_SETTINGS,
  ...PROCESS_SETTINGS,
  ...TEST_SETTINGS,
} as const

type Settings = typeof SETTINGS

/** All settings, checked. */
export type Config = {
  readonly [K in keyof Settings]: Settings[K] extends Setting<infer Value> ? Value : never
}

/** Every setting, whatever its value. */
const ALL: Readonly<Record<string, Setting<unknown>>> = SETTINGS

function check(one: Setting<unknown>, { text, from }: Given): unknown {
  if (text === null) return null
  const value = one.read(text)
  if (!(value instanceof Refusal)) return value
  const name = from === 'environment' ? one.name : `${one.name} (${from})`
  throw settingInvalid(name, one.secret ? null : text, value.wanted)
}

/**
 * Reads all settings: from flags, else from the environment, else from the file of settings, else by
 * default. The file is what `--config` or `SELVEDGE_CONFIG` names, else `selvedge.yaml` in the working
 * directory, else in the home.
 *
 * @param flags Values by the key of their setting.
 * @throws {Problem} `CONFIG_INVALID`, `CONFIG_UNKNOWN`, `CONFIG_FILE_INVALID`, `CONFIG_SECRET_FILE`,
 *   naming the first setting that cannot be used.
 */
export function readConfig(env: Environment = process.env, flags: Flags = {}): Config {
  const { given, problems } = gatherSources(ALL, env, flags)
  if (problems[0]) throw problems[0]
  const entries = Object.entries(ALL).map(([key, one]) => [key, check(one, given.get(key)!)])
  return Object.fromEntries(entries) as Config
}

/** A setting as `selvedge config` shows it. */
export interface ListedSetting {
  /** The environment variable. */
  name: string
  key: string
  /** How it is given by a flag and in the file; `null` where the environment alone gives it. */
  flag: string | null
  keyInFile: string | null
  meaning: string
  default: string | null
  value: string | null
  from: Source
  /** Set when the value cannot be used: what it must be. */
  wanted?: string
}

/** Lists every setting with its value and where it came from; secrets are masked. Throws nothing. */
export function listConfig(env: Environment = process.env, flags: Flags = {}): ListedSetting[] {
  const { given } = gatherSources(ALL, env, flags)
  return Object.entries(ALL).map(([key, one]) => {
    const { text, from } = given.get(key)!
    const checked = text === null ? null : one.read(text)
    return {
      name: one.name,
      key,
      flag: one.surroundings ? null : `--${flagOf(key)}${one.secret ? '-file' : ''}`,
      keyInFile: isInFile(key, one) ? key : null,
      meaning: one.meaning,
      default: one.fallback(env),
      value: one.secret && text ? '********' : text && redactText(text),
      from,
      ...(checked instanceof Refusal && { wanted: checked.wanted }),
    }
  })
}

/** The file of settings that is read, if there is one. */
export const configFileOf = (env: Environment = process.env, flags: Flags = {}) =>
  gatherSources(ALL, env, flags).file

/** Variables that look like settings of ours and are none: most likely misspelt. */
export const unknownSettings = (env: Environment = process.env): string[] =>
  unknownVariables(ALL, env)

/** Something that keeps the settings from being used, or from meaning what they seem to. */
export interface ConfigFault {
  /** The setting, where it is about one. */
  setting: string | null
  problem: string
}

/**
 * Checks all settings and what they say together, and the files that they name. Nothing is opened that
 * another process would notice, and nothing is written.
 */
export function findConfigFaults(env: Environment = process.env, flags: Flags = {}): ConfigFault[] {
  const { given, problems } = gatherSources(ALL, env, flags)
  const faults = problems.map(faultOf)
  for (const name of unknownSettings(env)) {
    const meant = nearest(
      name,
      Object.values(ALL).map((one) => one.name),
    )
    faults.push(faultOf(settingUnknown(name, 'the environment', meant)))
  }
  const values: Record<string, unknown> = {}
  for (const [key, one] of Object.entries(ALL)) {
    try {
      values[key] = check(one, given.get(key)!)
    } catch (error) {
      faults.push(faultOf(error as Problem))
    }
  }
  // What the settings say together is asked only where each says something.
  return faults.length > 0 ? faults : findRuleFaults(ALL, values as unknown as Config)
}

const faultOf = ({ message, details }: Problem): ConfigFault => ({
  setting: typeof details.setting === 'string' ? details.setting : null,
  problem: message,
})
