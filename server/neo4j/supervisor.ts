/**
 * Stands between Neo4j and the processes that use it, and ends it when the last of them is gone.
 *
 * Each user holds a connection to this process; the kernel closes it however its owner dies, so
 * Neo4j never outlives its users, even those that were killed. `keep` asks it to stay all the same.
 * Started by embedded.ts as `node supervisor.ts <launch as JSON>`, in a session of its own so that
 * a Ctrl-C meant for a server does not take the database away from under it.
 */
import { spawn } from 'node:child_process'
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { openSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { onLine } from './lines.ts'
import { processMark } from './process-mark.ts'
import { readState, writeState } from './state.ts'

/** What to start and where to write that it runs. */
export interface Launch {
  command: string
  args: string[]
  log: string
  state: string
  version: string
  port: number
}

const FIRST_USER_SECONDS = 10
/** Neo4j writes a checkpoint on its way out; after a kill it recovers from its log instead. */
const KILL_AFTER_SECONDS = 20

const launch: Launch = JSON.parse(process.argv[2] ?? '')
const users = new Set<Socket>()
/** Whoever started this has taken its hold. */
let used = false
let kept = false
let stopping = false

const log = openSync(launch.log, 'w', 0o600)
const child = spawn(launch.command, launch.args, { stdio: ['ignore', log, log] })
child.once('error', (error) => process.stderr.write(`${error.message}\n`))
child.once('close', (code) => {
  clearState()
  for (const user of users) user.end()
  server.close()
  process.exit(code === 0 || code === 143 ? 0 : 1)
})

/** Unless a later start has already written its own. */
function clearState() {
  if (readState(launch)?.running?.supervisor.pid !== process.pid) return
  writeState(launch, { version: launch.version, port: launch.port, running: null })
}

function stop() {
  stopping = true
  child.kill('SIGTERM')
  setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_SECONDS * 1000).unref()
}

function stopIfUnused() {
  if (users.size === 0 && !kept) stop()
}

const token = randomBytes(16).toString('hex')
const isToken = (line: string) =>
  line.length === token.length && timingSafeEqual(Buffer.from(line), Buffer.from(token))

/** Any local process can connect; only who can read the state file knows the first line. */
function admit(socket: Socket) {
  socket.on('error', () => socket.destroy())
  socket.once('close', () => {
    if (users.delete(socket)) stopIfUnused()
  })
  onLine(socket, (line) => {
    if (users.has(socket)) return obey(line, socket)
    if (stopping || !isToken(line)) return socket.destroy()
    users.add(socket)
    used = true
    socket.write('held\n')
  })
}

function obey(line: string, socket: Socket) {
  if (line === 'stop') {
    // So that nobody takes it for an accident, and starts it again.
    for (const user of users) user.write('stopping\n')
    stop()
  }
  if (line === 'keep') {
    kept = true
    socket.write('kept\n')
  }
  // The last user's connection stays until Neo4j is gone: who lets go can wait for its end.
  if (line === 'release' && (kept || users.size > 1)) socket.end()
  else if (line === 'release') stop()
}

const server = createServer(admit)
server.listen({ host: '127.0.0.1', port: 0 }, () => {
  if (child.pid === undefined) return
  const { port } = server.address() as { port: number }
  writeState(launch, {
    version: launch.version,
    port: launch.port,
    running: {
      pid: child.pid,
      mark: processMark(child.pid) ?? '',
      startedAt: new Date().toISOString(),
      supervisor: { pid: process.pid, port, token },
    },
  })
  process.send?.('ready')
  setTimeout(() => used || stop(), FIRST_USER_SECONDS * 1000).unref()
})

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, stop)
