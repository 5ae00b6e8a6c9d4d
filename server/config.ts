import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { Problem } from '../core/problem.ts'
import { parseReplayer } from './witnessing/ask-replayer.ts'

/** One setting: read from one environment variable, checked once, listed by `selvedge config`. */
interface Setting<Value> {
  /** The environment variable. */
  readonly name: string
  readonly meaning: string
  /** What holds when the variable is not set, as a person would write it; `null` is "nothing". */
  readonly fallback: (env: Environment) => string | null
  /** Turns the text into the value, or returns a `Refusal` that says what would be accepted. */
  readonly read: (text: string) => Value | Refusal
  /** The value is never shown. */
  readonly secret?: true
}

/** The environment of a process, or what a test gives in its place. */
export type Environment = Readonly<Record<string, string | undefined>>

class Refusal {
  readonly wanted: string
  constructor(wanted: string) {
    this.wanted = wanted
  }
}

const refuse = (wanted: string) => new Refusal(wanted)
const text = (value: string) => value
const path = (value: string) => resolve(value)
const oneOf =
  <const Choice extends string>(...choices: Choice[]) =>
  (value: string) =>
    choices.find((choice) => choice === value) ?? refuse(`one of ${choices.join(', ')}`)
const flag = (value: string) =>
  ({ true: true, 1: true, false: false, 0: false })[value] ?? refuse('true or false')
const wholeNumber = (from: number, to: number) => (value: string) => {
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN
  return number >= from && number <= to ? number : refuse(`a whole number from ${from} to ${to}`)
}
const seed = (value: string) =>
  value === 'random' || /^-?\d{1,10}$/.test(value) ? value : refuse('a whole number, or random')
const memory = (value: string) =>
  /^[1-9]\d{0,5}[kmg]$/i.test(value) ? value.toLowerCase() : refuse('a size such as 512m or 2g')
const neo4jUri = (value: string) =>
  /^(neo4j|bolt)(\+s|\+ssc)?:\/\/\S+$/.test(value)
    ? value
    : refuse('a URI such as neo4j://host:7687 or neo4j+s://….databases.neo4j.io')
const serviceName = (value: string) =>
  /^[a-z0-9]([a-z0-9.-]{0,126}[a-z0-9])?$/.test(value) ? value : refuse('a lower-case host name')

const always = (value: string | null) => () => value
const nothing = always(null)

function setting<Value>(
  name: string,
  fallback: Setting<Value>['fallback'],
  read: Setting<Value>['read'],
  meaning: string,
  secret?: true,
): Setting<Value> {
  return { name, fallback, read, meaning, ...(secret && { secret }) }
}

/** Every setting there is. A test holds that no other environment variable is read anywhere. */
export const SETTINGS = {
  home: setting('SELVEDGE_HOME', always('.selvedge'), path, 'Where data and keys are kept.'),
  host: setting('SELVEDGE_HOST', always('127.0.0.1'), text, 'The address that the server binds.'),
  port: setting(
    'SELVEDGE_PORT',
    always('4600'),
    wholeNumber(0, 65_535),
    'The port that the server binds; 0 takes any free one.',
  ),
  service: setting(
    'SELVEDGE_SERVICE',
    always('selvedge.localhost'),
    serviceName,
    'The name of the service: the first part of the origin of every log. Fixed with the first tenant.',
  ),
  signer: setting(
    'SELVEDGE_SIGNER',
    always('true'),
    flag,
    'Whether this process signs checkpoints. Any number of processes may, given one home.',
  ),
  witnessPolicy: setting(
    'SELVEDGE_WITNESS_POLICY',
    nothing,
    path,
    'A C2SP tlog-policy: the witnesses that are asked to cosign checkpoints, and which of them must have.',
  ),
  witnessWait: setting(
    'SELVEDGE_WITNESS_WAIT',
    always('1000'),
    wholeNumber(0, 30_000),
    'How long an export waits for a witnessed checkpoint, in milliseconds, where there is a policy; and for the note of a replayer, where there is one.',
  ),
  replayer: setting(
    'SELVEDGE_REPLAYER',
    nothing,
    (value) => parseReplayer(value) ?? refuse('a vkey and an address, with a space between'),
    'Who replays the logs (`selvedge witness --replay`), as its vkey and its address: exports bring its note along.',
  ),
  backupDays: setting(
    'SELVEDGE_BACKUP_DAYS',
    always('30'),
    wholeNumber(0, 36_500),
    'How many days backups of the database are kept: for so long an erasure is pending.',
  ),
  keysPassphraseFile: setting(
    'SELVEDGE_KEYS_PASSPHRASE_FILE',
    nothing,
    path,
    'A file whose first line is a passphrase: with it, the private keys under SELVEDGE_HOME are kept encrypted.',
  ),
  keysCommand: setting(
    'SELVEDGE_KEYS_COMMAND',
    nothing,
    path,
    'An executable that holds the private keys instead of files, for instance before a KMS or an HSM.',
  ),
  neo4jUri: setting(
    'NEO4J_URI',
    nothing,
    neo4jUri,
    'A Neo4j server to use. When set, none is looked for and none is started.',
  ),
  neo4jUsername: setting('NEO4J_USERNAME', always('neo4j'), text, 'The user at NEO4J_URI.'),
  neo4jPassword: setting('NEO4J_PASSWORD', always(''), text, 'The password at NEO4J_URI.', true),
  neo4jWay: setting(
    'SELVEDGE_NEO4J',
    always('auto'),
    oneOf('auto', 'docker', 'embedded'),
    'How to find a Neo4j when NEO4J_URI is not set: Docker, then Java with Maven; or only one of them.',
  ),
  neo4jHeap: setting(
    'SELVEDGE_NEO4J_HEAP',
    always('1g'),
    memory,
    'The most Java heap that a Neo4j started by Selvedge may take.',
  ),
  neo4jPageCache: setting(
    'SELVEDGE_NEO4J_PAGECACHE',
    always('512m'),
    memory,
    'The page cache of a Neo4j started by Selvedge.',
  ),
  java: setting(
    'SELVEDGE_JAVA',
    nothing,
    path,
    'The java executable (17 or 21) to run Neo4j with; no other is looked for.',
  ),
  javaHome: setting('JAVA_HOME', nothing, path, 'A Java installation, looked at before the PATH.'),
  searchPath: setting('PATH', nothing, text, 'Where java, mvn and docker are looked for.'),
  cache: setting(
    'SELVEDGE_CACHE',
    (env) => join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'selvedge'),
    path,
    "Where Neo4j's jars (about 125 MB) are kept, for all homes together.",
  ),
  userCache: setting(
    'XDG_CACHE_HOME',
    always('~/.cache'),
    text,
    "The user's cache: SELVEDGE_CACHE lies in it unless set.",
  ),
  noColor: setting('NO_COLOR', nothing, text, 'When set, nothing is printed in colour.'),
  nodeEnv: setting(
    'NODE_ENV',
    nothing,
    text,
    'production makes GraphQL faster, and turns failpoints off.',
  ),
  failpoint: setting(
    'SELVEDGE_FAILPOINT',
    nothing,
    text,
    'Tests only: point:n kills the process at the n-th pass of that point.',
  ),
  testHome: setting(
    'SELVEDGE_TEST_HOME',
    nothing,
    path,
    'Tests only: the home that goes with NEO4J_URI; a temporary one otherwise.',
  ),
  testNoDatabase: setting(
    'SELVEDGE_TEST_NO_DB',
    always('false'),
    flag,
    'Tests only: starts no Neo4j; tests that need one fail.',
  ),
  testSeed: setting(
    'SELVEDGE_TEST_SEED',
    always('33'),
    seed,
    'Tests only: what generated inputs begin with: a number, or «random».',
  ),
} as const

type Settings = typeof SETTINGS
type Key = keyof Settings
type Value<S> = S extends Setting<infer V> ? Exclude<V, Refusal> : never
type MayBeNothing =
  | 'witnessPolicy'
  | 'keysPassphraseFile'
  | 'keysCommand'
  | 'neo4jUri'
  | 'java'
  | 'javaHome'
  | 'searchPath'
  | 'noColor'
  | 'nodeEnv'
  | 'failpoint'
  | 'testHome'

/** All settings, checked. */
export type Config = {
  readonly [K in Key]: Value<Settings[K]> | (K extends MayBeNothing ? null : never)
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
