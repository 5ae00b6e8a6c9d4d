import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../config.ts'
import { disownArtifacts, findArtifacts, resolveArtifacts } from './artifacts.ts'
import { boltAnswers } from './bolt.ts'
import { type Hold, takeHold } from './hold.ts'
import { type Home, homeAt, makeFolders, passwordOf, putAsideUnborn, USERNAME } from './home.ts'
import { launch, untilItAnswers } from './launch.ts'
import { withLock } from './lock.ts'
import { stillRunning } from './problems.ts'
import { processMark } from './process-mark.ts'
import type { Progress } from './progress.ts'
import { makeHome, requireRoom } from './room.ts'
import { type Running, readState } from './state.ts'

const WAIT_SECONDS = 15 * 60
const KILL_SECONDS = 25
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

/** Takes a hold on the Neo4j that runs for this home, be it still starting; `null` if none does. */
async function joinRunning(home: Home): Promise<Embedded | null> {
  const state = readState(home)
  if (!state?.running) return null
  const hold = await takeHold(state.running)
  if (hold === null) return null
  return held(home, state.port, state.running.pid, hold, true)
}

/** Joins the Neo4j that answers for this home, or gives `null`. Takes no lock and starts nothing. */
export async function joinEmbedded(selvedgeHome: string): Promise<Embedded | null> {
  const running = await joinRunning(homeAt(selvedgeHome))
  if (running === null || (await boltAnswers(running.port))) return running
  running.hold.leave()
  return null
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
 *   NEO4J_STORE_LOCKED, NEO4J_PORT_IN_USE, NEO4J_PASSWORD_LOST, NEO4J_LOCK_TIMEOUT,
 *   NEO4J_HOME_UNWRITABLE, NEO4J_DISK_FULL, NEO4J_JARS_DAMAGED.
 */
export async function startEmbedded(config: Config, options: EmbeddedOptions): Promise<Embedded> {
  const home = homeAt(config.home)
  makeHome(home)
  return locked(home, options.progress, async () => {
    const running = await joinRunning(home)
    if (running !== null) {
      const jars = findArtifacts(config.cache) ?? config.cache
      await untilItAnswers(home, running.port, { hold: running.hold, jars, ...options })
      return running
    }
    await endOrphan(home)
    putAsideUnborn(home)
    makeFolders(home)
    requireRoom(home)
    const start = async () => {
      const jars = await resolveArtifacts({ cache: config.cache, ...options })
      return launch(home, config, { ...options, jars })
    }
    const { port, pid, hold } = await start().catch((problem) => {
      // Their sizes were right, or they had not been started.
      if (problem.code === 'NEO4J_JARS_DAMAGED') {
        options.progress.done('the jars of Neo4j are damaged: fetching them anew')
        disownArtifacts(config.cache)
        putAsideUnborn(home)
        makeFolders(home)
        return start()
      }
      // Somebody took the port between our look and Java's bind, seconds later.
      if (problem.code !== 'NEO4J_PORT_IN_USE') throw problem
      return start()
    })
    return held(home, port, pid, hold, false)
  })
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
