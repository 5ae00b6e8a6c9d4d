import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { b64 } from '../../proofs/base64.ts'
import { consistencyRanges } from '../../proofs/consistency.ts'
import { entryBundle } from '../../proofs/entry-bundle.ts'
import { leafHash } from '../../proofs/hash.ts'
import { inclusionRanges } from '../../proofs/inclusion.ts'
import { type KeyLeaf, type Leaf, leafBytes } from '../../proofs/leaf.ts'
import { formatNote, parseNote } from '../../proofs/note.ts'
import type { Check } from '../../proofs/report.ts'
import { exitCode } from '../../proofs/report.ts'
import { formatSubmission } from '../../proofs/submission.ts'
import { formatTlogProof } from '../../proofs/tlog-proof.ts'
import { type Trust, trustOfVkey } from '../../proofs/trust.ts'
import { text, utf8 } from '../../proofs/utf8.ts'
import type { FormReport } from '../../proofs/verify/signer.ts'
import { GROWTH_CHECKS, verifyGrowth } from '../../proofs/verify-growth.ts'
import { LEAF_CHECKS, verifyLeaf } from '../../proofs/verify-leaf.ts'
import { LOG_CHECKS, verifyLog } from '../../proofs/verify-log.ts'
import { trustIn } from '../make/bundle.ts'
import { makeKey } from '../make/keys.ts'
import { makeLog } from '../make/log.ts'
import { checkpointNote, filesOfEntries, filesOfLog, type LogFiles } from '../make/log-files.ts'
import { rotatedLog } from '../make/rotated-log.ts'
import { smallLog } from '../make/small-log.ts'
import { statedLog } from '../make/stated-log.ts'
import { makeWitness, policyOf } from '../make/witness.ts'
import { naiveTree } from './support.ts'

const { log } = smallLog()
const signer = { origin: log.origin, key: log.keys.checkpoint }
const entries = log.leaves.map(leafBytes)
const tree = naiveTree(entries.map((entry) => leafHash(sha256, entry)))
const trust = trustIn(log)
const stranger = makeKey('stranger')

const failed = ({ checks }: FormReport) =>
  checks.filter(({ result }) => result === 'fail').map(({ name, code }) => `${name} ${code}`)
const lines = ({ verdict }: FormReport) =>
  Object.fromEntries(Object.entries(verdict).map(([line, { result }]) => [line, result]))
const changedTrust = (change: Partial<Trust['logs'][number]>): Trust => ({
  ...trust,
  logs: trust.logs.map((one) => ({ ...one, ...change })),
})

/** Flips one bit of base64 text without leaving its alphabet. */
const flipped = (line: string) => `${line.startsWith('A') ? 'B' : 'A'}${line.slice(1)}`

describe('one leaf by its tlog-proof', () => {
  const size = entries.length
  const proofOf = (index: number, note = checkpointNote(entries, signer)) => {
    const path = inclusionRanges(index, size).map(({ start, end }) => tree(start, end))
    return formatTlogProof({ extra: null, index, path, checkpoint: note })
  }
  const verify = (proof: string, leaf = entries[5]!, given: Trust | null = trust) =>
    verifyLeaf({ sha256, proof: utf8(proof), leaf, trust: given })

  it('is intact and authentic at every place', async () => {
    for (const [seq, leaf] of entries.entries()) {
      const report = await verify(proofOf(seq), leaf)
      expect(failed(report)).toEqual([])
      expect(lines(report)).toEqual({
        intact: 'pass',
        authentic: 'pass',
        witnessed: 'not evaluated',
      })
      expect(report.about).toMatchObject({ log: log.origin, size, seq })
      expect(exitCode(report)).toBe(0)
    }
  })

  it('vouches for nothing without a trust root, and for as much with a vkey as with one', async () => {
    expect(exitCode(await verify(proofOf(5), entries[5], null))).toBe(4)
    const vkey = text(filesOfLog(log).get('log.vkey')!).trimEnd()
    expect(exitCode(await verify(proofOf(5), entries[5], trustOfVkey(sha256, vkey)))).toBe(0)
  })

  it('is witnessed where the trust root asks for witnesses and they have cosigned', async () => {
    const witnesses = ['one.example/w', 'two.example/w'].map(makeWitness)
    const asking = { ...trust, witnessPolicy: policyOf(witnesses, 'all') }
    const { text: signed, signatures } = parseNote(checkpointNote(entries, signer))
    const cosigned = (by: typeof witnesses) =>
      proofOf(5, formatNote(signed, [...signatures, ...by.map(({ cosign }) => cosign(signed))]))
    const both = await verify(cosigned(witnesses), entries[5], asking)
    expect([failed(both), lines(both).witnessed]).toEqual([[], 'pass'])
    const one = await verify(cosigned(witnesses.slice(1)), entries[5], asking)
    expect([failed(one), exitCode(one)]).toEqual([['witness-quorum PROOF_QUORUM'], 1])
  })

  const good = proofOf(5)
  const hashLine = good.split('\n')[2]!
  const otherTenant = leafBytes({ ...log.leaves[5]!, tenant: 'other' })
  const cases: [string, string, Uint8Array, Trust, string][] = [
    ['a text that is no proof', good.slice(5), entries[5]!, trust, 'proof-form PROOF_TLOG_PROOF'],
    [
      'a hash changed',
      good.replace(hashLine, flipped(hashLine)),
      entries[5]!,
      trust,
      'leaf-inclusion PROOF_ROOT_MISMATCH',
    ],
    [
      'no checkpoint of ours',
      good.replace(`\n${size}\n`, `\n0${size}\n`),
      entries[5]!,
      trust,
      'checkpoint-form PROOF_CHECKPOINT_SYNTAX',
    ],
    [
      'a leaf laid out anew',
      good,
      utf8(` ${text(entries[5]!)}`),
      trust,
      'leaf-form PROOF_JSON_NOT_CANONICAL',
    ],
    [
      'another key',
      proofOf(5, checkpointNote(entries, { ...signer, key: stranger })),
      entries[5]!,
      trust,
      'checkpoint-key PROOF_TRUST_KEY_UNLISTED',
    ],
    [
      'a log that is not listed',
      good,
      entries[5]!,
      changedTrust({ origin: 'selvedge.test/else' }),
      'origin-listed PROOF_ORIGIN_UNLISTED',
    ],
    [
      'an anchor of another history',
      good,
      entries[5]!,
      changedTrust({ anchors: [{ size, root: b64(tree(0, 3)) }] }),
      'anchor-roots PROOF_ANCHOR_FORK',
    ],
    [
      'a policy that is none',
      good,
      entries[5]!,
      { ...trust, witnessPolicy: 'nonsense' },
      'witness-policy PROOF_POLICY',
    ],
  ]
  it.each(cases)(
    'is refused with %s, by that check alone',
    async (_what, proof, leaf, given, by) => {
      const report = await verify(proof, leaf, given)
      expect(failed(report)).toEqual([by])
      expect(exitCode(report)).toBe(1)
    },
  )

  it('is refused where the log signed a key record whose key has not, or is another', async () => {
    const first = log.leaves[0] as KeyLeaf
    const rogue = { ...first, x: stranger.x, kid: stranger.kid }
    for (const [leaf, code] of [
      [rogue, 'PROOF_KEY_SIGNATURE'],
      [{ ...first, kid: stranger.kid }, 'PROOF_KEY_ID'],
    ] as const) {
      const leaves = entries.with(0, leafBytes(leaf))
      const other = naiveTree(leaves.map((entry) => leafHash(sha256, entry)))
      const path = inclusionRanges(0, size).map(({ start, end }) => other(start, end))
      const checkpoint = checkpointNote(leaves, signer)
      const proof = formatTlogProof({ extra: null, index: 0, path, checkpoint })
      expect(failed(await verify(proof, leaves[0]))).toEqual([`leaf-form ${code}`])
    }
  })

  it('is refused as another leaf than the proof is for, by every check that sees it', async () => {
    expect(failed(await verify(good, entries[6]))).toEqual([
      'leaf-place PROOF_LEAF_SEQ',
      'leaf-inclusion PROOF_ROOT_MISMATCH',
    ])
    expect(failed(await verify(good, otherTenant))).toEqual([
      'leaf-inclusion PROOF_ROOT_MISMATCH',
      'origin-tenant PROOF_ORIGIN_TENANT',
    ])
  })

  it('is refused where the log signed a leaf at another place than it says, or another tenant’s', async () => {
    const [moved, foreign] = [
      entries.map((entry, i) => (i === 5 ? entries[6]! : entry)),
      entries.map((entry, i) => (i === 5 ? otherTenant : entry)),
    ]
    for (const [leaves, by] of [
      [moved, 'leaf-place PROOF_LEAF_SEQ'],
      [foreign, 'origin-tenant PROOF_ORIGIN_TENANT'],
    ] as const) {
      const other = naiveTree(leaves.map((entry) => leafHash(sha256, entry)))
      const path = inclusionRanges(5, size).map(({ start, end }) => other(start, end))
      const checkpoint = checkpointNote(leaves, signer)
      const proof = formatTlogProof({ extra: null, index: 5, path, checkpoint })
      expect(failed(await verify(proof, leaves[5]))).toEqual([by])
    }
  })

  it('is refused with a signature that does not hold, or cosignatures that do not', async () => {
    const other = parseNote(checkpointNote(entries.slice(0, 9), signer)).signatures
    const note = formatNote(parseNote(checkpointNote(entries, signer)).text, other)
    expect(failed(await verify(proofOf(5, note)))).toEqual([
      'checkpoint-signature PROOF_NOTE_SIGNATURE',
    ])
    const witness = makeWitness('one.example/w')
    const { text: signed, signatures } = parseNote(checkpointNote(entries, signer))
    const cosigned = formatNote(signed, [...signatures, witness.cosign(`${signed}more\n`)])
    const asking = { ...trust, witnessPolicy: policyOf([witness], 'all') }
    const report = await verify(proofOf(5, cosigned), entries[5], asking)
    expect(failed(report)).toEqual(['cosignatures PROOF_COSIGNATURE'])
  })
})

describe('two checkpoints', () => {
  const growth = (old: number, size = entries.length, by = entries) => {
    const other = naiveTree(by.map((entry) => leafHash(sha256, entry)))
    const path = consistencyRanges(old, size).map(({ start, end }) => other(start, end))
    const note = checkpointNote(by.slice(0, size), signer)
    return formatSubmission({ old, path, note })
  }
  const verify = (old: string, proof: string, given: Trust | null = trust) =>
    verifyGrowth({ sha256, old: utf8(old), proof: utf8(proof), trust: given })
  const at = (size: number) => checkpointNote(entries.slice(0, size), signer)

  it('of one log are told to be of one log', async () => {
    for (const [old, size] of [
      [1, 2],
      [4, 9],
      [7, 7],
      [8, entries.length],
    ] as const) {
      const report = await verify(at(old), growth(old, size))
      expect(failed(report)).toEqual([])
      expect(report.about).toEqual({ log: log.origin, from: old, to: size })
      expect(exitCode(report)).toBe(0)
    }
    expect(exitCode(await verify(at(4), growth(4), null))).toBe(4)
  })

  it('of two histories are told to be of two', async () => {
    const forked = entries.map((entry, i) => (i === 2 ? entries[3]! : entry))
    expect(failed(await verify(at(4), growth(4, entries.length, forked)))).toEqual([
      'consistency PROOF_ROOT_MISMATCH',
    ])
    expect(failed(await verify(at(7), growth(7, 7, forked)))).toEqual([
      'consistency PROOF_ROOT_MISMATCH',
    ])
  })

  const elsewhere = { origin: 'selvedge.test/else', key: stranger }
  const cases: [string, string, string, string[]][] = [
    ['the old is none', 'nothing', growth(4), ['old-checkpoint PROOF_NOTE_SYNTAX']],
    ['the proof is none', at(4), 'nothing', ['proof-form PROOF_SUBMISSION']],
    [
      'the new is none',
      at(4),
      growth(4).replace('\n\n— ', '\n— '),
      ['new-checkpoint PROOF_NOTE_SYNTAX'],
    ],
    ['the proof is from another size', at(4), growth(5), ['consistency PROOF_SIZES']],
    [
      'the later comes first',
      at(9),
      growth(9, 9).replace(at(9), at(4)),
      ['consistency PROOF_SIZES'],
    ],
    [
      'they are of two logs',
      checkpointNote(entries.slice(0, 4), elsewhere),
      growth(4),
      ['same-log PROOF_CHECKPOINT_ORIGIN', 'old-origin-listed PROOF_ORIGIN_UNLISTED'],
    ],
    [
      'the old is signed by nobody who is trusted',
      checkpointNote(entries.slice(0, 4), { ...signer, key: stranger }),
      growth(4),
      ['old-checkpoint-key PROOF_TRUST_KEY_UNLISTED'],
    ],
    [
      'the new is signed by nobody who is trusted',
      at(4),
      growth(4).replace(
        checkpointNote(entries, signer),
        checkpointNote(entries, { ...signer, key: stranger }),
      ),
      ['new-checkpoint-key PROOF_TRUST_KEY_UNLISTED'],
    ],
  ]
  it.each(cases)('are refused where %s', async (_what, old, proof, by) => {
    const report = await verify(old, proof)
    expect(failed(report)).toEqual(by)
    expect(exitCode(report)).toBe(1)
  })
})

describe('a whole log', () => {
  const verify = (files: LogFiles, given: Trust | null = trust) =>
    verifyLog({ sha256, read: (path) => files.get(path) ?? null, trust: given })
  const long = makeLog('long')
  for (let i = 0; i < 600; i++) long.assert('Dataset', `d${i}`, {})

  it('is intact and authentic', async () => {
    for (const one of [log, long]) {
      const report = await verify(filesOfLog(one), trustIn(one))
      expect(failed(report)).toEqual([])
      expect(lines(report)).toEqual({
        intact: 'pass',
        authentic: 'pass',
        witnessed: 'not evaluated',
        replayed: 'not evaluated',
      })
      expect(report.about).toMatchObject({ log: one.origin, size: one.leaves.length })
      expect(exitCode(report)).toBe(0)
    }
  })

  it('vouches for itself alone without a trust root, whatever key lies beside it', async () => {
    const report = await verify(filesOfLog(log), null)
    expect([failed(report), exitCode(report)]).toEqual([[], 4])
    const bare = filesOfLog(log)
    bare.delete('log.vkey')
    expect(exitCode(await verify(bare))).toBe(0)
  })

  it('is authentic under keys that its own records lead to from a listed one', async () => {
    const rotated = rotatedLog()
    const files = filesOfEntries(rotated.log.leaves.map(leafBytes), {
      origin: rotated.log.origin,
      key: rotated.next.checkpoint,
    })
    const report = await verify(files, trustIn(rotated.log))
    expect([failed(report), lines(report).authentic]).toEqual([[], 'pass'])
  })

  it('is compared with every anchor that it has grown over', async () => {
    const anchored = (root: string) => changedTrust({ anchors: [{ size: 7, root }] })
    expect(failed(await verify(filesOfLog(log), anchored(b64(tree(0, 7)))))).toEqual([])
    expect(failed(await verify(filesOfLog(log), anchored(b64(tree(0, 6)))))).toEqual([
      'anchor-roots PROOF_ANCHOR_FORK',
    ])
  })

  const stated = statedLog().log
  const replayed = (leaves: readonly Leaf[], state = true) =>
    verifyLog({
      sha256,
      read: (path) => filesOfLog(stated, leaves).get(path) ?? null,
      trust: trustIn(stated),
      state,
    })
  const changedLeaf = (at: number, change: object) =>
    stated.leaves.map((leaf, i) => (i === at ? ({ ...leaf, ...change } as Leaf) : leaf))

  it('ends in a state record once it has had one', async () => {
    expect(failed(await verify(filesOfLog(stated), trustIn(stated)))).toEqual([])
    expect(failed(await replayed(stated.leaves.slice(0, -1), false))).toEqual([
      'checkpoint-end PROOF_CHECKPOINT_END',
    ])
  })

  it('has every state derived anew from its entries alone, where that is asked for', async () => {
    for (const one of [stated, log, rotatedLog().log]) {
      const read = (path: string) => filesOfLog(one).get(path) ?? null
      const report = await verifyLog({ sha256, read, state: true })
      expect([failed(report), lines(report).replayed]).toEqual([[], 'pass'])
    }
  })

  const last = stated.leaves.length - 1
  const second = stated.leaves.findIndex((leaf) => 'version' in leaf && leaf.version === 2)
  it.each([
    ['a state that its leaves do not make', last, { root: b64(sha256()) }, 'PROOF_REPLAY_STATE'],
    ['a version left out', second, { version: 3 }, 'PROOF_REPLAY_VERSION'],
  ] as const)('is caught by replay alone with %s', async (_what, at, change, code) => {
    const lying = changedLeaf(at, change)
    expect(failed(await replayed(lying, false))).toEqual([])
    const report = await replayed(lying)
    expect(failed(report)).toEqual([`replay ${code}`])
    expect([lines(report).intact, lines(report).replayed, exitCode(report)]).toEqual([
      'fail',
      'fail',
      1,
    ])
  })

  it.each(['tile/0/001', 'tile/entries/002.p/91', 'tile/1/000.p/2'])(
    'is refused without %s',
    async (path) => {
      const files = filesOfLog(long)
      expect(files.delete(path)).toBe(true)
      const report = await verify(files, trustIn(long))
      expect(failed(report)).toEqual(['log-files PROOF_LOG_FILE'])
      expect(report.checks.find(({ name }) => name === 'leaf-rules')?.result).toBe('not evaluated')
    },
  )

  it('is refused where a bit of any file was changed', async () => {
    for (const path of filesOfLog(long).keys()) {
      const files = filesOfLog(long)
      const bytes = files.get(path)!.slice()
      bytes[bytes.length >> 1]! ^= 1
      files.set(path, bytes)
      const report = await verify(files, trustIn(long))
      expect([path, exitCode(report)]).toEqual([path, 1])
    }
  })

  const changed = (seq: number, change: object) =>
    log.leaves.map((leaf, i) => (i === seq ? ({ ...leaf, ...change } as Leaf) : leaf))
  const cases: [string, LogFiles, string[]][] = [
    [
      'a checkpoint that is none',
      new Map([...filesOfLog(log), ['checkpoint', utf8('x')]]),
      ['checkpoint-form PROOF_NOTE_SYNTAX'],
    ],
    [
      'another key beside it',
      new Map([
        ...filesOfLog(log),
        ['log.vkey', filesOfEntries(entries, { ...signer, key: stranger }).get('log.vkey')!],
      ]),
      ['log-vkey PROOF_NOTE_UNSIGNED'],
    ],
    [
      'a leaf that says another place',
      filesOfLog(log, changed(6, { seq: 7 })),
      ['leaf-rules PROOF_LEAF_SEQ'],
    ],
    [
      'a leaf of another tenant',
      filesOfLog(log, changed(6, { tenant: 'else' })),
      ['leaf-rules PROOF_RECORD_TENANT'],
    ],
    [
      'time that falls',
      filesOfLog(log, changed(6, { at: '2020-01-01T00:00:00.000Z' })),
      ['leaf-rules PROOF_RECORD_TIME'],
    ],
    [
      'a key that nobody signed',
      filesOfLog(log, changed(1, { x: stranger.x, kid: stranger.kid })),
      ['leaf-rules PROOF_KEY_SIGNATURE'],
    ],
    [
      'no tenant’s record at the start',
      filesOfLog(log, changed(2, { ...log.leaves[3], seq: 2, at: log.leaves[2]!.at })),
      ['leaf-rules PROOF_LEAF_SEQ'],
    ],
    [
      'an entry that is no leaf',
      filesOfEntries([...entries, utf8('{}')], signer),
      ['leaf-rules PROOF_LEAF_UNKNOWN'],
    ],
    [
      'an entry that is no text',
      filesOfEntries([...entries, Uint8Array.of(0xff)], signer),
      ['leaf-rules PROOF_ENCODING'],
    ],
    [
      'the log of a tenant with a number for a name as an epoch of another’s',
      (() => {
        const seven = smallLog('7').log
        const origin = `${log.origin}/7`
        return filesOfLog({ ...seven, origin, keys: log.keys })
      })(),
      ['origin-tenant PROOF_ORIGIN_TENANT', 'origin-listed PROOF_ORIGIN_UNLISTED'],
    ],
    [
      'another log’s name',
      filesOfEntries(entries, { ...signer, origin: 'selvedge.test/else' }),
      ['origin-tenant PROOF_ORIGIN_TENANT', 'origin-listed PROOF_ORIGIN_UNLISTED'],
    ],
  ]
  it.each(cases)('is refused with %s', async (_what, files, by) => {
    const report = await verify(files)
    expect(failed(report)).toEqual(by)
    expect(exitCode(report)).toBe(1)
  })

  it('is refused where entries and tiles agree on a tree that was not signed', async () => {
    const files = filesOfLog(log, changed(6, { at: log.leaves[7]!.at }))
    files.set('checkpoint', filesOfLog(log).get('checkpoint')!)
    expect(failed(await verify(files))).toEqual(['log-files PROOF_ROOT_MISMATCH'])
  })

  it('is refused where a bundle of entries ends within one', async () => {
    const files = filesOfLog(log)
    const path = `tile/entries/000.p/${entries.length}`
    files.set(path, entryBundle(entries).subarray(0, -1))
    expect(failed(await verify(files))).toEqual(['log-files PROOF_ENTRIES'])
  })
})

it('has every check in docs/specs/log.md', () => {
  const spec = readFileSync('docs/specs/log.md', 'utf8')
  const names = [LEAF_CHECKS, GROWTH_CHECKS, LOG_CHECKS].flatMap(Object.keys)
  const told = names.map((name) => name.replace(/^(old|new)-(?!checkpoint$)/, ''))
  expect(told.filter((name) => !spec.includes(`\`${name}\``))).toEqual([])
})

it('names every check of its tables, in their order', async () => {
  const empty = utf8('')
  const reports = [
    [LEAF_CHECKS, await verifyLeaf({ sha256, proof: empty, leaf: empty, trust })],
    [GROWTH_CHECKS, await verifyGrowth({ sha256, old: empty, proof: empty, trust })],
    [LOG_CHECKS, await verifyLog({ sha256, read: () => null, trust })],
  ] as const
  for (const [table, { checks }] of reports) {
    expect((checks as Check<string>[]).map(({ name }) => name)).toEqual(Object.keys(table))
  }
})
