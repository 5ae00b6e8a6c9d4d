import { createServer, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { afterAll, expect, it, vi } from 'vitest'
import { openS3Blobs } from '../../server/objects/s3.ts'
import { giveCredentials } from './s3-server.ts'

const sockets = new Set<Socket>()
let connections = 0
let answer = (_response: ServerResponse) => {}
/** Answers a download as it is told to, which no S3 service of others can be. */
const server = createServer((_request, response) => {
  response.writeHead(206, { 'content-length': '1000', 'content-range': 'bytes 0-999/1000' })
  answer(response)
})
server.on('connection', (socket) => {
  connections += 1
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket))
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
afterAll(() => {
  for (const socket of sockets) socket.destroy()
  server.close()
})

giveCredentials()
const { port } = server.address() as { port: number }
const blobs = openS3Blobs({
  ...{ bucket: 'b', prefix: '', region: 'us-east-1', pathStyle: true },
  endpoint: `http://127.0.0.1:${port}`,
  patienceMs: 500,
  spool: tmpdir(),
})
afterAll(() => blobs.close())
const read = () => blobs.read('ab/c', { start: 0, end: 1_000 })

it('keeps no connection of a download that stalls, or that nobody reads to its end', async () => {
  answer = (response) => response.write('x'.repeat(10))
  for (let i = 0; i < 3; i++) {
    const stalled = async () => {
      for await (const part of read()) expect(part.length).toBe(10)
    }
    await expect(stalled()).rejects.toMatchObject({ code: 'OBJECT_STORE_UNAVAILABLE' })
  }
  for await (const part of read()) {
    expect(part.length).toBe(10)
    break
  }
  expect(connections).toBe(4)
  await vi.waitFor(() => expect(sockets.size).toBe(0), { timeout: 30_000 })
}, 60_000)

it('uses one connection for one download after another', async () => {
  const before = connections
  answer = (response) => response.end('x'.repeat(1_000))
  for (let i = 0; i < 3; i++) {
    let bytes = 0
    for await (const part of read()) bytes += part.length
    expect(bytes).toBe(1_000)
  }
  expect(connections).toBe(before + 1)
}, 60_000)
