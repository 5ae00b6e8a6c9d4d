import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import { writeDurably } from './durable.ts'
import { passwordLost } from './problems.ts'

/** The user that Neo4j makes on its first start. */
export const USERNAME = 'neo4j'

/** Where the parts of one home's Neo4j lie. */
export interface Home {
  root: string
  lock: string
  state: string
  password: string
  conf: string
  data: string
  /** There once the database has answered: inside its data, so that a copy of that has it too. */
  born: string
  /** There when the data is in a Docker volume instead. */
  volume: string
  /** What the process prints; Neo4j's own logs lie beside it. */
  log: string
}

export function homeAt(selvedgeHome: string): Home {
  const root = join(selvedgeHome, 'neo4j')
  return {
    root,
    lock: join(root, 'lock'),
    state: join(root, 'state.json'),
    password: join(root, 'password'),
    conf: join(root, 'conf'),
    data: join(root, 'data'),
    born: join(root, 'data', 'selvedge-born'),
    volume: join(root, 'container'),
    log: join(root, 'logs', 'console.log'),
  }
}

/** Whether an embedded Neo4j has ever answered here, and so may have been given data. */
export const hasDatabase = ({ born }: Home) => existsSync(born)

/** Notes that this home's Neo4j has answered. To be called before anybody is told so. */
export function noteBirth(home: Home): void {
  if (!hasDatabase(home)) writeDurably(home.born, `${new Date().toISOString()}\n`)
}

/**
 * Puts aside what a first start that never answered has left: a Neo4j that was killed while it laid
 * out its store cannot start over it again, and nobody can have given it data yet.
 */
export function putAsideUnborn(home: Home): void {
  if (hasDatabase(home) || !existsSync(join(home.data, 'databases'))) return
  const aside = `${home.data}.unfinished`
  rmSync(aside, { recursive: true, force: true })
  renameSync(home.data, aside)
}

export function makeFolders({ root, conf, data, log }: Home): void {
  mkdirSync(root, { recursive: true, mode: 0o700 })
  for (const folder of [conf, join(data, 'dbms'), join(log, '..')]) {
    mkdirSync(folder, { recursive: true })
  }
}

/**
 * The password of this home's Neo4j, made and made durable on first use: it must be safe before the
 * database learns it, or a crash between the two would lock us out.
 *
 * @throws {Problem} NEO4J_PASSWORD_LOST when there is a database and no password.
 */
export function passwordOf(home: Home): string {
  if (existsSync(home.password)) return readFileSync(home.password, 'utf8').trim()
  if (hasDatabase(home) || existsSync(home.volume)) throw passwordLost(home.password)
  const password = randomBytes(24).toString('base64url')
  writeDurably(home.password, `${password}\n`)
  return password
}

const ITERATIONS = 1024

/**
 * One line of Neo4j's `auth.ini`, as `neo4j-admin dbms set-initial-password` writes it.
 *
 * Plain iterated SHA-256 is what Neo4j reads there; our password is 192 random bits, so its
 * weakness against guessing does not matter.
 */
export function initialPasswordLine(password: string, salt: Uint8Array): string {
  const sha256 = (...parts: (string | Uint8Array)[]) =>
    parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()
  let digest = sha256(salt, password)
  for (let round = 1; round < ITERATIONS; round++) digest = sha256(digest)
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
  return `${USERNAME}:SHA-256,${hex(digest)},${hex(salt)},${ITERATIONS}:`
}

/**
 * Tells Neo4j its password before it is first started.
 *
 * Neo4j applies the file at every start for as long as the user still has the password that all
 * installations share: so a crash at any point of the first start is mended by the next start.
 */
export function writeInitialPassword(home: Home, password: string): void {
  const line = initialPasswordLine(password, randomBytes(32))
  writeDurably(join(home.data, 'dbms', 'auth.ini'), line)
}

/** For how long a Neo4j that Selvedge starts keeps what was written in its transaction logs. */
export const TRANSACTION_LOG_DAYS = 2

/** What is fixed about every Neo4j that Selvedge starts, by either way. */
export const serverSettings = ({ neo4jPageCache }: Pick<Config, 'neo4jPageCache'>) => ({
  'server.http.enabled': 'false',
  'server.https.enabled': 'false',
  'dbms.usage_report.enabled': 'false',
  'server.memory.pagecache.size': neo4jPageCache,
  // Without a bound the logs of a busy day outgrow the store many times over.
  'db.tx_log.rotation.size': '64m',
  'db.tx_log.rotation.retention_policy': `${TRANSACTION_LOG_DAYS} days 512M`,
  'db.lock.acquisition.timeout': '5s',
  // The driver gives up long before: this only ends what a killed client has left behind.
  'db.transaction.timeout': '60s',
  // Java says that it is there while it works, and drivers give up one that has not for three times
  // as long: with what is usual, requests to a machine that hangs would wait for two minutes.
  'server.bolt.connection_keep_alive': '5s',
  'server.bolt.connection_keep_alive_streaming_scheduling_interval': '5s',
  'server.bolt.connection_keep_alive_probes': '3',
  // Else each of two connectors listens on for five seconds when told to stop.
  'internal.dbms.bolt.netty_server_shutdown_quiet_period': '0',
})

/** Writes neo4j.conf anew: it is ours, and follows the settings of this start. */
export function writeConf(home: Home, config: Config, port: number): void {
  const settings = {
    'server.bolt.listen_address': `127.0.0.1:${port}`,
    'server.bolt.advertised_address': `127.0.0.1:${port}`,
    'dbms.security.auth_enabled': 'true',
    ...serverSettings(config),
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`)
  writeFileSync(join(home.conf, 'neo4j.conf'), lines.join(''))
}
