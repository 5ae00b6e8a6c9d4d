import { existsSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Config } from '../config.ts'
import { NEO4J_VERSION } from './artifacts.ts'
import { boltAnswers } from './bolt.ts'
import { containerName, hasVolume, removeContainer, stopContainer } from './container.ts'
import { isStill, stopEmbedded } from './embedded.ts'
import { docker } from './engine.ts'
import { takeHold } from './hold.ts'
import { homeAt } from './home.ts'
import type { Progress } from './progress.ts'
import { readState } from './state.ts'

/** What `selvedge neo4j status` says. */
export interface Status {
  state: 'running' | 'stopped' | 'orphaned' | 'given'
  way: 'given' | 'docker' | 'embedded' | null
  uri: string | null
  version: string | null
  pid: number | null
  startedAt: string | null
  answers: boolean | null
  home: string
}

const nothing = { way: null, uri: null, version: null, pid: null, startedAt: null, answers: null }

/** Looks, and changes nothing: it neither takes a lock nor starts anything. */
export async function neo4jStatus(config: Config): Promise<Status> {
  const home = homeAt(config.home)
  const base = { ...nothing, home: config.home }
  if (config.neo4jUri !== null) {
    return { ...base, state: 'given', way: 'given', uri: config.neo4jUri }
  }
  if (hasVolume(home)) return containerStatus(config, base)
  const state = readState(home)
  const running = state?.running
  if (!running || !isStill(running)) return { ...base, state: 'stopped' }
  const hold = await takeHold(running)
  hold?.leave()
  return {
    ...base,
    state: hold === null ? 'orphaned' : 'running',
    way: 'embedded',
    uri: `bolt://127.0.0.1:${state.port}`,
    version: state.version,
    pid: running.pid,
    startedAt: running.startedAt,
    answers: await boltAnswers(state.port),
  }
}

async function containerStatus(config: Config, base: typeof nothing & { home: string }) {
  const found = await docker.find(containerName(config.home)).catch(() => undefined)
  const uri = found?.uri ?? null
  const state = uri === null ? 'stopped' : 'running'
  return { ...base, state, way: 'docker', uri, version: NEO4J_VERSION } as const
}

/** Ends the Neo4j of this home, whoever uses it. Gives whether there was one. */
export async function stopNeo4j(config: Config, progress: Progress): Promise<boolean> {
  if (hasVolume(homeAt(config.home))) return stopContainer(config)
  return stopEmbedded(config, progress)
}

/** Ends the Neo4j of this home and deletes its data and its password. Gives whether there was any. */
export async function resetNeo4j(config: Config, progress: Progress): Promise<boolean> {
  const home = homeAt(config.home)
  await stopNeo4j(config, progress)
  const had = hasVolume(home) || existsSync(home.data)
  if (hasVolume(home)) await removeContainer(config)
  const aside = `${home.data}.unfinished`
  for (const part of [home.data, aside, home.conf, home.state, home.password, dirname(home.log)]) {
    rmSync(part, { recursive: true, force: true })
  }
  return had
}
