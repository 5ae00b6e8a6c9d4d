import { sha256 } from '../../../core/sha256.ts'
import { b64 } from '../../../proofs/base64.ts'
import type { ProofCode } from '../../../proofs/error.ts'
import { keyLeafMessage } from '../../../proofs/keyleaf.ts'
import type { KeyLeaf } from '../../../proofs/leaf.ts'
import type { Trust, TrustKey } from '../../../proofs/trust.ts'
import { utf8 } from '../../../proofs/utf8.ts'
import { type Changes, makeBundle, trustKey } from '../../make/bundle.ts'
import { makeKey, type TestKey } from '../../make/keys.ts'
import { strayLeaf } from '../../make/log.ts'
import { rotatedBundle, rotatedLog, rotatedWitnesses } from '../../make/rotated-log.ts'
import type { Mutant } from './mutant.ts'

const rotated = rotatedLog()
const { log, next, keyRecords } = rotated
const size = log.leaves.length
const question = { root: rotated.report, direction: 'UPSTREAM', depth: 5 } as const
const stranger = makeKey('stranger')

/** A bundle of the rotated log in which one thing is wrong. */
const mutant = (what: string, code: ProofCode, changes: Changes): Mutant => ({
  what,
  code,
  make: () => rotatedBundle(rotated, changes),
})

/** Signs a changed key record anew, as its members say. */
const signed = (leaf: KeyLeaf, { prev, key }: { prev: TestKey; key: TestKey }): KeyLeaf => {
  const message = keyLeafMessage(leaf)
  const itself = leaf.event === 'add' ? b64(key.sign(message)) : null
  return { ...leaf, sigs: [b64(prev.sign(message)), itself] }
}

/** Changes the record that adds the next checkpoint key, in the log too. */
const addition = (change: (leaf: KeyLeaf) => KeyLeaf): Changes => ({
  keys: ([first, ...rest]) => [change(first!), ...rest],
})

const keys = { prev: log.keys.checkpoint, key: next.checkpoint }

/** Changes what the trust root says of the one log. */
const trusting = (change: (log: Trust['logs'][number]) => Trust['logs'][number]): Changes => ({
  trust: (trust) => ({ ...trust, logs: trust.logs.map(change) }),
})

const listing = (use: TrustKey['use'], change: Partial<TrustKey>) =>
  trusting((one) => ({
    ...one,
    keys: one.keys.map((key) => (key.use === use ? { ...key, ...change } : key)),
  }))

const anchor = { size, root: strayLeaf('another history') }

const keysText = (change: (text: string) => string): Changes => ({
  subjects: { 'keys.json': change },
})

/** Bundles that only a check of key records or anchors can refuse. */
export const CHAIN_MUTANTS = {
  'keys-form': [
    mutant(
      'a member too many',
      'PROOF_MEMBERS',
      keysText((text) => `{"a":0,${text.slice(1)}`),
    ),
    mutant(
      'white space',
      'PROOF_JSON_NOT_CANONICAL',
      keysText((text) => ` ${text}`),
    ),
    mutant(
      'another version',
      'PROOF_VALUE',
      keysText((text) => text.replace('keys/1', 'keys/2')),
    ),
    mutant('a record that is none of a key', 'PROOF_KEY_RECORDS', {
      keys: (records) => [log.leaves[2] as never, ...records],
    }),
    mutant('one of the first two', 'PROOF_KEY_RECORDS', {
      keys: (records) => [log.leaves[0] as KeyLeaf, ...records],
    }),
    mutant('more records than anyone would wait for', 'PROOF_KEY_RECORDS', {
      subjects: {
        'keys.json': (text) => {
          const value = JSON.parse(text)
          return JSON.stringify({ ...value, keys: Array(10_001).fill({}) })
        },
      },
    }),
    mutant('records out of order', 'PROOF_KEY_RECORDS', {
      subjects: {
        'keys.json': (text) => {
          const value = JSON.parse(text)
          return JSON.stringify({ ...value, keys: value.keys.toReversed() })
        },
      },
    }),
    mutant('a key that did not sign itself', 'PROOF_KEY_SIGNATURE', {
      ...addition((leaf) => signed(leaf, { ...keys, key: stranger })),
    }),
    mutant('an id of another key', 'PROOF_KEY_ID', {
      ...addition((leaf) => signed({ ...leaf, kid: stranger.kid }, keys)),
    }),
    mutant('a key that starts before it is published', 'PROOF_LEAF_KEY', {
      ...addition((leaf) => signed({ ...leaf, from: leaf.seq + 1 }, keys)),
    }),
    mutant('a key that is added twice', 'PROOF_KEY_RECORDS', {
      keys: ([add, retire, ...rest]) => [
        add!,
        signed({ ...add!, seq: retire!.seq, at: retire!.at, from: size - 1 }, keys),
        ...rest,
      ],
    }),
  ],
  'key-chain': [
    mutant('a key that the key before it did not sign', 'PROOF_KEY_SIGNATURE', {
      ...addition((leaf) => signed(leaf, { ...keys, prev: stranger })),
      checkpointKey: log.keys.checkpoint,
    }),
  ],
  'anchors-form': [
    {
      what: 'anchors out of order',
      code: 'PROOF_ANCHORS',
      make: () =>
        makeBundle(log, {
          question,
          witnesses: rotatedWitnesses,
          anchors: [
            { size: 9, path: [] },
            { size: 9, path: [] },
          ],
        }),
    },
  ],
  'anchor-roots': [
    mutant(
      'a checkpoint of another history than an anchor of its size',
      'PROOF_ANCHOR_FORK',
      trusting((one) => ({ ...one, anchors: [anchor] })),
    ),
    {
      what: 'a proof for an anchor that does not lead there',
      code: 'PROOF_ANCHOR_FORK',
      make: () =>
        makeBundle(
          log,
          {
            question,
            witnesses: rotatedWitnesses,
            anchors: [{ size: size + 1, path: [sha256(utf8('a hash'))] }],
          },
          trusting((one) => ({ ...one, anchors: [{ ...anchor, size: size + 1 }] })),
        ),
    },
  ],
} satisfies Record<string, Mutant[]>

/** Bundles in which the new keys count for nothing; for checks that have mutants of their own beside. */
export const KEY_AT_MUTANTS = {
  'checkpoint-key': [
    mutant('a new key whose record is not shown', 'PROOF_TRUST_KEY_UNLISTED', {
      keys: (records) => records.filter(({ use }) => use === 'manifest'),
    }),
    mutant(
      'a new key brought by one that is compromised',
      'PROOF_KEY_CHAIN',
      listing('checkpoint', { compromised: true }),
    ),
    mutant('a new key brought by one that a record calls compromised', 'PROOF_KEY_CHAIN', {
      keys: ([add, retire, ...rest]) => [
        add!,
        signed({ ...retire!, event: 'compromise' }, { prev: next.checkpoint, key: stranger }),
        ...rest,
      ],
    }),
    mutant(
      'a new key brought by one that the trust root has ended',
      'PROOF_KEY_CHAIN',
      listing('checkpoint', { until: size }),
    ),
    mutant('a new key brought by one for the other use', 'PROOF_KEY_CHAIN', {
      ...addition((leaf) =>
        signed({ ...leaf, prev: log.keys.manifest.kid }, { ...keys, prev: log.keys.manifest }),
      ),
    }),
    mutant('a new key brought by one that did not stand yet', 'PROOF_KEY_CHAIN', {
      ...listing('checkpoint', { from: keyRecords[0]!.seq + 1 }),
    }),
    mutant('a new key from a later size on', 'PROOF_TRUST_KEY_SIZE', {
      ...addition((leaf) => signed({ ...leaf, from: size + 1 }, keys)),
    }),
    mutant('a new key that a record has ended', 'PROOF_TRUST_KEY_RETIRED', {
      keys: ([add, retire, ...rest]) => [
        add!,
        signed(
          {
            ...retire!,
            kid: next.checkpoint.kid,
            x: next.checkpoint.x,
            prev: stranger.kid,
            from: size,
          },
          { prev: stranger, key: stranger },
        ),
        ...rest,
      ],
    }),
    mutant(
      'an anchor that holds only a part of what a compromised key has signed',
      'PROOF_TRUST_KEY_COMPROMISED',
      {
        trust: (trust) => ({
          ...trust,
          logs: trust.logs.map((one) => ({
            ...one,
            keys: [...one.keys, { ...trustKey('checkpoint', next.checkpoint), compromised: true }],
            anchors: [{ size: size - 1, root: strayLeaf('not compared without a proof') }],
          })),
        }),
      },
    ),
  ],
  'manifest-key': [
    mutant(
      'a new key brought by one that is compromised',
      'PROOF_KEY_CHAIN',
      listing('manifest', { compromised: true }),
    ),
  ],
  'record-tenant': [
    mutant('a key record of another tenant', 'PROOF_RECORD_TENANT', {
      ...addition((leaf) => signed({ ...leaf, tenant: 'elsewhere' }, keys)),
    }),
  ],
  'record-times': [
    mutant('a key record older than the records before it', 'PROOF_RECORD_TIME', {
      ...addition((leaf) => signed({ ...leaf, at: '2020-01-01T00:00:00.000Z' }, keys)),
    }),
  ],
} satisfies Record<string, Mutant[]>
