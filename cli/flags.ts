import { type Command, Option } from 'commander'
import { SETTINGS } from '../server/config.ts'
import type { Setting } from '../server/settings/setting.ts'
import { type Flags, flagOf } from '../server/settings/sources.ts'

/** The flags that help lists; the others are like them, and `selvedge config` lists them all. */
const LISTED = new Set(['configFile', 'home', 'host', 'port', 'neo4jUri', 'logLevel'])

/**
 * Gives a command a flag for every setting that a person sets: a secret's names the file that holds it,
 * since everybody on a machine sees the flags of every process.
 */
export function addSettingFlags(command: Command) {
  for (const [key, setting] of Object.entries<Setting<unknown>>(SETTINGS)) {
    if (setting.surroundings) continue
    const text = setting.secret
      ? `--${flagOf(key)}-file <path>`
      : `--${flagOf(key)} <${flagOf(key).split('-').at(-1)}>`
    const option = new Option(text, setting.meaning)
    command.addOption(LISTED.has(key) ? option : option.hideHelp())
  }
  command.addHelpText('after', '\nEvery setting has a flag: `selvedge config` lists them.')
}

/** What flags say, by the key of their setting. */
export const flagsIn = ({ config, ...options }: Record<string, unknown>): Flags =>
  Object.fromEntries(
    Object.entries({ ...options, configFile: config }).filter(
      (pair): pair is [string, string] => typeof pair[1] === 'string',
    ),
  )
