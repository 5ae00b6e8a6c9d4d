import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import type { NoteKey } from '../../proofs/note.ts'
import { parseNote, parseVkey } from '../../proofs/note.ts'
import { type Answering, answerAsWitness } from '../../server/witness/answer.ts'
import { type ListenOptions, listenFor } from '../../server/witness/listen.ts'
import { openLogs } from '../../server/witness/logs.ts'
import { openWitness } from '../../server/witness/open.ts'

/** A folder that goes with the test file. */
export function freshFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'selvedge-witness-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export interface RunningWitness {
  url: string
  vkey: string
  key: NoteKey
  errors: unknown[]
  folder: string
  /** Its line in a policy, under this label. */
  policyLine(label: string): string
  close(): Promise<void>
}

/** A real witness, on a port of its own, in this process. */
export async function runWitness(
  logs: readonly string[],
  {
    name = 'witness.test/w',
    folder = freshFolder(),
    port = 0,
    ...more
  }: { name?: string; folder?: string } & Partial<Answering & ListenOptions> = {},
): Promise<RunningWitness> {
  const witness = await openWitness(join(folder, 'witness'), { name })
  const errors: unknown[] = []
  const onError = (error: unknown) => errors.push(error)
  const answer = answerAsWitness({ witness, logs: openLogs({ vkeys: logs }, onError), ...more })
  const { url, close } = await listenFor(answer, { host: '127.0.0.1', port, onError, ...more })
  let closed = false
  const end = async () => {
    if (closed) return
    closed = true
    await close()
    witness.close()
  }
  afterAll(end)
  return {
    url,
    vkey: witness.vkey,
    key: parseVkey(sha256, witness.vkey, 'cosignature'),
    errors,
    folder,
    policyLine: (label) => `witness ${label} ${witness.vkey} ${url}\n`,
    close: end,
  }
}

export interface Answered {
  status: number
  type: string | null
  body: string
}

export async function submit(url: string, body: BodyInit): Promise<Answered> {
  const response = await fetch(`${url}/add-checkpoint`, { method: 'POST', body })
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    body: await response.text(),
  }
}

/** The line that a witness answered with, as one of the note. */
export const lineIn = (note: string, body: string) => parseNote(`${note}${body}`).signatures.at(-1)!

/** Asks under another name than that of the address. */
export const statusFor = (url: string, host: string) =>
  new Promise<number>((resolve, reject) => {
    request(url, { headers: { host } }, (response) => {
      response.resume()
      resolve(response.statusCode!)
    })
      .on('error', reject)
      .end()
  })
