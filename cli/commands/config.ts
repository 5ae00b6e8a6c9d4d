import type { Command } from 'commander'
import {
  configFileOf,
  findConfigFaults,
  type ListedSetting,
  listConfig,
  unknownSettings,
} from '../../server/config.ts'
import { settingInvalid } from '../../server/settings/problems.ts'
import type { Flags } from '../../server/settings/sources.ts'
import { coloursOn } from '../colours.ts'
import { addSettingFlags, flagsIn } from '../flags.ts'

const colours = coloursOn(process.stdout)

export function define(command: Command): void {
  command
    .option('--json', 'print one JSON object')
    .option('--check', 'say whether the settings can be used, and end with 0 or 1')
    .addHelpText('after', () => `\n${table({})}`)
    .action(showConfig)
  addSettingFlags(command)
}

type Options = { json?: boolean; check?: boolean } & Record<string, unknown>

function showConfig({ json, check, ...options }: Options) {
  const flags = flagsIn(options)
  if (check) return checkConfig(flags, json === true)
  const [settings, unknown] = [listConfig(process.env, flags), unknownSettings()]
  const file = configFileOf(process.env, flags)
  if (json) print(JSON.stringify({ file, settings, unknown }, null, 2))
  else print(table(flags))
  const wrong = settings.find(({ wanted }) => wanted !== undefined)
  if (wrong) throw settingInvalid(wrong.name, null, wrong.wanted!)
}

function checkConfig(flags: Flags, json: boolean) {
  const faults = findConfigFaults(process.env, flags)
  const ok = faults.length === 0
  const file = configFileOf(process.env, flags)
  if (json) print(JSON.stringify({ ok, file, faults }, null, 2))
  else print(ok ? 'The settings can be used.' : faults.map(({ problem }) => problem).join('\n'))
  if (!ok) process.exitCode = 1
}

const print = (text: string) => process.stdout.write(`${text}\n`)

function table(flags: Flags): string {
  const file = configFileOf(process.env, flags)
  const misspelt = unknownSettings().map(
    (name) => `${colours.yellow(name)}\n  is set, but there is no such setting\n`,
  )
  return [
    'Settings: a flag goes before the environment, that before the file, that before the default.',
    file ? `The file is ${file}.\n` : 'There is no file (selvedge.yaml, here or in the home).\n',
    ...listConfig(process.env, flags).map(show),
    ...misspelt,
  ].join('\n')
}

function show(setting: ListedSetting): string {
  const { name, flag, keyInFile, meaning, default: fallback, value, from, wanted } = setting
  const others = [flag, keyInFile && `in the file: ${keyInFile}`].filter((one) => one !== null)
  const lines = [
    `${colours.bold(name)}  ${colours.dim(others.join('; '))}`.trimEnd(),
    `  ${meaning}`,
    `  default: ${fallback || '(nothing)'}`,
  ]
  if (from !== 'default') lines.push(`  now: ${colours.cyan(value ?? '')} (${from})`)
  if (wanted !== undefined) lines.push(colours.red(`  wrong: it must be ${wanted}`))
  return `${lines.join('\n')}\n`
}
