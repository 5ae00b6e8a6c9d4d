import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { Engine } from '../../server/neo4j/engine.ts'

/**
 * The part of Docker's API that testcontainers uses, over a socket: it keeps what it was asked to
 * create, and its containers say "Started." and do nothing. What runs in a real one is tried in
 * neo4j-container.test.ts, where there is an engine.
 */
interface Container {
  Name: string
  created: { Env: string[]; HostConfig: { Binds: string[] }; Labels: Record<string, string> }
  running: boolean
}
const containers = new Map<string, Container>()
const volumes = new Set<string>()

async function bodyOf(request: IncomingMessage) {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString() || 'null')
}

const inspect = ({ Name, running, created }: Container) => ({
  Id: Name,
  Name: `/${Name}`,
  State: { Running: running, Status: running ? 'running' : 'exited', StartedAt: '' },
  Config: { Labels: created.Labels, Hostname: Name },
  NetworkSettings: {
    Ports: {
      '7687/tcp': [{ HostIp: '0.0.0.0', HostPort: '32768' }],
      '7474/tcp': [{ HostIp: '0.0.0.0', HostPort: '32769' }],
    },
    Networks: {},
  },
})

/** Docker's framing of a container without a terminal: stream, three zeros, length. */
function frame(text: string) {
  const head = Buffer.alloc(8)
  head[0] = 1
  head.writeUInt32BE(Buffer.byteLength(text), 4)
  return Buffer.concat([head, Buffer.from(text)])
}

async function answer(request: IncomingMessage, response: ServerResponse) {
  const url = new URL(request.url ?? '', 'http://engine')
  const path = url.pathname.replace(/^\/v[\d.]+/, '')
  const reply = (status: number, body: unknown = {}) =>
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(status === 204 ? undefined : JSON.stringify(body))
  const [, group, name = '', verb] = path.split('/')
  if (path === '/info') return reply(200, { ServerVersion: '99.0', OperatingSystem: 'none' })
  if (group === 'images') return reply(200, { Id: name })
  if (group === 'volumes') return reply(volumes.delete(name) ? 204 : 404)
  if (path === '/containers/json') return reply(200, [])
  if (path === '/containers/create') {
    const Name = url.searchParams.get('name') ?? ''
    const created = await bodyOf(request)
    containers.set(Name, { Name, created, running: false })
    for (const bind of created.HostConfig.Binds) volumes.add(bind.split(':')[0])
    return reply(201, { Id: Name })
  }
  const container = containers.get(name)
  if (!container) return reply(404, { message: `No such container: ${name}` })
  if (verb === 'json') return reply(200, inspect(container))
  if (verb === 'start' || verb === 'stop') {
    container.running = verb === 'start'
    return reply(204)
  }
  if (verb === 'logs') return response.writeHead(200).end(frame('2026 INFO  Started.\n'))
  if (request.method === 'DELETE') return reply(containers.delete(name) ? 204 : 404)
  return reply(501, { message: `${request.method} ${path}` })
}

const folder = mkdtempSync(join(tmpdir(), 'selvedge-engine-'))
const socket = join(folder, 'docker.sock')
const server = createServer((request, response) => {
  answer(request, response).catch((error) => response.writeHead(500).end(String(error)))
})
let docker: Engine
let probe: { answers: boolean; because: string }

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  vi.stubEnv('DOCKER_HOST', `unix://${socket}`)
  vi.stubEnv('TESTCONTAINERS_RYUK_DISABLED', 'true')
  vi.stubEnv('TESTCONTAINERS_HOST_OVERRIDE', 'localhost')
  const engine = await import('../../server/neo4j/engine.ts')
  docker = engine.docker
  probe = await engine.probeDocker()
})
afterAll(() => {
  vi.unstubAllEnvs()
  server.close()
  rmSync(folder, { recursive: true })
})

const description = {
  name: 'selvedge-0123',
  image: 'neo4j:5.26.30-community',
  password: 'open sesame',
  environment: { NEO4J_server_memory_heap_max__size: '1g' },
  keep: true,
}

it('finds the engine that DOCKER_HOST names', () => {
  expect(probe).toEqual({ answers: true, because: 'Docker 99.0 answers' })
})

it('knows no container before one is started', async () => {
  expect(await docker.find(description.name)).toBeUndefined()
})

it('starts a container with its volume, password and settings', async () => {
  expect(await docker.start(description)).toBe('bolt://localhost:32768')
  const { created } = containers.get(description.name)!
  expect(created.HostConfig.Binds).toEqual([`${description.name}:/data:rw`])
  expect(created.Env).toContain('NEO4J_AUTH=neo4j/open sesame')
  expect(created.Env).toContain('NEO4J_server_memory_heap_max__size=1g')
})

it('leaves a container that is to stay out of the reach of the reaper', () => {
  const labels = Object.keys(containers.get(description.name)!.created.Labels)
  expect(labels).not.toContain('org.testcontainers.session-id')
})

it('finds a container by its name, running or not', async () => {
  expect(await docker.find(description.name)).toEqual({ uri: 'bolt://localhost:32768' })
  containers.get(description.name)!.running = false
  expect(await docker.find(description.name)).toEqual({ uri: null })
})

it('takes away the container, and the volume only when told to', async () => {
  await docker.remove(description.name)
  expect(containers.size).toBe(0)
  expect(volumes).toEqual(new Set([description.name]))
  await docker.removeVolume(description.name)
  expect(volumes.size).toBe(0)
})

it('does not mind what is already gone', async () => {
  await docker.remove(description.name)
  await docker.removeVolume(description.name)
})

it('tells an engine that cannot start it by code', async () => {
  const unnamed = { ...description, name: 'selvedge-0124', image: 'not a name' }
  await expect(docker.start(unnamed)).rejects.toThrow(
    expect.objectContaining({ code: 'NEO4J_CONTAINER_FAILED' }),
  )
})
