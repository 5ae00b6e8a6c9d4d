import { containerFailed } from './problems.ts'

const BOLT = 7687
const PROBE_SECONDS = 5
const START_SECONDS = 240
const NOT_FOUND = 404

/** Whether a Docker engine answers, and if not, why. */
export interface DockerProbe {
  answers: boolean
  because: string
}

/** What a container is made from. */
export interface Description {
  name: string
  image: string
  password: string
  environment: Record<string, string>
  /** Leaves the container when this process ends. */
  keep: boolean
}

/** The little that Selvedge asks of a Docker engine. */
export interface Engine {
  /** Where a container of that name listens for Bolt: `null` when it is there and does not run. */
  find(name: string): Promise<{ uri: string | null } | undefined>
  /** Starts a container with a volume of the same name at /data; resolves when Neo4j has started. */
  start(description: Description): Promise<string>
  /** Stops it and takes it away; its volume stays. */
  remove(name: string): Promise<void>
  removeVolume(name: string): Promise<void>
}

const late = (seconds: number) =>
  new Promise<DockerProbe>((resolve) => {
    const because = `no Docker engine answered within ${seconds} s`
    setTimeout(() => resolve({ answers: false, because }), seconds * 1000).unref()
  })

async function ask(): Promise<DockerProbe> {
  let containers: typeof import('testcontainers')
  try {
    containers = await import('testcontainers')
  } catch {
    return { answers: false, because: 'the npm package testcontainers is not installed' }
  }
  try {
    const { info } = await containers.getContainerRuntimeClient()
    return { answers: true, because: `Docker ${info.containerRuntime.serverVersion} answers` }
  } catch {
    return { answers: false, because: 'no Docker engine answers' }
  }
}

/**
 * Asks for a Docker engine where testcontainers looks for one (DOCKER_HOST, the usual sockets).
 *
 * An engine that hangs counts as none: a start must not wait for it.
 */
export const probeDocker = (seconds = PROBE_SECONDS): Promise<DockerProbe> =>
  Promise.race([ask(), late(seconds)])

/** testcontainers keeps its engine client; it has no call for volumes, the client below it has. */
async function openClient() {
  const { getContainerRuntimeClient } = await import('testcontainers')
  const client = await getContainerRuntimeClient()
  const { dockerode } = client.container as unknown as {
    dockerode: { getVolume(name: string): { remove(): Promise<unknown> } }
  }
  return { containers: client.container, host: client.info.containerRuntime.host, dockerode }
}

const unlessMissing = (error: { statusCode?: number }) => {
  if (error.statusCode !== NOT_FOUND) throw error
}

/** The engine that testcontainers finds. */
export const docker: Engine = {
  async find(name) {
    const { containers, host } = await openClient()
    const found = await containers.getById(name).inspect().catch(unlessMissing)
    if (!found) return undefined
    const port = found.NetworkSettings.Ports[`${BOLT}/tcp`]?.[0]?.HostPort
    return { uri: found.State.Running && port ? `bolt://${host}:${port}` : null }
  },

  async start({ name, image, password, environment, keep }) {
    try {
      const { Neo4jContainer } = await import('@testcontainers/neo4j')
      const container = await new Neo4jContainer(image)
        .withPassword(password)
        .withName(name)
        .withEnvironment(environment)
        .withBindMounts([{ source: name, target: '/data' }])
        .withStartupTimeout(START_SECONDS * 1000)
        // Else testcontainers' reaper takes it away when this process ends, killed or not.
        .withAutoCleanup(!keep)
        .start()
      return `bolt://${container.getHost()}:${container.getMappedPort(BOLT)}`
    } catch (error) {
      throw containerFailed(error)
    }
  },

  async remove(name) {
    const { containers } = await openClient()
    const container = containers.getById(name)
    await container.stop({ t: 20 }).catch(() => {})
    await container.remove({ force: true }).catch(unlessMissing)
  },

  async removeVolume(name) {
    const { dockerode } = await openClient()
    await dockerode.getVolume(name).remove().catch(unlessMissing)
  },
}
