import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import type { Json } from '../../proofs/json.ts'
import { formatTrust, parseTrust, type Trust } from '../../proofs/trust.ts'
import { trustIn } from '../make/bundle.ts'
import { makeKey } from '../make/keys.ts'
import { makeLog, strayLeaf } from '../make/log.ts'
import { makeReplayer } from '../make/replayer.ts'
import { expectCode } from './support.ts'

const genuine: Trust = {
  ...trustIn(makeLog()),
  witnessPolicy: 'quorum none\n',
  replayers: [makeReplayer('replayer.test').vkey],
}
genuine.logs[0]!.anchors.push({ size: 7, root: strayLeaf('anchor') })
const [log] = genuine.logs
const [key] = log!.keys

const withKey = (change: object) => ({
  ...genuine,
  logs: [{ ...log, keys: [{ ...key, ...change }] }],
})
const parse = (value: object) => parseTrust(sha256, JSON.stringify(value))

it('reads what it writes', () => expect(parseTrust(sha256, formatTrust(genuine))).toEqual(genuine))

it('reads a trust root laid out for people, in any order', () => {
  const { v, logs, replayers, witnessPolicy } = genuine
  const laidOut = JSON.stringify({ witnessPolicy, replayers, logs, v }, null, 2)
  expect(parseTrust(sha256, `${laidOut}\n`)).toEqual(genuine)
})

it('reads a trust root that lists nobody', () => {
  const empty = { v: 'selvedge/trust/1', logs: [], witnessPolicy: '', replayers: [] }
  expect(parse(empty)).toEqual(empty)
})

it('reads a key that is retired and compromised', () => {
  expect(parse(withKey({ until: 9, compromised: true })).logs[0]!.keys[0]).toMatchObject({
    until: 9,
    compromised: true,
  })
})

it.each([
  ['another version', { ...genuine, v: 'selvedge/trust/2' }, 'PROOF_VALUE'],
  ['a member too many', { ...genuine, note: '' }, 'PROOF_MEMBERS'],
  ['no replayers', { ...genuine, replayers: undefined }, 'PROOF_MEMBERS'],
  ['a replayer that is no vkey', { ...genuine, replayers: ['me'] }, 'PROOF_NOTE_KEY'],
  ['a policy that is not text', { ...genuine, witnessPolicy: null }, 'PROOF_VALUE'],
  ['an origin twice', { ...genuine, logs: [log, log] }, 'PROOF_TRUST'],
  ['a key twice', { ...genuine, logs: [{ ...log, keys: [key, key] }] }, 'PROOF_TRUST'],
  ['a misspelt member of a key', withKey({ untill: 3 }), 'PROOF_MEMBERS'],
  ['a key for another use', withKey({ use: 'everything' }), 'PROOF_VALUE'],
  ['a kid of another key', withKey({ kid: makeKey('other').kid }), 'PROOF_TRUST'],
  ['a key that ends before it starts', withKey({ from: 5, until: 5 }), 'PROOF_TRUST'],
  ['a key from nowhere', withKey({ from: -1 }), 'PROOF_VALUE'],
  ['a key that is perhaps compromised', withKey({ compromised: null }), 'PROOF_VALUE'],
  [
    'a short anchor',
    { ...genuine, logs: [{ ...log, anchors: [{ size: 1, root: 'AA' }] }] },
    'PROOF_VALUE',
  ],
  ['no object', [] as Json[], 'PROOF_MEMBERS'],
] as const)('refuses %s', (_what, value, code) => expectCode(() => parse(value), code))

it('refuses a member that is there twice', () =>
  expectCode(
    () => parseTrust(sha256, formatTrust(genuine).replace('{', '{"v":"selvedge/trust/1",')),
    'PROOF_JSON_DUPLICATE',
  ))
