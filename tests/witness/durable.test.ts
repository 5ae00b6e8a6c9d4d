import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { unb64 } from '../../proofs/base64.ts'
import { parseCheckpoint } from '../../proofs/checkpoint.ts'
import { verifyCosignature } from '../../proofs/cosignature.ts'
import { equal } from '../../proofs/hash.ts'
import { parseNote, parseVkey } from '../../proofs/note.ts'
import { openWitness } from '../../server/witness/open.ts'
import { openWitnessState } from '../../server/witness/state.ts'
import { makeTlog } from '../make/tlog.ts'
import { selvedge, spawnSelvedge } from '../setup/selvedge.ts'
import { freshFolder, lineIn, runWitness, submit } from './support.ts'

const pause = (ms: number) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

const children = new Set<ChildProcess>()
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
})

/** `selvedge witness` as a process of its own. */
async function startProcess(dir: string, vkey: string, env: Record<string, string> = {}) {
  const args = ['witness', '--dir', dir, '--name', 'witness.test/p', '--port', '0', '--json']
  const child = spawnSelvedge([...args, '--log', vkey], env)
  children.add(child)
  let complaint = ''
  child.stderr!.on('data', (chunk) => {
    complaint += chunk
  })
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  const next = async () => JSON.parse((await lines.next()).value ?? expect.fail(complaint))
  const told = (await next()) as { url: string; vkey: string; policy: string; logs: string[] }
  return { child, next, told, ended: once(child, 'close') }
}

describe('a witness that is killed', () => {
  it.each([
    ['before its decision is on disk', 'witness-before-commit:2', 5],
    ['after its decision is on disk, unanswered', 'witness-before-answer:2', 8],
  ] as const)('%s never cosigns a fork of what it answered', async (_what, point, after) => {
    const [dir, log] = [join(freshFolder(), 'w'), makeTlog('log.test/killed')]
    const first = await startProcess(dir, log.vkey, { SELVEDGE_FAILPOINT: point })
    expect((await submit(first.told.url, log.submission(0, 5))).status).toBe(200)
    await expect(submit(first.told.url, log.submission(5, 8))).rejects.toThrow()
    expect(await first.ended).toEqual([null, 'SIGKILL'])

    const second = await startProcess(dir, log.vkey)
    expect(second.told.vkey).toBe(first.told.vkey)
    const { url } = second.told
    expect((await submit(url, log.fork(4).submission(5, 9))).status).toBe(after === 5 ? 422 : 409)
    expect((await submit(url, log.fork(4).submission(after, 9))).status).toBe(422)
    // What was decided and not answered may be asked for again.
    expect((await submit(url, log.submission(after, 8))).status).toBe(200)
    second.child.kill('SIGTERM')
    expect((await second.ended)[0]).toBe(0)
  })

  it('amid submissions of a log and of its fork, from both sides at once, cosigns one view', async () => {
    const [dir, log] = [join(freshFolder(), 'w'), makeTlog('log.test/amid')]
    const views = [log, log.fork(3)]
    const answered: { size: number; view: number }[] = []
    let known = 0
    for (let round = 0; round < 3; round++) {
      // Two processes on one state.
      const pair = await Promise.all([startProcess(dir, log.vkey), startProcess(dir, log.vkey)])
      const key = parseVkey(sha256, pair[0].told.vkey, 'cosignature')
      const hammer = async (url: string, view: number) => {
        for (;;) {
          const size = known + 1 + Math.floor(Math.random() * 5)
          const old = known
          const answer = await submit(url, views[view]!.submission(old, size)).catch(() => null)
          if (answer === null) return
          if (answer.status === 409) known = Math.max(known, Number(answer.body))
          if (answer.status !== 200) continue
          const note = views[view]!.note(size)
          verifyCosignature(parseNote(note).text, lineIn(note, answer.body), key)
          answered.push({ size, view })
          known = Math.max(known, size)
        }
      }
      const hammers = pair.flatMap(({ told }) => [hammer(told.url, 0), hammer(told.url, 1)])
      const enough = answered.length + 5
      while (answered.length < enough) await pause(20)
      await pause(Math.random() * 50)
      for (const { child } of pair) child.kill('SIGKILL')
      await Promise.all([...hammers, ...pair.map(({ ended }) => ended)])
    }
    expect(answered.length).toBeGreaterThan(10)
    const beyond = answered.filter(({ size }) => size > 3)
    expect(new Set(beyond.map(({ view }) => view)).size).toBe(1)
  }, 60_000)
})

describe('two witnesses on one state', () => {
  it('decide one after the other, so that of two submissions at once one is told to come again', async () => {
    const [folder, log] = [freshFolder(), makeTlog('log.test/two')]
    const [one, two] = [
      await runWitness([log.vkey], { folder }),
      await runWitness([log.vkey], { folder }),
    ]
    expect(one.vkey).toBe(two.vkey)
    await submit(one.url, log.submission(0, 4))
    const answers = await Promise.all(
      [one, two, one, two].map(({ url }, i) => submit(url, log.submission(4, 5 + i))),
    )
    const statuses = answers.map(({ status }) => status).sort()
    expect(statuses).toEqual([200, 409, 409, 409])
    const won = 5 + answers.findIndex(({ status }) => status === 200)
    expect(answers.filter(({ status }) => status === 409).map(({ body }) => body)).toEqual(
      Array(3).fill(`${won}\n`),
    )
    for (const witness of [one, two]) expect(witness.errors).toEqual([])
  })
})

const code = (text: string) => expect.objectContaining({ code: text })

describe('the directory of a witness', () => {
  it('gets a key that nobody else may read, and keeps name and key', async () => {
    const folder = join(freshFolder(), 'w')
    const first = await openWitness(folder, { name: 'witness.test/kept' })
    first.close()
    expect(statSync(join(folder, 'witness.json')).mode & 0o777).toBe(0o600)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    const again = await openWitness(folder)
    expect([again.name, again.vkey]).toEqual([first.name, first.vkey])
    again.close()
  })

  it('makes one witness where several begin it at once, and refuses those of another name', async () => {
    const folder = join(freshFolder(), 'w')
    const names = ['one', 'one', 'other', 'one']
    const begun = await Promise.allSettled(names.map((name) => openWitness(folder, { name })))
    const made = begun.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    const refused = begun.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
    expect(new Set(made.map(({ name, vkey }) => `${name} ${vkey}`)).size).toBe(1)
    expect(made).toHaveLength(made[0]!.name === 'one' ? 3 : 1)
    for (const refusal of refused) expect(refusal).toEqual(code('WITNESS_NAME_FIXED'))
    for (const witness of made) witness.close()
  })

  it('is whoever was said to be it first, where two found that nobody was yet', async () => {
    const path = join(freshFolder(), 'witness.sqlite')
    const [one, other] = [openWitnessState(path), openWitnessState(path)]
    expect([await one.identity(), await other.identity()]).toEqual([null, null])
    const first = { name: 'one', vkey: 'its key' }
    expect(await one.identify(first)).toEqual(first)
    expect(await other.identify({ name: 'other', vkey: 'another key' })).toEqual(first)
    for (const state of [one, other]) state.close()
  })

  it('is not begun without a name, or with one that no key can have', async () => {
    const folder = join(freshFolder(), 'w')
    await expect(openWitness(folder)).rejects.toEqual(code('WITNESS_NAME_MISSING'))
    await expect(openWitness(folder, { name: 'two words' })).rejects.toEqual(code('PROOF_NOTE_KEY'))
    expect(existsSync(join(folder, 'witness.json'))).toBe(false)
    ;(await openWitness(folder, { name: 'one-word' })).close()
    await expect(openWitness(folder, { name: 'another' })).rejects.toEqual(
      code('WITNESS_NAME_FIXED'),
    )
  })

  it('is refused where the state is lost, or the key, or either is another’s', async () => {
    const [folder, other] = [join(freshFolder(), 'w'), join(freshFolder(), 'w')]
    const [state, key] = ['witness.sqlite', 'witness.json'].map((file) => join(folder, file)) as [
      string,
      string,
    ]
    for (const dir of [folder, other]) (await openWitness(dir, { name: 'w' })).close()
    renameSync(state, `${state}.away`)
    await expect(openWitness(folder)).rejects.toEqual(code('WITNESS_STATE_LOST'))
    writeFileSync(state, 'no database at all, but long enough to be looked at as one. '.repeat(9))
    await expect(openWitness(folder)).rejects.toEqual(code('WITNESS_STATE_LOST'))
    renameSync(`${state}.away`, state)
    renameSync(key, `${key}.away`)
    await expect(openWitness(folder)).rejects.toEqual(code('WITNESS_KEY_MISSING'))
    copyFileSync(join(other, 'witness.json'), key)
    await expect(openWitness(folder)).rejects.toEqual(code('WITNESS_KEY_OTHER'))
    renameSync(`${key}.away`, key)
    ;(await openWitness(folder)).close()
  })

  it('stops a witness that runs where its state is taken away under it', async () => {
    const log = makeTlog('log.test/taken')
    const witness = await runWitness([log.vkey])
    expect((await submit(witness.url, log.submission(0, 5))).status).toBe(200)
    rmSync(join(witness.folder, 'witness/witness.sqlite'))
    expect((await submit(witness.url, log.fork(2).submission(0, 5))).status).toBe(503)
    expect(witness.errors).toEqual([code('WITNESS_STATE_LOST')])
  })

  it('waits for another process that decides, and says so where that takes too long', async () => {
    const log = makeTlog('log.test/busy')
    const witness = await runWitness([log.vkey])
    const file = join(witness.folder, 'witness/witness.sqlite')
    const holder = spawn(process.execPath, [
      '--disable-warning=ExperimentalWarning',
      '-e',
      `const db = new (require('node:sqlite').DatabaseSync)(${JSON.stringify(file)})
       db.exec('BEGIN EXCLUSIVE'); console.log('held'); setTimeout(() => {}, 60000)`,
    ])
    children.add(holder)
    await once(holder.stdout, 'data')
    const asked = submit(witness.url, log.submission(0, 5))
    expect((await asked).status).toBe(503)
    expect(witness.errors).toEqual([code('WITNESS_STATE_BUSY')])
    holder.kill('SIGKILL')
    await once(holder, 'close')
    expect((await submit(witness.url, log.submission(0, 5))).status).toBe(200)
  }, 20_000)

  it('keeps of a log no more than it stated last: root and note are those of the size', async () => {
    const [folder, log] = [join(freshFolder(), 'w'), makeTlog('log.test/last')]
    const witness = await openWitness(folder, { name: 'w' })
    const at = { origin: log.origin, originHash: 'x' }
    const entry = (size: number, root = `root ${size}`) => ({ size, root, time: 1, note: 'n' })
    await witness.state.decide(at, () => ({ cosign: entry(5) }))
    for (const wrong of [entry(4), entry(5, 'another')]) {
      await expect(witness.state.decide(at, () => ({ cosign: wrong }))).rejects.toThrow(/NOT NULL/)
    }
    expect(await witness.state.last(log.origin)).toEqual(entry(5))
    witness.close()
  })
})

describe('the command', () => {
  it('says who it is, which logs it witnesses and what it answers, one JSON object a line', async () => {
    const [dir, log] = [join(freshFolder(), 'w'), makeTlog('log.test/told')]
    const { child, next, told, ended } = await startProcess(dir, log.vkey)
    expect(told).toMatchObject({
      logs: [log.origin],
      policy: `witness p ${told.vkey} ${told.url}`,
    })
    await submit(told.url, log.submission(0, 5))
    await submit(told.url, log.fork(2).submission(5, 9))
    const answers = [await next(), await next()]
    expect(answers).toMatchObject([
      { status: 200, origin: log.origin, size: 5 },
      { status: 422, origin: log.origin, size: 9, because: expect.stringContaining('root') },
    ])
    child.kill('SIGINT')
    expect((await ended)[0]).toBe(0)
    const note = (await submitted(dir)).note
    expect(
      equal(parseCheckpoint(parseNote(note).text).root, unb64((await submitted(dir)).root)),
    ).toBe(true)
  })

  it('has help, and refuses what is no port', async () => {
    const help = await selvedge(['witness', '--help'])
    expect(help.stdout).toMatch(/tlog-witness[\s\S]*--logs <file>[\s\S]*--port <port>/)
    expect((await selvedge(['witness', '--port', '99999'])).code).toBe(2)
  })
})

async function submitted(dir: string) {
  const witness = await openWitness(dir)
  const last = await witness.state.last('log.test/told')
  witness.close()
  return last!
}
