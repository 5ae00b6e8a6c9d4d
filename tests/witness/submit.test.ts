import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { formatSignatures, type NoteKey, parseNote } from '../../proofs/note.ts'
import { parseSubmission } from '../../proofs/submission.ts'
import { askForCosignature, SUBMIT_LIMITS } from '../../server/witnessing/submit.ts'
import { makeTlog } from '../make/tlog.ts'
import { makeWitness, NOON } from '../make/witness.ts'
import { runWitness } from './support.ts'

const log = makeTlog('log.test/asked')
const witness = makeWitness('witness.test/asked')

type Handler = (body: string, count: number) => { status: number; body?: string; headers?: object }

const servers: Server[] = []
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
})

/** A witness that answers whatever a test says; `bodies` is what it was asked. */
async function lying(handler: Handler) {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (part) => {
      body += part
    })
    request.on('end', () => {
      bodies.push(body)
      const { status, body: told = '', headers = {} } = handler(body, bodies.length)
      response.writeHead(status, headers as Record<string, string>).end(told)
    })
  })
  servers.push(server)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, bodies }
}

interface Asked {
  old?: number
  size?: number
  key?: NoteKey
  vkey?: string
  /** When the log says that it was written to, in seconds. */
  at?: number
}

const ask = (
  url: string,
  { old = 0, size = 7, key = witness, vkey = witness.vkey, at = NOON }: Asked = {},
) =>
  askForCosignature(
    { label: 'w', key, vkey, url },
    { submitted: { origin: log.origin, size, note: log.note(size), at: at * 1000 }, old },
    {
      send: fetch,
      now: () => NOON * 1000,
      signal: new AbortController().signal,
      prove: async (from, to) => log.proof(from, to),
    },
  )

const cosigned = (size = 7, time = NOON) => {
  const { text } = parseNote(log.note(size))
  return formatSignatures([witness.cosign(text, time)])
}
const code = (name: string) => expect.objectContaining({ code: name })

describe('a log that asks a witness', () => {
  it('gets a cosignature that holds, by a proof from what was cosigned last', async () => {
    const real = await runWitness([log.vkey], { now: () => NOON * 1000 })
    const asked = { key: real.key, vkey: real.vkey }
    expect((await ask(real.url, asked)).time).toBe(NOON)
    expect((await ask(real.url, { ...asked, old: 7, size: 30 })).time).toBe(NOON)
    expect((await ask(real.url, { ...asked, old: 30, size: 30 })).time).toBe(NOON)
  })

  it('starts from the size that the witness tells, whatever was thought', async () => {
    const real = await runWitness([log.vkey], { now: () => NOON * 1000 })
    const asked = { key: real.key, vkey: real.vkey }
    await ask(real.url, { ...asked, size: 5 })
    for (const old of [0, 2, 6, 99]) {
      expect((await ask(real.url, { ...asked, old, size: 7 })).time).toBe(NOON)
    }
  })

  it('takes a prefix with a path and a slash behind it', async () => {
    const { url } = await lying(() => ({ status: 200, body: cosigned() }))
    expect((await ask(`${url}some/prefix//`)).time).toBe(NOON)
  })

  it('believes its time where the log was written to while our own clock was ahead', async () => {
    const { url } = await lying(() => ({ status: 200, body: cosigned() }))
    expect((await ask(url, { at: NOON + 3_600 })).time).toBe(NOON)
  })

  it('ignores the lines of others, and of the same witness under another kind of key', async () => {
    const { text } = parseNote(log.note(7))
    const other = makeWitness('other.example').cosign(text)
    const post = { ...witness.cosign(text), keyHash: new Uint8Array(4) }
    const body = formatSignatures([other, witness.cosign(text), post])
    const { url } = await lying(() => ({ status: 200, body }))
    expect((await ask(url)).line).toEqual(witness.cosign(text))
  })
})

describe('a log refuses', () => {
  it.each<[string, string, Handler]>([
    ['nothing', 'WITNESS_ANSWER_INVALID', () => ({ status: 200 })],
    ['garbage', 'WITNESS_ANSWER_INVALID', () => ({ status: 200, body: '\u0000<html>' })],
    [
      'a line by another',
      'WITNESS_ANSWER_INVALID',
      () => ({
        status: 200,
        body: formatSignatures([makeWitness('other').cosign(parseNote(log.note(7)).text)]),
      }),
    ],
    [
      'a cosignature of another size',
      'WITNESS_ANSWER_INVALID',
      () => ({ status: 200, body: cosigned(8) }),
    ],
    ['two lines', 'WITNESS_ANSWER_INVALID', () => ({ status: 200, body: cosigned() + cosigned() })],
    [
      'a line cut short',
      'WITNESS_ANSWER_INVALID',
      () => ({ status: 200, body: cosigned().slice(0, -9) }),
    ],
    [
      'a note of its own',
      'WITNESS_ANSWER_INVALID',
      () => ({ status: 200, body: `x\n\n${cosigned()}` }),
    ],
    [
      'a time in the future',
      'WITNESS_ANSWER_INVALID',
      () => ({ status: 200, body: cosigned(7, NOON + 301) }),
    ],
    [
      'a time before the checkpoint',
      'WITNESS_ANSWER_INVALID',
      () => ({ status: 200, body: cosigned(7, NOON - 301) }),
    ],
    [
      'an answer without end',
      'WITNESS_ANSWER_INVALID',
      () => ({
        status: 200,
        body: cosigned() + 'x'.repeat(SUBMIT_LIMITS.answerBytes),
      }),
    ],
    [
      '409 for ever',
      'WITNESS_ANSWER_INVALID',
      (_body, count) => ({ status: 409, body: `${count % 2}\n` }),
    ],
    ['409 without a size', 'WITNESS_ANSWER_INVALID', () => ({ status: 409, body: 'seven\n' })],
    ['a size beyond what is there', 'WITNESS_DISAGREES', () => ({ status: 409, body: '8\n' })],
    [
      'another root at the size that it has cosigned',
      'WITNESS_DISAGREES',
      () => ({ status: 409, body: '7\n' }),
    ],
    ['a proof said to be wrong', 'WITNESS_DISAGREES', () => ({ status: 422 })],
    ['a log said to be unknown', 'WITNESS_REFUSED', () => ({ status: 404 })],
    ['a key said to be unknown', 'WITNESS_REFUSED', () => ({ status: 403 })],
    ['a request said to be bad', 'WITNESS_REFUSED', () => ({ status: 400 })],
    ['no content', 'WITNESS_REFUSED', () => ({ status: 204 })],
    [
      'to be sent elsewhere',
      'WITNESS_UNREACHABLE',
      () => ({
        status: 307,
        headers: { location: 'http://127.0.0.1:1/' },
      }),
    ],
    ['429', 'WITNESS_BUSY', () => ({ status: 429 })],
    ['500', 'WITNESS_BUSY', () => ({ status: 500, body: 'oh' })],
    ['503', 'WITNESS_BUSY', () => ({ status: 503 })],
  ])('%s', async (_what, expected, handler) => {
    const { url, bodies } = await lying(handler)
    await expect(ask(url)).rejects.toEqual(code(expected))
    expect(bodies.length).toBeLessThanOrEqual(SUBMIT_LIMITS.conflicts)
    for (const body of bodies) expect(parseSubmission(body).note).toBe(log.note(7))
  })

  it.each([
    ['17', 17_000],
    ['99999', 300_000],
    ['Wed, 21 Oct 2015 07:28:00 GMT', 0],
  ])('to come again before the time that it is told: %s', async (after, retryAfterMs) => {
    const { url } = await lying(() => ({ status: 429, headers: { 'retry-after': after } }))
    await expect(ask(url)).rejects.toMatchObject({ details: { retryAfterMs } })
  })

  it('to wait for who is not there', async () => {
    const { url } = await lying(() => ({ status: 200 }))
    const server = servers.pop()!
    server.close()
    server.closeAllConnections()
    await expect(ask(url)).rejects.toEqual(code('WITNESS_UNREACHABLE'))
  })

  it('to wait for ever', async () => {
    const silent = createServer(() => {})
    servers.push(silent)
    await new Promise<void>((resolve) => {
      silent.listen(0, '127.0.0.1', resolve)
    })
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
    const start = Date.now()
    await expect(ask(url)).rejects.toEqual(code('WITNESS_UNREACHABLE'))
    expect(Date.now() - start).toBeLessThan(SUBMIT_LIMITS.answerMs + 10_000)
  }, 30_000)
})
