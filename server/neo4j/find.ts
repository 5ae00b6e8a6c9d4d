import type { Config } from '../config.ts'
import { findArtifacts } from './artifacts.ts'
import { hasVolume, startContainer, stopContainer } from './container.ts'
import { joinEmbedded, startEmbedded } from './embedded.ts'
import { type DockerProbe, probeDocker } from './engine.ts'
import { givenNeo4j } from './given.ts'
import { type Home, hasDatabase, homeAt } from './home.ts'
import { findJava, fits, type Java, onPath } from './java.ts'
import { neo4jNotFound } from './problems.ts'
import { type Progress, silent } from './progress.ts'
import { keepRunning, type Reviving } from './revive.ts'

export type Way = 'given' | 'docker' | 'embedded'

/** What can be asked of the machine; each is asked only when the choice depends on it. */
export interface Probes {
  /** NEO4J_URI. */
  uri: string | null
  /** SELVEDGE_NEO4J. */
  wanted: 'auto' | 'docker' | 'embedded'
  /** The way by which this home has kept data before. */
  kept: 'docker' | 'embedded' | null
  docker(): Promise<DockerProbe>
  java(): Promise<readonly Java[]>
  maven(): string | null
  /** The jars are already in the cache: Maven is not needed. */
  fetched(): boolean
}

export type Choice =
  | { way: 'given' }
  | { way: 'docker' }
  | { way: 'embedded'; java: string; maven: string | null }
  | { way: null; because: string[] }

/**
 * Chooses the way to a Neo4j (docs/neo4j.md): what the user names, else Docker, else Java with Maven.
 *
 * A home that has data keeps its way: or installing Docker would seem to empty the database.
 */
export async function chooseWay(probes: Probes): Promise<Choice> {
  if (probes.uri !== null) return { way: 'given' }
  const only = probes.wanted === 'auto' ? probes.kept : probes.wanted
  const because: string[] = []
  if (only !== 'embedded') {
    const docker = await probes.docker()
    if (docker.answers) return { way: 'docker' }
    because.push(docker.because)
  }
  if (only === 'docker') {
    because.push(
      probes.wanted === 'docker'
        ? 'SELVEDGE_NEO4J=docker allows no other way'
        : 'the data of this SELVEDGE_HOME is in a Docker volume',
    )
    return { way: null, because }
  }
  const { java, why } = chooseJava(await probes.java())
  const maven = probes.maven()
  if (java !== null && (maven !== null || probes.fetched())) return { way: 'embedded', java, maven }
  if (java === null) because.push(why)
  if (maven === null && !probes.fetched()) because.push('Maven (mvn) is not on the PATH')
  return { way: null, because }
}

function chooseJava(found: readonly Java[]): { java: string | null; why: string } {
  const fitting = found.find(fits)
  if (fitting) return { java: fitting.path, why: '' }
  if (found.length === 0) return { java: null, why: 'no Java was found' }
  const named = found.map(({ path, version }) => `${path} (${version ?? 'no version told'})`)
  return { java: null, why: `Neo4j 5.26 needs Java 17 or 21; found only ${named.join(', ')}` }
}

function wayOf(home: Home) {
  if (hasDatabase(home)) return 'embedded'
  return hasVolume(home) ? 'docker' : null
}

export const probesOf = (config: Config): Probes => ({
  uri: config.neo4jUri,
  wanted: config.neo4jWay,
  kept: wayOf(homeAt(config.home)),
  docker: () => probeDocker(),
  java: () => findJava(config),
  maven: () => onPath('mvn', config.searchPath),
  fetched: () => findArtifacts(config.cache) !== null,
})

/** A Neo4j that answers. */
export interface Neo4j {
  uri: string
  username: string
  password: string
  way: Way
  /** One sentence for a person: which way was taken, and where it is. */
  describe: string
  /** Selvedge runs it, and may stop it. */
  ours: boolean
  /** Lets go of it: ends it where it is ours, was not asked to stay, and nobody else uses it. */
  stop(): Promise<void>
  /** Resolves when it has ended although nobody here asked; never where that cannot be known. */
  gone: Promise<void>
}

const never = new Promise<void>(() => {})

export interface ResolveOptions {
  progress?: Progress
  /** Leaves it running when this process ends. */
  keep?: boolean
  /** Where given: one that was started here is started again when it has ended, and this is told. */
  onNeo4jEnded?: (problem: unknown) => void
}

/**
 * Finds or starts the Neo4j that the configuration leads to.
 *
 * @throws {Problem} NEO4J_NOT_FOUND with the three cures, or what went wrong on the way chosen.
 */
export async function resolveNeo4j(
  config: Config,
  { progress = silent, keep = false, onNeo4jEnded }: ResolveOptions = {},
): Promise<Neo4j> {
  const given = givenNeo4j(config)
  if (given !== null) {
    const describe = `NEO4J_URI: ${given.uri}`
    return { ...given, way: 'given', describe, ours: false, stop: async () => {}, gone: never }
  }
  const reviving = onNeo4jEnded && revivingOf(config, { keep, onNeo4jEnded })
  const running = await joinEmbedded(config.home)
  if (running !== null) return fromEmbedded(running, keep, reviving)
  const choice = await chooseWay(probesOf(config))
  if (choice.way === 'docker') return fromContainer(config, { progress, keep })
  if (choice.way === 'embedded') {
    return fromEmbedded(await startEmbedded(config, { ...choice, progress }), keep, reviving)
  }
  throw neo4jNotFound('because' in choice ? choice.because : [])
}

function revivingOf(
  config: Config,
  { keep, onNeo4jEnded }: Required<Pick<ResolveOptions, 'keep' | 'onNeo4jEnded'>>,
): Reviving {
  return {
    join: () => joinEmbedded(config.home),
    async start() {
      const choice = await chooseWay({ ...probesOf(config), wanted: 'embedded' })
      if (choice.way !== 'embedded') throw neo4jNotFound('because' in choice ? choice.because : [])
      const started = await startEmbedded(config, { ...choice, progress: silent })
      if (keep) await started.hold.keep()
      return started
    },
    onEnded: onNeo4jEnded,
  }
}

async function fromEmbedded(
  started: Awaited<ReturnType<typeof startEmbedded>>,
  keep: boolean,
  reviving: Reviving | undefined,
): Promise<Neo4j> {
  const { uri, username, password, hold, shared, pid } = started
  if (keep) await hold.keep()
  const how = shared ? 'which was already running' : 'as a child process'
  return {
    uri,
    username,
    password,
    way: 'embedded',
    describe: `embedded Neo4j, ${how} (process ${pid}): ${uri}`,
    ours: true,
    stop: reviving ? keepRunning(started, reviving) : () => hold.release(),
    gone: reviving ? never : hold.gone,
  }
}

async function fromContainer(
  config: Config,
  options: { progress: Progress; keep: boolean },
): Promise<Neo4j> {
  const { uri, username, password, name, shared } = await startContainer(config, options)
  const stays = options.keep || shared
  return {
    uri,
    username,
    password,
    way: 'docker',
    describe: `Neo4j in Docker container ${name}${shared ? ', which was already running' : ''}: ${uri}`,
    ours: true,
    stop: async () => {
      if (!stays) await stopContainer(config)
    },
    gone: never,
  }
}
