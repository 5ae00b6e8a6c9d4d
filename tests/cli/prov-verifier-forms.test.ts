import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { run } from '../../cli/prov-verifier/run.ts'
import { sha256 } from '../../core/sha256.ts'
import { consistencyRanges } from '../../proofs/consistency.ts'
import { leafHash } from '../../proofs/hash.ts'
import { inclusionRanges } from '../../proofs/inclusion.ts'
import { leafBytes } from '../../proofs/leaf.ts'
import { formatSubmission } from '../../proofs/submission.ts'
import { formatTlogProof } from '../../proofs/tlog-proof.ts'
import { formatTrust } from '../../proofs/trust.ts'
import { text } from '../../proofs/utf8.ts'
import { trustIn } from '../make/bundle.ts'
import { checkpointNote, filesOfLog } from '../make/log-files.ts'
import { smallLog } from '../make/small-log.ts'
import { makeStateProof } from '../make/state-proof.ts'
import { statedLog } from '../make/stated-log.ts'
import { naiveTree } from '../proofs/support.ts'

const folder = mkdtempSync(join(tmpdir(), 'prov-verifier-forms-'))
afterAll(() => rmSync(folder, { recursive: true }))

const { log } = smallLog()
const signer = { origin: log.origin, key: log.keys.checkpoint }
const entries = log.leaves.map(leafBytes)
const tree = naiveTree(entries.map((entry) => leafHash(sha256, entry)))
const files = filesOfLog(log)
const vkey = text(files.get('log.vkey')!).trimEnd()

const write = (path: string, bytes: string | Uint8Array) => {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), bytes)
}
const range = ({ start, end }: { start: number; end: number }) => tree(start, end)
const path = inclusionRanges(5, entries.length).map(range)
const checkpoint = checkpointNote(entries, signer)
write('5.tlog-proof', formatTlogProof({ extra: null, index: 5, path, checkpoint }))
write('5.leaf', entries[5]!)
write('6.leaf', entries[6]!)
write('old', checkpointNote(entries.slice(0, 4), signer))
write(
  'new',
  formatSubmission({
    old: 4,
    path: consistencyRanges(4, entries.length).map(range),
    note: checkpoint,
  }),
)
write('trust.json', formatTrust(trustIn(log)))
for (const [name, bytes] of files) {
  write(`log/${name}`, bytes)
  if (!name.startsWith('tile/0/')) write(`part/${name}`, bytes)
}
mkdirSync(join(folder, 'empty'))
// The same origin and keys, and a log with states.
const { log: stated, raw } = statedLog()
write('raw.state', makeStateProof(stated, [raw]))
write('nobody.state', makeStateProof(stated, [stated.idOf('Dataset', 'nobody')]))
// A hub, whose neighbours downstream take more than a megabyte.
const hub = statedLog()
for (let i = 0; i < 9_000; i++) {
  hub.log.assert('Dataset', `below ${i}`, {}, [['WAS_DERIVED_FROM', hub.raw]])
}
hub.log.state()
write('hub.state', makeStateProof(hub.log, [hub.raw]))
write(
  'lie.state',
  makeStateProof(stated, [raw], { leaf: (leaf) => ({ ...leaf, root: 'A'.repeat(43) }) }),
)

async function verifier(...args: string[]) {
  const written = { out: '', err: '' }
  const exit = await run(
    args.map((arg) => arg.replace('@', `${folder}/`)),
    {
      out: (told) => {
        written.out += told
      },
      err: (told) => {
        written.err += told
      },
      colours: false,
    },
  )
  return { exit, ...written }
}

describe('the exit code', () => {
  it.each([
    [
      0,
      'a leaf is in a trusted log',
      ['@5.tlog-proof', '--leaf', '@5.leaf', '--trust', '@trust.json'],
    ],
    [
      0,
      'a leaf is in a log that is trusted by its key',
      ['@5.tlog-proof', '--leaf=@5.leaf', '--vkey', vkey],
    ],
    [4, 'nobody vouches for the log of a leaf', ['@5.tlog-proof', '--leaf', '@5.leaf']],
    [0, 'nobody does, which will do', ['@5.tlog-proof', '--leaf', '@5.leaf', '--accept-untrusted']],
    [1, 'it is another leaf', ['@5.tlog-proof', '--leaf', '@6.leaf', '--trust', '@trust.json']],
    [2, 'the leaf is not named', ['@5.tlog-proof']],
    [2, 'the proof is not named', ['--leaf', '@5.leaf']],
    [
      2,
      'trust is given twice',
      ['@5.tlog-proof', '--leaf', '@5.leaf', '--trust', '@trust.json', '--vkey', vkey],
    ],
    [2, 'a vkey is none', ['@5.tlog-proof', '--leaf', '@5.leaf', '--vkey', 'x']],
    [3, 'there is no such leaf', ['@5.tlog-proof', '--leaf', '@7.leaf']],
    [0, 'a log went on', ['consistency', '@old', '@new', '--trust', '@trust.json']],
    [1, 'a log did not go on from there', ['consistency', '@5.leaf', '@new', '--vkey', vkey]],
    [2, 'one checkpoint is named', ['consistency', '@old']],
    [3, 'there is no such checkpoint', ['consistency', '@old', '@newer']],
    [0, 'a record is the latest', ['state', '@raw.state', '--trust', '@trust.json']],
    [0, 'a hub has all its neighbours', ['state', '@hub.state', '--trust', '@trust.json']],
    [0, 'there is no such entity', ['state', '@nobody.state', '--trust', '@trust.json']],
    [1, 'a state is not that of its root', ['state', '@lie.state', '--trust', '@trust.json']],
    [4, 'nobody vouches for a state', ['state', '@raw.state']],
    [2, 'no state proof is named', ['state']],
    [3, 'there is no such state proof', ['state', '@other.state']],
    [0, 'a log is whole', ['log', '@log', '--trust', '@trust.json']],
    [0, 'a log replays', ['log', '@log', '--trust', '@trust.json', '--state']],
    [4, 'nobody vouches for a log', ['log', '@log']],
    [1, 'a log lacks a file', ['log', '@part', '--trust', '@trust.json']],
    [3, 'there is no log in a directory', ['log', '@empty']],
    [3, 'there is no such directory', ['log', '@nowhere']],
    [2, 'no directory is named', ['log']],
    [2, 'an option is unknown', ['log', '@log', '--force']],
  ] as const)('is %i where %s', async (code, _what, args) => {
    expect((await verifier(...args)).exit).toBe(code)
  })
})

it('tells every check by name, and the verdict, in words and as JSON', async () => {
  const { out } = await verifier('log', '@log', '--trust', '@trust.json')
  expect(out).toMatch(/log-files +21 entries make every tile, and the root/)
  expect(out).toContain('Genuine: intact and authentic.')
  const json = await verifier('log', '@log', '--trust', '@trust.json', '--json')
  expect(JSON.parse(json.out)).toMatchObject({
    ok: true,
    exit: 0,
    verdict: { intact: 'pass', authentic: 'pass' },
    about: { log: log.origin, size: entries.length },
  })
})
