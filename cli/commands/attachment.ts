import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import { Problem } from '../../core/problem.ts'
import { clientFor } from '../identity/client-for.ts'

interface Options {
  tenant: string
  out?: string
  url?: string
}

export function define(command: Command): void {
  command
    .argument('<id>', 'the attachment, by its URN')
    .description(
      'Fetch the file of an attachment, and check that it has the hash that the server tells.\n\n' +
        'A file that was fetched in part only, or is another, is not left behind.',
    )
    .requiredOption('--tenant <name>', 'the tenant')
    .option('-o, --out <file>', 'where to (default: standard output)')
    .option('--url <url>', 'the server (default: the one that `npm start` starts here)')
    .action(fetchFile)
}

async function fetchFile(id: string, { tenant, out, url }: Options) {
  const response = await clientFor({ url, tenant }).request(
    `/attachments/${encodeURIComponent(id)}`,
  )
  const hash = createHash('sha256')
  const hashed = new Transform({
    transform(part: Buffer, _encoding, done) {
      hash.update(part)
      done(null, part)
    },
  })
  const check = () => {
    if (response.headers.get('etag') !== `"${hash.digest('hex')}"`) throw otherFile(id)
  }
  const body = response.body ?? []
  if (out === undefined) {
    await pipeline(body, hashed, process.stdout, { end: false })
    return check()
  }
  // Under another name first, so that nobody finds half a file.
  const draft = `${out}.${process.pid}.new`
  try {
    await pipeline(body, hashed, createWriteStream(draft, { flags: 'wx' }))
    check()
    await rename(draft, out)
  } finally {
    await rm(draft, { force: true })
  }
}

const otherFile = (id: string) =>
  new Problem(
    'ATTACHMENT_CHANGED',
    'What came is not the file that the server speaks of; try again.',
    {
      status: 502,
      details: { id },
    },
  )
