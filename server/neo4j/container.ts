import { createHash } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import type { Config } from '../config.ts'
import { NEO4J_VERSION } from './artifacts.ts'
import { writeDurably } from './durable.ts'
import { docker, type Engine } from './engine.ts'
import { type Home, homeAt, makeFolders, passwordOf, serverSettings, USERNAME } from './home.ts'
import { withLock } from './lock.ts'
import type { Progress } from './progress.ts'

export const IMAGE = `neo4j:${NEO4J_VERSION}-community`
const WAIT_SECONDS = 15 * 60

/** A Neo4j in a container of this home. */
export interface Contained {
  uri: string
  username: string
  password: string
  name: string
  /** It ran before: another process started it, and will stop it. */
  shared: boolean
}

/** The container and its volume are named after the home: two homes never share data. */
export const containerName = (home: string) =>
  `selvedge-${createHash('sha256').update(home).digest('hex').slice(0, 12)}`

/** Whether this home has kept data in a container's volume. */
export const hasVolume = ({ volume }: Home) => existsSync(volume)

/** How the image spells a setting: dots become underscores, and underscores double. */
export const imageVariable = (setting: string) =>
  `NEO4J_${setting.replaceAll('_', '__').replaceAll('.', '_')}`

function environmentOf(config: Config): Record<string, string> {
  const settings = { ...serverSettings(config), 'server.memory.heap.max_size': config.neo4jHeap }
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [imageVariable(name), value]),
  )
}

export interface ContainerOptions {
  keep: boolean
  progress: Progress
  engine?: Engine
}

/**
 * Runs the official image under the name of this home, or joins the container that runs; what a
 * stopped one kept is in the volume, so that one is taken away and made anew.
 *
 * @throws {Problem} NEO4J_CONTAINER_FAILED, NEO4J_PASSWORD_LOST, NEO4J_LOCK_TIMEOUT.
 */
export async function startContainer(
  config: Config,
  { keep, progress, engine = docker }: ContainerOptions,
): Promise<Contained> {
  const home = homeAt(config.home)
  makeFolders(home)
  const onWait = () => progress.step('waiting for another process that starts Neo4j …')
  return withLock(home.lock, { waitSeconds: WAIT_SECONDS, onWait }, async () => {
    const name = containerName(config.home)
    const password = passwordOf(home)
    const contained = { username: USERNAME, password, name }
    const found = await engine.find(name)
    if (found?.uri) return { ...contained, uri: found.uri, shared: true }
    if (found) await engine.remove(name)
    progress.step(`starting ${IMAGE} in Docker (the first time, Docker fetches it) …`)
    writeDurably(home.volume, `${name}\n`)
    const environment = environmentOf(config)
    const uri = await engine.start({ name, image: IMAGE, password, environment, keep })
    progress.done(`Neo4j ${NEO4J_VERSION} runs in container ${name}`)
    return { ...contained, uri, shared: false }
  })
}

/** Stops the container of this home. Gives whether one ran. */
export async function stopContainer({ home }: Config, engine: Engine = docker): Promise<boolean> {
  const name = containerName(home)
  const found = await engine.find(name)
  if (found) await engine.remove(name)
  return Boolean(found?.uri)
}

/** Takes away the container of this home and its data. */
export async function removeContainer(config: Config, engine: Engine = docker): Promise<void> {
  await stopContainer(config, engine)
  await engine.removeVolume(containerName(config.home))
  rmSync(homeAt(config.home).volume, { force: true })
}
