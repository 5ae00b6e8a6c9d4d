import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { std64, unb64 } from '../../proofs/base64.ts'
import { verifyCosignature } from '../../proofs/cosignature.ts'
import { emptyHash } from '../../proofs/hash.ts'
import { formatNote, formatVkey, noteSignature, parseNote, parseVkey } from '../../proofs/note.ts'
import { formatSubmission } from '../../proofs/submission.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { originHash } from '../../server/witness/cosign.ts'
import { WITNESS_LIMITS } from '../../server/witness/listen.ts'
import { openLogs } from '../../server/witness/logs.ts'
import { makeKey } from '../make/keys.ts'
import { makeTlog } from '../make/tlog.ts'
import { freshFolder, lineIn, runWitness, statusFor, submit } from './support.ts'

const NOON = Date.parse('2026-03-31T12:00:00Z')
let clock = NOON
let logs = 0
/** A witness for all tests here, and a log of its own for each. */
const list = join(freshFolder(), 'logs')
writeFileSync(list, '# none yet\n')
const reported: unknown[] = []
const witness = await runWitness([], {
  logs: openLogs({ vkeys: [], file: list }, (error) => reported.push(error)),
  now: () => clock,
})
function freshLog() {
  logs += 1
  const log = makeTlog(`log.test/t${logs}`)
  writeFileSync(list, `${readFileSync(list, 'utf8')}${log.vkey}\n`)
  return log
}

const send = (body: BodyInit) => submit(witness.url, body)

describe('a witness cosigns', () => {
  it('the first checkpoint that it sees of a log, and whatever continues it', async () => {
    const log = freshLog()
    for (const [old, size] of [
      [0, 3],
      [3, 7],
      [7, 7],
      [7, 300],
    ] as const) {
      const answer = await send(log.submission(old, size))
      expect(answer).toMatchObject({ status: 200, body: expect.stringMatching(/^— \S+ \S+\n$/) })
      const { text } = parseNote(log.note(size))
      const line = lineIn(log.note(size), answer.body)
      expect(verifyCosignature(text, line, witness.key).time).toBe(NOON / 1000)
    }
  })

  it('the checkpoint of an empty log, and its first leaves', async () => {
    const log = freshLog()
    expect((await send(log.submission(0, 0))).status).toBe(200)
    expect((await send(log.submission(0, 5))).status).toBe(200)
  })

  it('a note with the lines of others beside the log’s, extension lines included', async () => {
    const log = freshLog()
    const note = log.note(4, 'an extension\n')
    const [own] = parseNote(note).signatures
    const other = { ...own!, name: 'other.example', signature: new Uint8Array(72) }
    const body = formatSubmission({
      old: 0,
      path: [],
      note: formatNote(parseNote(note).text, [other, own!]),
    })
    const answer = await send(body)
    expect(answer.status).toBe(200)
    const { text } = parseNote(note)
    expect(text).toContain('an extension')
    verifyCosignature(text, lineIn(note, answer.body), witness.key)
  })

  it('never with an earlier time than before, whatever its clock does', async () => {
    const log = freshLog()
    await send(log.submission(0, 2))
    clock = NOON - 3_600_000
    const { body } = await send(log.submission(2, 3))
    clock = NOON
    const { text } = parseNote(log.note(3))
    expect(verifyCosignature(text, lineIn(log.note(3), body), witness.key).time).toBe(NOON / 1000)
  })

  it('by any key that is listed for the log, and passes over a key that is listed for another', async () => {
    const [log, other] = [freshLog(), freshLog()]
    const next = makeKey('the next key')
    const named = { name: log.origin, publicKey: unb64(next.x) }
    writeFileSync(list, `${readFileSync(list, 'utf8')}${formatVkey(sha256, named)}\n`)
    const { text, signatures } = parseNote(log.note(2))
    const line = noteSignature(sha256, log.origin, named.publicKey, next.sign(utf8(text)))
    const otherKey = parseVkey(sha256, other.vkey).publicKey
    const noise = noteSignature(sha256, log.origin, otherKey, new Uint8Array(64))
    for (const lines of [[line], [noise, ...signatures], [line, ...signatures]]) {
      const old = lines[0] === line && lines.length === 1 ? 0 : 2
      const note = formatNote(text, lines)
      expect((await send(formatSubmission({ old, path: [], note }))).status).toBe(200)
    }
  })
})

/** A log that the witness has cosigned at size 7. */
async function cosigned() {
  const log = freshLog()
  expect((await send(log.submission(0, 7))).status).toBe(200)
  return log
}

describe('a witness refuses', () => {
  it('a fork: with the proof that the fork has, and at the size that it cosigned', async () => {
    const log = await cosigned()
    const fork = log.fork(5)
    expect((await send(fork.submission(7, 9))).status).toBe(422)
    expect(await send(fork.submission(7, 7))).toEqual({
      status: 409,
      type: 'text/x.tlog.size',
      body: '7\n',
    })
    expect((await send(log.submission(7, 9))).status).toBe(200)
  })

  it('a fork from before the first leaf that it saw', async () => {
    const log = await cosigned()
    expect((await send(log.fork(0).submission(7, 300))).status).toBe(422)
  })

  it('a step back, and says what it cosigned last', async () => {
    const log = await cosigned()
    for (const old of [0, 3, 6]) {
      const answer = await send(log.submission(old, 6))
      expect(answer).toEqual({ status: 409, type: 'text/x.tlog.size', body: '7\n' })
    }
    expect((await send(log.submission(8, 9))).body).toBe('7\n')
    expect((await send(log.submission(7, 8))).status).toBe(200)
  })

  it('an old size above the new one', async () => {
    const log = await cosigned()
    const body = formatSubmission({ old: 7, path: [], note: log.note(6) })
    expect((await send(body)).status).toBe(400)
  })

  it.each([
    ['of too few hashes', (path: Uint8Array[]) => path.slice(1)],
    ['of too many hashes', (path: Uint8Array[]) => [...path, path[0]!]],
    ['of another hash', ([first, ...more]: Uint8Array[]) => [first!.with(0, 99), ...more]],
    ['of nothing', () => []],
  ])('a proof %s', async (_what, change) => {
    const log = await cosigned()
    const path = change(log.proof(7, 30))
    const answer = await send(formatSubmission({ old: 7, path, note: log.note(30) }))
    expect(answer.status).toBe(422)
  })

  it('a proof where nothing is to be proven', async () => {
    const log = freshLog()
    const path = [emptyHash(sha256)]
    expect((await send(formatSubmission({ old: 0, path, note: log.note(3) }))).status).toBe(422)
    await send(log.submission(0, 3))
    expect((await send(formatSubmission({ old: 3, path, note: log.note(3) }))).status).toBe(422)
  })

  it('an empty log with another root than that of nothing', async () => {
    const log = freshLog()
    const text = parseNote(log.note(0)).text.replace(
      std64(emptyHash(sha256)),
      std64(new Uint8Array(32)),
    )
    const note = resigned(log.origin, text)
    expect((await send(formatSubmission({ old: 0, path: [], note }))).status).toBe(422)
  })

  it('a log that it does not know', async () => {
    expect((await send(makeTlog('log.test/unknown').submission(0, 3))).status).toBe(404)
  })

  it('a checkpoint that its log has not signed, or not this one', async () => {
    const log = freshLog()
    const { text, signatures } = parseNote(log.note(3))
    const strangers = { ...signatures[0]!, keyHash: new Uint8Array(4) }
    const notes = [
      formatNote(text, [strangers]),
      formatNote(text, parseNote(log.note(4)).signatures),
      formatNote(text, [...signatures, ...parseNote(log.note(4)).signatures]),
    ]
    for (const note of notes) {
      expect((await send(formatSubmission({ old: 0, path: [], note }))).status).toBe(403)
    }
  })

  it.each([
    ['nothing', ''],
    ['what is no submission', 'hello\n\nworld\n'],
    ['no UTF-8', new Uint8Array([0xff, 0xfe])],
    ['a note without signatures', 'old 0\n\nlog.test/t1\n3\nAAAA\n'],
    ['a checkpoint without a root', `old 0\n\nlog.test/t1\n3\n\n— log.test/t1 ${'A'.repeat(92)}\n`],
  ])('%s', async (_what, body) => {
    expect((await send(body)).status).toBe(400)
  })

  it('a body that is too long, and goes on', async () => {
    const long = 'x'.repeat(WITNESS_LIMITS.bodyBytes + 1)
    expect((await send(long)).status).toBe(413)
    expect((await send(freshLog().submission(0, 1))).status).toBe(200)
  })
})

/** Signs a text with the genuine key of a log, as only a log that lies would. */
function resigned(origin: string, text: string) {
  const key = makeKey(`log ${origin}`)
  const line = noteSignature(sha256, origin, unb64(key.x), key.sign(utf8(text)))
  return formatNote(text, [line])
}

describe('over HTTP', () => {
  it('serves what it cosigned last, with the log’s signature and its own alone', async () => {
    const log = await cosigned()
    await send(log.submission(7, 11))
    const path = `${witness.url}/${originHash(log.origin)}/checkpoint`
    const note = await (await fetch(path)).text()
    const { text, signatures } = parseNote(note)
    expect(note.startsWith(parseNote(log.note(11)).text)).toBe(true)
    expect(signatures.map(({ name }) => name)).toEqual([log.origin, witness.key.name])
    verifyCosignature(text, signatures[1]!, witness.key)
  })

  it('has nothing of a log that it never cosigned', async () => {
    const path = `${witness.url}/${originHash(freshLog().origin)}/checkpoint`
    expect((await fetch(path)).status).toBe(404)
  })

  it('says who it is, and nothing else at other places and by other methods', async () => {
    expect(await (await fetch(witness.url)).text()).toBe(`${witness.vkey}\n`)
    const statuses = await Promise.all([
      fetch(`${witness.url}/add-checkpoint`).then(({ status }) => status),
      fetch(`${witness.url}/`, { method: 'POST' }).then(({ status }) => status),
      fetch(`${witness.url}/elsewhere`).then(({ status }) => status),
      fetch(`${witness.url}/sign-subtree`, { method: 'POST' }).then(({ status }) => status),
    ])
    expect(statuses).toEqual([405, 405, 404, 404])
  })

  it('answers on loopback under local names alone, unless it is told others', async () => {
    expect(await statusFor(witness.url, 'evil.example')).toBe(421)
    const other = await runWitness([], { name: 'w', publicHosts: ['witness.example'] })
    expect(await statusFor(other.url, 'witness.example')).toBe(200)
    expect(await statusFor(other.url, 'localhost:80')).toBe(200)
  })

  it('had no fault of its own', () => expect([witness.errors, reported]).toEqual([[], []]))
})

describe('its list of logs', () => {
  it('takes a log that is added while it runs, and keeps what it knew where the list is broken', async () => {
    const [file, seen] = [join(freshFolder(), 'logs'), [] as unknown[]]
    const [one, two] = ['a', 'b'].map((name) => makeTlog(`log.test/list-${name}`)) as [
      ReturnType<typeof makeTlog>,
      ReturnType<typeof makeTlog>,
    ]
    writeFileSync(file, `  ${one.vkey}  \n\n`)
    const known = openLogs({ vkeys: [], file }, (error) => seen.push(error))
    expect(known.origins()).toEqual([one.origin])
    writeFileSync(file, `${one.vkey}\n${two.vkey}\n`)
    expect(known.origins()).toEqual([one.origin, two.origin])
    writeFileSync(file, `${one.vkey}\n${two.vkey}\nnonsense\n`)
    expect(known.keysOf(two.origin)).toHaveLength(1)
    expect(known.origins()).toHaveLength(2)
    expect(seen).toEqual([expect.objectContaining({ code: 'WITNESS_LOGS_INVALID' })])
  })

  it('is refused at the start where it cannot be read', () => {
    const ignore = () => {}
    const file = join(freshFolder(), 'none')
    const code = expect.objectContaining({ code: 'WITNESS_LOGS_INVALID' })
    expect(() => openLogs({ vkeys: [], file }, ignore)).toThrow(code)
    expect(() => openLogs({ vkeys: ['x'] }, ignore)).toThrow(code)
  })
})

it('answers while many others send what they have very slowly', async () => {
  const log = freshLog()
  const { port } = new URL(witness.url)
  const slow = Array.from({ length: WITNESS_LIMITS.inFlight + 10 }, () => connect(Number(port)))
  for (const socket of slow) {
    socket.on('error', () => {})
    socket.write('POST /add-checkpoint HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 99\r\n\r\no')
  }
  await setTimeout(200)
  expect((await send(log.submission(0, 7))).status).toBe(200)
  for (const socket of slow) socket.destroy()
})
