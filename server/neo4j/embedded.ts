import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Config } from '../config.ts'
import { NEO4J_VERSION, resolveArtifacts } from './artifacts.ts'
import { boltAnswers, freePort } from './bolt.ts'
import { type Hold, takeHold } from './hold.ts'
import {
  type Home,
  homeAt,
  makeFolders,
  passwordOf,
  USERNAME,
  writeConf,
  writeInitialPassword,
} from './home.ts'
import { withLock } from './lock.ts'
import { portInUse, startFailed, startTimedOut, stillRunning, storeLocked } from './problems.ts'
import { processMark } from './process-mark.ts'
import type { Progress } from './progress.ts'
import { type Running, readState } from './state.ts'
import type { Launch } from './supervisor.ts'

const START_SECONDS = 120
const WAIT_SECONDS = 15 * 60
const KILL_SECONDS = 25
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

/** A Neo4j of this home that this process has a hold on. */
export interface Embedded {
  uri: string
  username: string
  password: string
  port: number
  pid: number
  /** It ran before: another process started it. */
  shared: boolean
  hold: Hold
}

export interface EmbeddedOptions {
  java: string
  maven: string | null
  progress: Progress
}

const locked = <T>(home: Home, progress: Progress, work: () => Promise<T>) =>
  withLock(
    home.lock,
    {
      waitSeconds: WAIT_SECONDS,
      onWait: () => progress.step('waiting for another process that starts or stops Neo4j …'),
    },
    work,
  )

/** Joins the Neo4j that runs for this home, or gives `null`. Takes no lock and starts nothing. */
export async function joinRunning(home: Home): Promise<Embedded | null> {
  const state = readState(home)
  if (!state?.running) return null
  const hold = await takeHold(state.running)
  if (hold === null) return null
  return held(home, state.port, state.running.pid, hold, true)
}

const held = (home: Home, port: number, pid: number, hold: Hold, shared: boolean): Embedded => ({
  uri: `bolt://127.0.0.1:${port}`,
  username: USERNAME,
  password: passwordOf(home),
  port,
  pid,
  shared,
  hold,
})

/**
 * Starts Neo4j as a child process for this home, or joins the one that runs; it has answered when
 * this resolves. Of several processes that ask at once, one starts it and the others join.
 *
 * @throws {Problem} NEO4J_DOWNLOAD_FAILED, NEO4J_START_FAILED, NEO4J_START_TIMEOUT,
 *   NEO4J_STORE_LOCKED, NEO4J_PORT_IN_USE, NEO4J_PASSWORD_LOST, NEO4J_LOCK_TIMEOUT.
 */
export async function startEmbedded(config: Config, options: EmbeddedOptions): Promise<Embedded> {
  const home = homeAt(config.home)
  makeFolders(home)
  return locked(home, options.progress, async () => {
    const running = await joinRunning(home)
    if (running !== null) return running
    await endOrphan(home)
    const jars = await resolveArtifacts({ cache: config.cache, ...options })
    return launch(home, config, { ...options, jars })
  })
}

async function launch(
  home: Home,
  config: Config,
  { java, jars, progress }: EmbeddedOptions & { jars: string },
): Promise<Embedded> {
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
  await untilItAnswers(home, port, { hold, progress })
  return held(home, port, pid, hold, false)
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
  ]
}

async function superviseJava(home: Home, what: Launch): Promise<{ pid: number; hold: Hold }> {
  const program = fileURLToPath(new URL('./supervisor.ts', import.meta.url))
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', program, JSON.stringify(what)],
    { detached: true, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] },
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
  progress: Progress
}

async function untilItAnswers(home: Home, port: number, { hold, progress }: Starting) {
  const startedAt = Date.now()
  const seconds = () => Math.round((Date.now() - startedAt) / 1000)
  let died = false
  hold.gone.then(() => {
    died = true
  })
  while (!(await boltAnswers(port))) {
    if (died) throw whyItDied(home, port)
    if (seconds() > START_SECONDS) {
      await hold.stop()
      throw startTimedOut(START_SECONDS, tailOf(home))
    }
    progress.step(`starting Neo4j ${NEO4J_VERSION} … ${seconds()} s`)
    await sleep(150)
  }
  progress.done(`Neo4j ${NEO4J_VERSION} answers at 127.0.0.1:${port} after ${seconds()} s`)
}

function tailOf({ log }: Home): string {
  try {
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
    const causes = lines.filter((line) => /^(Caused by|.* ERROR )/.test(line))
    return [...causes.slice(-5), ...lines.slice(-10)].map((line) => `  ${line}`).join('\n')
  } catch {
    return '  (it wrote none)'
  }
}

/** Neo4j gives no exit codes of its own: its log is all that says why it did not start. */
function whyItDied(home: Home, port: number) {
  const tail = tailOf(home)
  if (/StoreLockException|FileLockException|Lock file has been locked/.test(tail)) {
    return storeLocked(home.data)
  }
  if (/BindException|Address already in use/.test(tail)) return portInUse(port)
  return startFailed(tail)
}

/** Whether the process that the state names is still that one, by its start and command line. */
export const isStill = ({ pid, mark }: Running) => mark !== '' && processMark(pid) === mark

/** Ends a Neo4j of this home whose supervisor was killed: nobody can hold it any more. */
export async function endOrphan(home: Home): Promise<boolean> {
  const running = readState(home)?.running
  if (!running || !isStill(running)) return false
  process.kill(running.pid, 'SIGTERM')
  for (let tenths = 0; isStill(running); tenths++) {
    if (tenths === (KILL_SECONDS - 5) * 10) process.kill(running.pid, 'SIGKILL')
    if (tenths > KILL_SECONDS * 10) throw stillRunning(running.pid)
    await sleep(100)
  }
  return true
}

/** Ends the Neo4j of this home, whoever uses it. Gives whether there was one. */
export async function stopEmbedded(config: Config, progress: Progress): Promise<boolean> {
  const home = homeAt(config.home)
  if (readState(home) === null) return false
  return locked(home, progress, async () => {
    const running = await joinRunning(home)
    if (running === null) return endOrphan(home)
    await running.hold.stop()
    return true
  })
}
