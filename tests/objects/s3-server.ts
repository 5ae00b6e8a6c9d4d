import { execFile, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll } from 'vitest'
import { hasGo } from '../interop/go.ts'

/**
 * versitygw, a gateway that speaks S3 and keeps objects as files: software that is not ours, and that
 * people run. It is built by Go from a pinned version, as the other software here that is not ours.
 */
const PROGRAM = 'github.com/versity/versitygw/cmd/versitygw'

/** Whether there is a Go to build it with; where there is none, that is said aloud. */
export const hasS3Server = hasGo

const CREDENTIALS = { accessKeyId: 'tester', secretAccessKey: 'open-sesame-open-sesame' }

/** Puts the credentials where AWS's tools look for them first. */
export function giveCredentials(secretAccessKey = CREDENTIALS.secretAccessKey) {
  process.env.AWS_ACCESS_KEY_ID = CREDENTIALS.accessKeyId
  process.env.AWS_SECRET_ACCESS_KEY = secretAccessKey
  process.env.AWS_EC2_METADATA_DISABLED = 'true'
}
export const { secretAccessKey: SECRET } = CREDENTIALS

const folders: string[] = []
function ownFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'selvedge-s3-'))
  folders.push(folder)
  return folder
}
afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

let building: Promise<string> | undefined

/** Built once a run, into Go's own cache: a second run builds nothing. */
async function build(): Promise<string> {
  const cwd = fileURLToPath(new URL('go', import.meta.url))
  const out = join(ownFolder(), 'versitygw')
  await promisify(execFile)('go', ['build', '-ldflags=-s -w', '-o', out, PROGRAM], { cwd })
  return out
}

export interface S3Server {
  endpoint: string
  port: number
  /** Where it keeps the objects of a bucket: as files under its name. */
  folder: string
  /** Ends it as no handler can see it. */
  kill(): Promise<void>
}

interface Where {
  folder?: string
  port?: number
  /** Whether buckets may keep versions. */
  versioned?: boolean
}

/** Starts one; it answers when this resolves. */
export async function startS3Server({ folder, port, versioned }: Where = {}): Promise<S3Server> {
  building ??= build()
  const program = await building
  const root = folder ?? ownFolder()
  const [objects, attributes, versions] = ['objects', 'attributes', 'versions'].map((name) => {
    mkdirSync(join(root, name), { recursive: true })
    return join(root, name)
  }) as [string, string, string]
  const at = port ?? (await freePort())
  const child = spawn(
    program,
    [
      ...['--port', `127.0.0.1:${at}`, '--quiet', '--keep-alive'],
      ...['posix', '--sidecar', attributes, '--disableotmp'],
      ...(versioned ? ['--versioning-dir', versions] : []),
      objects,
    ],
    {
      stdio: 'ignore',
      env: {
        ...process.env,
        ROOT_ACCESS_KEY: CREDENTIALS.accessKeyId,
        ROOT_SECRET_KEY: CREDENTIALS.secretAccessKey,
      },
    },
  )
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  running.add(child)
  void ended.then(() => running.delete(child))
  while (!(await answers(at))) {
    if (child.exitCode !== null) throw new Error(`versitygw ended with ${child.exitCode}`)
    await sleep(50)
  }
  return {
    endpoint: `http://127.0.0.1:${at}`,
    port: at,
    folder: root,
    kill: () => {
      child.kill('SIGKILL')
      return ended
    },
  }
}

const running = new Set<ReturnType<typeof spawn>>()
const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })

const answers = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })

/** A client of its own, for what no store of ours does. */
export const plainClient = (endpoint: string) =>
  new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials: CREDENTIALS })

export async function makeBucket({ endpoint }: Pick<S3Server, 'endpoint'>, bucket: string) {
  const client = plainClient(endpoint)
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  client.destroy()
  return bucket
}

/** Whether a folder of this machine can be given a small disk of its own. */
export function mountSmallDisk(bytes: number): { folder: string; unmount(): void } | null {
  const folder = mkdtempSync(join(tmpdir(), 'selvedge-small-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder], {
      stdio: 'ignore',
    })
  } catch {
    return null
  }
  const unmount = () => {
    execFileSync('umount', ['-l', folder])
    rmSync(folder, { recursive: true })
  }
  return { folder, unmount }
}
