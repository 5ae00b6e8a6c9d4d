import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Config } from '../config.ts'
import { NEO4J_VERSION } from './artifacts.ts'
import { boltAnswers, freePort } from './bolt.ts'
import { type Hold, takeHold } from './hold.ts'
import { type Home, noteBirth, passwordOf, writeConf, writeInitialPassword } from './home.ts'
import { jarsDamaged, portInUse, startFailed, startTimedOut, storeLocked } from './problems.ts'
import type { Progress } from './progress.ts'
import { ranOutOfRoom } from './room.ts'
import { readState } from './state.ts'
import type { Launch } from './supervisor.ts'

const START_SECONDS = 120
const MAIN = 'org.neo4j.server.CommunityEntryPoint'
/** As in the neo4j.conf that Neo4j is shipped with; the heap is the caller's. */
const JVM = [
  '-XX:+UseG1GC',
  '-XX:-OmitStackTraceInFastThrow',
  '-XX:+UnlockExperimentalVMOptions',
  '-XX:+TrustFinalNonStaticFields',
  '-XX:+DisableExplicitGC',
  '-XX:+ExitOnOutOfMemoryError',
  '-Djdk.nio.maxCachedBufferSize=1024',
  '-Dio.netty.tryReflectionSetAccessible=true',
  '-Dlog4j2.disable.jmx=true',
  '-Dfile.encoding=UTF-8',
  ...['java.nio', 'java.io', 'sun.nio.ch', 'java.lang'].map(
    (name) => `--add-opens=java.base/${name}=ALL-UNNAMED`,
  ),
]

/** What a start needs that is found out before it. */
export interface Ready {
  java: string
  /** The folder with Neo4j's jars. */
  jars: string
  progress: Progress
}

/** A Neo4j that this process has just started. */
export interface Launched {
  port: number
  pid: number
  hold: Hold
}

/**
 * Starts Neo4j under its supervisor and resolves once it answers. Called under the home's lock.
 *
 * @throws {Problem} NEO4J_START_FAILED, NEO4J_START_TIMEOUT, NEO4J_STORE_LOCKED,
 *   NEO4J_PORT_IN_USE, NEO4J_PASSWORD_LOST, NEO4J_DISK_FULL, NEO4J_JARS_DAMAGED.
 */
export async function launch(
  home: Home,
  config: Config,
  { java, jars, progress }: Ready,
): Promise<Launched> {
  const port = await freePort(readState(home)?.port ?? null)
  writeInitialPassword(home, passwordOf(home))
  writeConf(home, config, port)
  const { pid, hold } = await superviseJava(home, {
    command: java,
    args: javaArguments(home, config, jars),
    log: home.log,
    state: home.state,
    version: NEO4J_VERSION,
    port,
  })
  await untilItAnswers(home, port, { hold, progress, jars })
  return { port, pid, hold }
}

function javaArguments(home: Home, config: Config, jars: string): string[] {
  return [
    `-Xmx${config.neo4jHeap}`,
    ...JVM,
    '-cp',
    `${jars}/*`,
    MAIN,
    `--home-dir=${home.root}`,
    `--config-dir=${home.conf}`,
    '--console-mode',
  ]
}

async function superviseJava(home: Home, what: Launch): Promise<{ pid: number; hold: Hold }> {
  const program = fileURLToPath(new URL('./supervisor.ts', import.meta.url))
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', program, JSON.stringify(what)],
    { cwd: home.root, detached: true, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] },
  )
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (chunk) => {
    said += chunk
  })
  const ready = await new Promise<boolean>((resolve) => {
    child.once('message', () => resolve(true))
    child.once('exit', () => resolve(false))
    child.once('error', () => resolve(false))
  })
  child.stderr?.destroy()
  if (child.connected) child.disconnect()
  child.unref()
  const running = readState(home)?.running
  const hold = ready && running ? await takeHold(running) : null
  if (!running || hold === null) throw startFailed(said + tailOf(home))
  return { pid: running.pid, hold }
}

interface Starting {
  hold: Hold
  /** The folder that its jars are in. */
  jars: string
  progress: Progress
}

/** Waits for Bolt, and notes that this home's database has been born before anybody may use it. */
export async function untilItAnswers(home: Home, port: number, { hold, progress, jars }: Starting) {
  const startedAt = performance.now()
  const seconds = () => Math.round((performance.now() - startedAt) / 1000)
  let died = false
  void hold.gone.then(() => {
    died = true
  })
  while (!(await boltAnswers(port))) {
    if (died) throw whyItDied(home, port, jars)
    if (seconds() > START_SECONDS) {
      await hold.stop()
      throw startTimedOut(START_SECONDS, tailOf(home))
    }
    progress.step(`starting Neo4j ${NEO4J_VERSION} … ${seconds()} s`)
    await sleep(150)
  }
  noteBirth(home)
  progress.done(`Neo4j ${NEO4J_VERSION} answers at 127.0.0.1:${port} after ${seconds()} s`)
}

function tailOf({ log }: Home): string {
  try {
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
    const told = lines.filter((line) => !/^\s+(at|\.\.\.) /.test(line))
    return told
      .slice(-12)
      .map((line) => `  ${line}`)
      .join('\n')
  } catch {
    return '  (it wrote none)'
  }
}

/** What Java says of an archive that is not what it was. */
const JARS =
  /ZipException|zip END header|invalid (?:LOC|CEN) header|ClassFormatError|NoClassDefFoundError|ClassNotFoundException|Could not find or load main class|NoSuchMethodError|ServiceConfigurationError/

/** Neo4j gives no exit codes of its own: its log is all that says why it did not start. */
function whyItDied(home: Home, port: number, jars: string) {
  const tail = tailOf(home)
  if (/StoreLockException|FileLockException|Lock file has been locked/.test(tail)) {
    return storeLocked(home.data)
  }
  if (/BindException|Address already in use/.test(tail)) return portInUse(port)
  const full = ranOutOfRoom(home, tail)
  if (full) return full
  if (JARS.test(tail)) return jarsDamaged(jars, tail)
  return startFailed(tail)
}
