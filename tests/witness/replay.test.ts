import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, describe, expect, it } from 'vitest'
import { run, type Terminal } from '../../cli/prov-verifier/run.ts'
import { sha256 } from '../../core/sha256.ts'
import { b64, unb64 } from '../../proofs/base64.ts'
import { leafHash } from '../../proofs/hash.ts'
import { type Leaf, leafBytes, type StateLeaf } from '../../proofs/leaf.ts'
import { rootOf } from '../../proofs/merkle.ts'
import { formatVkey, parseVkey, verifyNote } from '../../proofs/note.ts'
import { replayText } from '../../proofs/replay-note.ts'
import { formatTrust } from '../../proofs/trust.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { originHash } from '../../server/witness/cosign.ts'
import { openWitness } from '../../server/witness/open.ts'
import { openReplayer } from '../../server/witness/replayer.ts'
import { makeBundle, trustIn } from '../make/bundle.ts'
import type { TestLog } from '../make/log.ts'
import { filesOfEntries, type LogFiles } from '../make/log-files.ts'
import { smallLog } from '../make/small-log.ts'
import { statedLog } from '../make/stated-log.ts'
import { selvedge, spawnSelvedge } from '../setup/selvedge.ts'
import { freshFolder } from './support.ts'

const vkeyOf = ({ origin, keys }: TestLog) =>
  formatVkey(sha256, { name: origin, publicKey: unb64(keys.checkpoint.x) })
const filesOf = (log: TestLog, leaves: readonly Leaf[] = log.leaves) =>
  filesOfEntries(leaves.map(leafBytes), { origin: log.origin, key: log.keys.checkpoint })
const states = ({ leaves }: TestLog) =>
  leaves.filter((leaf): leaf is StateLeaf => leaf.v === 'selvedge/state/1')

/** A log as a directory of files. */
function written(files: LogFiles, folder = freshFolder()) {
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), bytes)
  }
  return folder
}

/** A log over HTTP, whose files a test may change. */
async function served(now: { files: LogFiles }) {
  const server = createServer((request, response) => {
    const bytes = now.files.get(request.url!.slice(1))
    response.writeHead(bytes ? 200 : 404).end(bytes)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const replayOnce = (source: string, log: TestLog, dir: string, ...more: string[]) =>
  selvedge([
    ...['witness', '--replay', source, '--once', '--vkey', vkeyOf(log)],
    ...['--dir', dir, '--name', 'replayer.example/r', ...more],
  ])

const replayerOf = async (dir: string) => {
  const { vkey, close } = await openWitness(dir, { role: 'replayer' })
  close()
  return vkey
}

const stated = statedLog()
const { log } = stated
const last = states(log).at(-1)!
const noteText = ({ size, root }: StateLeaf, { origin } = log) =>
  replayText({ origin, size, root: unb64(root) })

describe('a replayer', () => {
  it('vouches for the state of an exported log that it has derived anew', async () => {
    const [source, dir] = [written(filesOf(log)), freshFolder()]
    const out = join(freshFolder(), 'replay')
    const { code, stdout, stderr } = await replayOnce(source, log, dir, '--out', out)
    expect(code).toBe(0)
    const vkey = await replayerOf(dir)
    expect(stderr).toContain(`vkey    ${vkey}\n`)
    const key = parseVkey(sha256, vkey)
    expect(verifyNote(sha256, stdout, key)).toBe(noteText(last))
    expect(readFileSync(out, 'utf8')).toBe(stdout)
  })

  it('reads a log over HTTP alike, and tells as JSON what it vouches for', async () => {
    const url = await served({ files: filesOf(log) })
    const dir = freshFolder()
    const { stdout } = await replayOnce(url, log, dir, '--json')
    const vkey = await replayerOf(dir)
    const told = JSON.parse(stdout)
    expect(told).toMatchObject({ vkey, origin: log.origin, size: last.size, root: last.root })
    expect(verifyNote(sha256, told.note, parseVkey(sha256, vkey))).toBe(noteText(last))
  })

  it('vouches for an earlier state where it is asked for one, and for none that is none', async () => {
    const [source, dir] = [written(filesOf(log)), freshFolder()]
    const [first] = states(log)
    const { stdout } = await replayOnce(source, log, dir, '--size', String(first!.size))
    expect(verifyNote(sha256, stdout, parseVkey(sha256, await replayerOf(dir)))).toBe(
      noteText(first!),
    )
    const none = await replayOnce(source, log, dir, '--size', '3')
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('WITNESS_REPLAY_NOTHING')])
  })

  it('has a key of its own beside that of the witness', async () => {
    const [source, dir] = [written(filesOf(log)), freshFolder()]
    const witness = await openWitness(dir, { name: 'replayer.example/w' })
    witness.close()
    await replayOnce(source, log, dir)
    const vkey = await replayerOf(dir)
    expect(b64(parseVkey(sha256, vkey).publicKey)).not.toBe(b64(witness.key.publicKey))
  })
})

/** Changes one leaf, keeping it sound by itself. */
const changed = (seq: number, change: (leaf: Leaf) => Leaf) =>
  log.leaves.map((leaf) => (leaf.seq === seq ? change(leaf) : leaf))

describe('a replayer refuses', () => {
  it.each([
    [
      'a state that does not follow from the headers',
      'PROOF_REPLAY_STATE',
      changed(last.seq, (leaf) => ({ ...leaf, root: b64(new Uint8Array(32).fill(7)) }) as Leaf),
    ],
    ['a version left out', 'PROOF_REPLAY_VERSION', withoutVersion()],
    ['a checkpoint that ends in no state', 'PROOF_CHECKPOINT_END', log.leaves.slice(0, -1)],
  ])('%s, though signed with the genuine key', async (_what, code, leaves) => {
    const source = written(filesOf(log, leaves))
    const { code: exit, stdout, stderr } = await replayOnce(source, log, freshFolder())
    expect([exit, stdout]).toEqual([1, ''])
    expect(stderr).toContain('LOG_MISBEHAVES')
    expect(stderr).toContain(code)
  })

  it('a log that another key has signed, and one whose key nobody says', async () => {
    const source = written(filesOf(log))
    const other = statedLog('acme', 'other.example').log
    const { code, stderr } = await replayOnce(source, other, freshFolder())
    expect([code, stderr]).toEqual([1, expect.stringContaining('PROOF_NOTE_UNSIGNED')])
    const unsaid = await selvedge(['witness', '--replay', source, '--once', '--name', 'r'])
    expect(unsaid.stderr).toContain('LOG_KEY_MISSING')
  })

  it('a log of before the first state, for there is nothing to vouch for', async () => {
    const leaves = log.leaves.slice(0, states(log)[0]!.seq)
    const { code, stderr } = await replayOnce(written(filesOf(log, leaves)), log, freshFolder())
    expect([code, stderr]).toEqual([1, expect.stringContaining('WITNESS_REPLAY_NOTHING')])
  })

  it('another history of a log that it vouched for once, also after a restart', async () => {
    const dir = freshFolder()
    const [shown, other] = [historyOf('shown'), historyOf('other')]
    other.assert('Dataset', 'and on', {})
    other.state()
    const shorter = shown.leaves.slice(0, states(shown)[0]!.seq + 1)
    expect((await replayOnce(written(filesOf(shown)), shown, dir)).code).toBe(0)
    for (const files of [filesOf(other), filesOf(shown, shorter)]) {
      const { code, stdout, stderr } = await replayOnce(written(files), shown, dir)
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toContain('WITNESS_REPLAY_DIFFERS')
    }
    expect((await replayOnce(written(filesOf(shown)), shown, dir)).code).toBe(0)
    // A replayer that knows of nothing else takes the other one, for by itself it is sound.
    expect((await replayOnce(written(filesOf(other)), other, freshFolder())).code).toBe(0)
  })
})

it('hands out nothing that is not yet kept, and nothing of another history', async () => {
  const [shown, other] = [historyOf('shown'), historyOf('other')]
  const witness = await openWitness(freshFolder(), { name: 'replayer.example/r', role: 'replayer' })
  afterAll(() => witness.close())
  const checkpointOf = ({ origin, leaves }: TestLog) => {
    const root = rootOf(
      sha256,
      leaves.map((leaf) => leafHash(sha256, leafBytes(leaf))),
    )
    return { origin, size: leaves.length, root }
  }
  /** What is served while the state decides, and what comes of it. */
  const replayed = async (log: TestLog) => {
    const served: unknown[] = []
    const replayer = openReplayer({
      ...witness,
      state: {
        ...witness.state,
        decide: (of, decide) => {
          served.push(replayer.find())
          return witness.state.decide(of, decide)
        },
      },
    })
    for (const leaf of log.leaves) replayer.take(leafBytes(leaf), leaf.seq)
    const vouched = await replayer.vouch(checkpointOf(log)).catch(({ code }) => code)
    return { served, vouched, after: replayer.find() }
  }
  const good = await replayed(shown)
  expect(good.served).toEqual([null])
  expect(good.after).toEqual(good.vouched)
  const fork = await replayed(other)
  expect(fork).toEqual({ served: [null], vouched: 'WITNESS_REPLAY_DIFFERS', after: null })
})

/** One of the histories that an operator could tell from a common state on. */
function historyOf(word: string) {
  const { log } = smallLog()
  log.state()
  log.assert('Dataset', word, {})
  log.state()
  return log
}

/** The second version of an entity under the number of a third. */
function withoutVersion() {
  const leaf = log.leaves.find((one) => one.v === 'selvedge/record/1' && one.version === 2)!
  return changed(leaf.seq, (one) => ({ ...one, version: 3 }) as Leaf)
}

describe('a replayer that follows a log', () => {
  it('vouches for each state that comes, serves them all, and ends where the log breaks a rule', async () => {
    const grown = historyOf('grown')
    const now = { files: filesOf(grown) }
    const url = await served(now)
    const dir = freshFolder()
    const child = spawnSelvedge([
      ...['witness', '--replay', url, '--vkey', vkeyOf(grown), '--interval', '0.1', '--json'],
      ...['--dir', dir, '--name', 'replayer.example/f', '--port', '0'],
    ])
    const ended = once(child, 'close')
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
    const next = async () =>
      JSON.parse((await lines.next()).value!) as { size: number; note: string }
    let said = ''
    child.stderr!.setEncoding('utf8').on('data', (part) => {
      said += part
    })
    const sizes = states(grown).map(({ size }) => size)
    expect((await next()).size).toBe(sizes.at(-1))
    while (!/served at \S+\n/.test(said)) await once(child.stderr!, 'data')
    const base = /served at (\S+)/.exec(said)![1]!
    const replay = `${base}/${originHash(grown.origin)}/replay`
    const get = async (path: string) => {
      const response = await fetch(path)
      return [response.status, await response.text()] as const
    }
    const key = parseVkey(sha256, (await get(base))[1].trim())
    for (const state of states(grown)) {
      const [status, note] = await get(`${replay}/${state.size}`)
      expect([status, verifyNote(sha256, note, key)]).toEqual([200, noteText(state, grown)])
    }
    expect((await get(`${replay}/3`))[0]).toBe(404)
    expect((await get(`${base}/${originHash('other')}/replay`))[0]).toBe(404)
    expect((await fetch(replay, { method: 'POST' })).status).toBe(405)

    grown.assert('Dataset', 'more', {})
    const state = grown.state()
    now.files = filesOf(grown)
    expect((await next()).size).toBe(state.size)
    expect(verifyNote(sha256, (await get(replay))[1], key)).toBe(noteText(state, grown))

    grown.leaves.push({ ...state, seq: state.seq + 1, size: state.size + 1 })
    now.files = filesOf(grown)
    expect((await ended)[0]).toBe(1)
    expect(said).toMatch(/LOG_MISBEHAVES.*PROOF_REPLAY_STATE/)
  })

  it('waits for a log that is away, and ends when it is told to', async () => {
    // Nobody listens on the discard port.
    const url = 'http://127.0.0.1:9'
    const grown = historyOf('away')
    const child = spawnSelvedge([
      ...['witness', '--replay', url],
      ...[
        '--vkey',
        vkeyOf(grown),
        '--interval',
        '0.1',
        '--dir',
        freshFolder(),
        '--name',
        'r',
        '--port',
        '0',
      ],
    ])
    const ended = once(child, 'close')
    let said = ''
    await new Promise<void>((resolve) => {
      child.stderr!.setEncoding('utf8').on('data', (part) => {
        said += part
        if (said.split('There is no answer').length > 2) resolve()
      })
    })
    child.kill('SIGTERM')
    expect((await ended)[0]).toBe(0)
  })
})

describe('a bundle', () => {
  const question = { root: stated.report, direction: 'BOTH', depth: 5 } as const
  const completes = ({ verdict }: Awaited<ReturnType<typeof verifyBundle>>) =>
    [verdict.current, verdict.completeUp, verdict.completeDown].map(({ detail }) => detail)

  it('is complete as replayed by the note of a replayer whom the trust root lists', async () => {
    const dir = freshFolder()
    const { stdout } = await replayOnce(written(filesOf(log)), log, dir)
    const { bytes } = makeBundle(log, { question })
    const vkey = await replayerOf(dir)
    const listed = { ...trustIn(log), replayers: [vkey] }
    const report = await verifyBundle({ sha256, bytes, trust: listed, replay: utf8(stdout) })
    expect(report.checks.filter(({ result }) => result === 'fail')).toEqual([])
    for (const detail of completes(report))
      expect(detail).toContain('replayed by replayer.example/r')
    const unlisted = await verifyBundle({
      sha256,
      bytes,
      trust: trustIn(log),
      replay: utf8(stdout),
    })
    const without = await verifyBundle({ sha256, bytes, trust: listed })
    for (const other of [unlisted, without]) {
      for (const detail of completes(other)) expect(detail).toContain('as signed')
    }
  })

  it('is verified with the note as a file', async () => {
    const [dir, folder] = [freshFolder(), freshFolder()]
    const at = (name: string) => join(folder, name)
    await replayOnce(written(filesOf(log)), log, dir, '--out', at('replay'))
    writeFileSync(at('bundle.zip'), makeBundle(log, { question }).bytes)
    writeFileSync(
      at('trust.json'),
      formatTrust({ ...trustIn(log), replayers: [await replayerOf(dir)] }),
    )
    const verify = async (note: string) => {
      let out = ''
      const args = [at('bundle.zip'), '--trust', at('trust.json'), '--replay', note, '--json']
      const terminal = { out: (text: string) => (out += text), err: () => {}, colours: false }
      return { exit: await run(args, terminal as Terminal), ...JSON.parse(out) }
    }
    const good = await verify(at('replay'))
    expect([good.exit, good.explained.current]).toEqual([0, expect.stringContaining('replayed by')])
    const [first] = states(log)
    await replayOnce(
      written(filesOf(log)),
      log,
      dir,
      '--out',
      at('earlier'),
      '--size',
      String(first!.size),
    )
    const other = await verify(at('earlier'))
    expect(other.exit).toBe(1)
    expect(other.checks).toContainEqual(
      expect.objectContaining({ name: 'replay-form', code: 'PROOF_REPLAY_OTHER' }),
    )
    expect((await verify(at('nothing'))).exit).toBe(3)
  })
})
