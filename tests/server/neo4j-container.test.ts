import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { openDatabase } from '../../lineage/graph.ts'
import { readConfig } from '../../server/config.ts'
import {
  containerName,
  IMAGE,
  imageVariable,
  removeContainer,
  startContainer,
  stopContainer,
} from '../../server/neo4j/container.ts'
import { type Description, docker, type Engine, probeDocker } from '../../server/neo4j/engine.ts'
import { homeAt } from '../../server/neo4j/home.ts'
import { silent } from '../../server/neo4j/progress.ts'

const folders: string[] = []
const newHome = () => {
  const folder = mkdtempSync(join(tmpdir(), 'selvedge-container-'))
  folders.push(folder)
  return folder
}
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** An engine that keeps containers and volumes in two lists. */
function recordingEngine() {
  const running = new Map<string, boolean>()
  const volumes = new Set<string>()
  const started: Description[] = []
  const engine: Engine = {
    find: async (name) =>
      running.has(name) ? { uri: running.get(name) ? 'bolt://localhost:7001' : null } : undefined,
    start: async (description) => {
      if (running.has(description.name)) throw new Error('the name is taken')
      running.set(description.name, true)
      volumes.add(description.name)
      started.push(description)
      return 'bolt://localhost:7000'
    },
    remove: async (name) => void running.delete(name),
    removeVolume: async (name) => void volumes.delete(name),
  }
  return { engine, running, volumes, started }
}

describe('a container of a home', () => {
  let home = ''
  beforeEach(() => {
    home = newHome()
  })
  const config = () => readConfig({ SELVEDGE_HOME: home })
  const options = (engine: Engine) => ({ keep: false, progress: silent, engine })

  it('is started from the official image with the settings of every Neo4j of ours', async () => {
    const { engine, started } = recordingEngine()
    const { uri, password } = await startContainer(config(), options(engine))
    expect(uri).toBe('bolt://localhost:7000')
    expect(started[0]).toMatchObject({ image: IMAGE, name: containerName(home), password })
    expect(started[0]?.environment).toMatchObject({
      NEO4J_dbms_usage__report_enabled: 'false',
      NEO4J_db_tx__log_rotation_retention__policy: '2 days 512M',
      NEO4J_server_memory_heap_max__size: '1g',
    })
  })

  it('is joined where it runs', async () => {
    const { engine, started } = recordingEngine()
    const first = await startContainer(config(), options(engine))
    const second = await startContainer(config(), options(engine))
    expect(second).toMatchObject({ shared: true, uri: 'bolt://localhost:7001' })
    expect(second.password).toBe(first.password)
    expect(started).toHaveLength(1)
  })

  it('is made anew over the same volume where it has stopped', async () => {
    const { engine, running, started } = recordingEngine()
    await startContainer(config(), options(engine))
    running.set(containerName(home), false)
    expect(await startContainer(config(), options(engine))).toMatchObject({ shared: false })
    expect(started).toHaveLength(2)
  })

  it('keeps its volume when stopped, and loses it when reset', async () => {
    const { engine, running, volumes } = recordingEngine()
    await startContainer(config(), options(engine))
    expect(await stopContainer(config(), engine)).toBe(true)
    expect(await stopContainer(config(), engine)).toBe(false)
    expect([running.size, volumes.size]).toEqual([0, 1])
    await removeContainer(config(), engine)
    expect(volumes.size).toBe(0)
  })

  it('is refused where the volume has outlived its password', async () => {
    const { engine } = recordingEngine()
    await startContainer(config(), options(engine))
    rmSync(homeAt(home).password)
    await expect(startContainer(config(), options(engine))).rejects.toThrow(
      expect.objectContaining({ code: 'NEO4J_PASSWORD_LOST' }),
    )
  })

  it('has a name of its own for each home', () => {
    expect(containerName(home)).not.toBe(containerName(newHome()))
  })
})

it('spells a setting as the image does', () => {
  expect(imageVariable('db.tx_log.rotation.size')).toBe('NEO4J_db_tx__log_rotation_size')
})

it('does not wait for a Docker engine that hangs', async () => {
  const socket = join(newHome(), 'docker.sock')
  const server = createServer(() => {}).listen(socket)
  vi.stubEnv('DOCKER_HOST', `unix://${socket}`)
  vi.resetModules()
  const startedAt = performance.now()
  const probe = await probeDocker(0.5)
  expect(probe).toMatchObject({ answers: false })
  expect(performance.now() - startedAt).toBeLessThan(10_000)
  vi.unstubAllEnvs()
  server.close()
})

const { answers, because } = await probeDocker()
if (!answers) {
  process.stderr.write(
    `\n  !! 1 test skipped: Neo4j in a container was not run here: ${because}\n\n`,
  )
}

it.skipIf(!answers)(
  `runs Neo4j in a container (needs a Docker engine: ${because})`,
  {
    timeout: 300_000,
  },
  async () => {
    const config = readConfig({ SELVEDGE_HOME: newHome() })
    const started = await startContainer(config, { keep: false, progress: silent })
    try {
      const database = openDatabase(started)
      await database.verify()
      await database.close()
      const again = await startContainer(config, { keep: false, progress: silent })
      expect(again).toMatchObject({ shared: true, uri: started.uri })
    } finally {
      await removeContainer(config)
    }
    expect(await docker.find(started.name)).toBeUndefined()
  },
)
