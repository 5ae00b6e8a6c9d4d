import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Problem } from '../../core/problem.ts'
import { readSettingsFile, type SettingsFile } from './file.ts'
import { nearest } from './nearest.ts'
import { secretFileInvalid, settingInvalid, settingUnknown } from './problems.ts'
import { type Environment, path, type Setting } from './setting.ts'

/** What may give a setting, in the order in which they go before each other. */
export type Source = 'flag' | 'environment' | 'file' | 'default'

/** Values by the key of their setting, as flags of a command give them. */
export type Flags = Readonly<Record<string, string | undefined>>

/** A value before it is checked, and who gave it. */
export interface Given {
  text: string | null
  from: Source
}

export interface Sources {
  /** The file that was read, if any. */
  file: string | null
  given: ReadonlyMap<string, Given>
  /** What is wrong with the sources themselves; those settings hold their defaults. */
  problems: Problem[]
}

type Settings = Readonly<Record<string, Setting<unknown>>>

/** Where settings lie when nobody says where. */
export const FILE_NAME = 'selvedge.yaml'
const MOST_SECRET_BYTES = 64_000

/** Gathers what flags, the environment and the file say about every setting. Throws nothing. */
export function gatherSources(settings: Settings, env: Environment, flags: Flags): Sources {
  const problems: Problem[] = []
  const attempt = <T>(work: () => T, otherwise: T): T => {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      problems.push(error)
      return otherwise
    }
  }
  const file = findFile(settings, env, flags)
  const written = file ? attempt(() => readSettingsFile(file), new Map()) : new Map()
  problems.push(...unknownKeys(settings, file, written))
  const given = Object.entries(settings).map(([key, one]): [string, Given] => {
    const usual: Given = { text: one.fallback(env), from: 'default' }
    return [key, attempt(() => giverOf({ key, one, env, flags, file, written }), null) ?? usual]
  })
  return { file, given: new Map(given), problems }
}

/** A file that is named must be there; those that are looked for need not be. */
function findFile({ home }: Settings, env: Environment, flags: Flags): string | null {
  const named = flags.configFile || env.SELVEDGE_CONFIG
  if (named) return resolve(named)
  const at = flags.home || env.SELVEDGE_HOME || home?.fallback(env) || '.'
  return [resolve(FILE_NAME), resolve(at, FILE_NAME)].find((one) => existsSync(one)) ?? null
}

/** The file cannot say where it lies, nor what a process is told by its surroundings. */
export const isInFile = (key: string, { surroundings }: Setting<unknown>) =>
  !surroundings && key !== 'configFile'

function unknownKeys(settings: Settings, file: string | null, written: SettingsFile): Problem[] {
  const known = Object.entries(settings)
    .filter(([key, one]) => isInFile(key, one))
    .flatMap(([key, { secret }]) => (secret ? [key, `${key}File`] : [key]))
  const byVariable = new Map(Object.entries(settings).map(([key, { name }]) => [name, key]))
  return [...written.keys()]
    .filter((key) => !known.includes(key))
    .map((key) => {
      const meant = byVariable.get(key) ?? nearest(key, known)
      return settingUnknown(key, file!, meant && known.includes(meant) ? meant : null)
    })
}

interface Asked {
  key: string
  one: Setting<unknown>
  env: Environment
  flags: Flags
  file: string | null
  written: SettingsFile
}

/** An empty variable counts as one that is not set, as `NAME= command` means in a shell. */
function giverOf({ key, one, env, flags, file, written }: Asked): Given | null {
  const places: [Source, string, string | undefined, string | undefined][] = [
    ['flag', `--${flagOf(key)}`, flags[key], flags[`${key}File`]],
    ['environment', one.name, env[one.name], env[`${one.name}_FILE`]],
  ]
  if (file !== null && isInFile(key, one)) {
    places.push(['file', key, written.get(key), written.get(`${key}File`)])
  }
  for (const [from, name, text, secretFile] of places) {
    const base = from === 'file' && file !== null ? dirname(file) : '.'
    const at = one.secret && secretFile ? resolve(base, secretFile) : null
    if (at && text) throw settingInvalid(name, null, 'given as it is, or as a file: not both')
    if (at) return { text: readSecret(name, at), from }
    // A path in the file is one from where the file lies, wherever the server is started.
    if (text) return { text: one.read === path ? resolve(base, text) : text, from }
  }
  return null
}

/** The name of a setting's flag: `neo4jUri` is `--neo4j-uri`. */
export const flagOf = (key: string) =>
  key === 'configFile' ? 'config' : key.replace(/[A-Z]/g, (sign) => `-${sign.toLowerCase()}`)

/** A secret as a file holds it, without the line end that an editor leaves. */
function readSecret(setting: string, at: string): string {
  try {
    if (statSync(at).size <= MOST_SECRET_BYTES) {
      const text = readFileSync(at, 'utf8').replace(/\r?\n$/, '')
      if (text !== '') return text
      throw secretFileInvalid(setting, at, 'it is empty')
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (!('errno' in (error as object))) throw error
    throw secretFileInvalid(setting, at, `it cannot be read (${code})`)
  }
  throw secretFileInvalid(setting, at, `it is longer than ${MOST_SECRET_BYTES} bytes`)
}

/** Variables that look like settings of ours and are none: most likely misspelt. */
export function unknownVariables(settings: Settings, env: Environment): string[] {
  const known = Object.values(settings).flatMap(({ name, secret }) =>
    secret ? [name, `${name}_FILE`] : [name],
  )
  return Object.keys(env).filter((name) => name.startsWith('SELVEDGE_') && !known.includes(name))
}
