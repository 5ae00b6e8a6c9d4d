import { createHash } from 'node:crypto'
import { createReadStream, openAsBlob } from 'node:fs'
import { basename, extname } from 'node:path'
import type { Command } from 'commander'
import { clientFor } from '../identity/client-for.ts'

interface Options {
  tenant: string
  to?: string
  name?: string
  type?: string
  key?: string
  url?: string
  json?: true
}

/** What is told of an attachment that was made. */
interface Attached {
  id: string
  url: string
  sha256: string
  size: number
  mediaType: string
  name: string
  position: string
  replayed: boolean
}

/** What is attached most; anything else is said with --type. */
const TYPES: Readonly<Record<string, string>> = {
  '.csv': 'text/csv',
  '.docx': 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  '.html': 'text/html',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.json': 'application/json',
  '.md': 'text/markdown',
  '.parquet': 'application/vnd.apache.parquet',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.txt': 'text/plain',
  '.xlsx': 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  '.zip': 'application/zip',
}

export function define(command: Command): void {
  command
    .argument('<file>', 'the file')
    .description(
      'Send a file to a server, which keeps it and records the attachment.\n\n' +
        'Sent with its SHA-256, so that nothing else than the file is kept.',
    )
    .requiredOption('--tenant <name>', 'the tenant')
    .option('--to <id>', 'the entity that it documents, by its URN')
    .option('--name <name>', 'what it is called (default: as the file)')
    .option('--type <media type>', 'what it is (default: by the ending of its name)')
    .option('--key <key>', 'an Idempotency-Key: sent again, it makes no second attachment')
    .option('--url <url>', 'the server (default: the one that `npm start` starts here)')
    .option('--json', 'print one JSON object')
    .action(send)
}

async function send(file: string, { tenant, to, name, type, key, url, json }: Options) {
  const sha256 = await hashOf(file)
  const client = clientFor({ url, tenant })
  const query = new URLSearchParams({ name: name ?? basename(file), ...(to && { to }) })
  const response = await client.request(`/attachments?${query}`, {
    method: 'POST',
    headers: {
      'content-type': type ?? TYPES[extname(file).toLowerCase()] ?? 'application/octet-stream',
      'content-digest': `sha-256=:${sha256}:`,
      ...(key !== undefined && { 'idempotency-key': key }),
    },
    body: await openAsBlob(file),
  })
  const attached = (await response.json()) as Attached
  process.stdout.write(
    json
      ? `${JSON.stringify({ ok: true, tenant, ...attached })}\n`
      : `${attached.id}\n${attached.name}, ${attached.mediaType}, ${attached.size} bytes, from ${attached.position} on\n`,
  )
}

async function hashOf(file: string) {
  const hash = createHash('sha256')
  for await (const part of createReadStream(file)) hash.update(part as Buffer)
  return hash.digest('base64')
}
