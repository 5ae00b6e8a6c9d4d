import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import type { Keys, SigningKey } from '../../ledger/keys.ts'
import { keyForSize } from '../../ledger/log-keys.ts'
import { unb64 } from '../../proofs/base64.ts'
import type { ScheduledKey } from '../../proofs/key-schedule.ts'
import { kidOf } from '../../proofs/keyleaf.ts'
import { makeKey } from '../make/keys.ts'

const [old, next] = ['old', 'next'].map(makeKey)

const inMemory: Keys = {
  list: async () => [old!, next!].map(signing),
  find: async (kid) => [old!, next!].map(signing).find((key) => key.kid === kid) ?? null,
  make: () => Promise.reject(new Error('nothing is to be made')),
  isBanned: () => false,
  ban: () => Promise.reject(new Error('nothing is to be banned')),
}

function signing({ x, sign }: ReturnType<typeof makeKey>): SigningKey {
  const publicKey = unb64(x)
  return { use: 'checkpoint', kid: kidOf(sha256, publicKey), publicKey, sign: async (m) => sign(m) }
}

const stands = (key: ReturnType<typeof makeKey>, seq: number, from: number): ScheduledKey => ({
  ...{ use: 'checkpoint', kid: key.kid, x: key.x, seq, from },
  ...{ until: null, compromised: false },
})

/** The new key is added at 10 and stands from size 12. */
const both = [stands(old!, 0, 0), stands(next!, 10, 12)]

it.each([
  ['the old key signs what publishes the new one', both, { size: 11, signed: 9 }, old],
  [
    'it does so too where the log has outgrown the start of the new one',
    both,
    { size: 500, signed: 9 },
    old,
  ],
  [
    'it does so too where that checkpoint was entered and not published',
    both,
    { size: 11, signed: 10 },
    old,
  ],
  ['the new key signs once its record is published', both, { size: 12, signed: 11 }, next],
  ['the new key does not sign before it stands', both, { size: 11, signed: 11 }, old],
  [
    'the new key signs where the old one has ended, published or not',
    [{ ...both[0]!, until: 12 }, both[1]!],
    { size: 12, signed: 9 },
    next,
  ],
  [
    'the new key signs where the old one is compromised',
    [{ ...both[0]!, until: 3, compromised: true }, both[1]!],
    { size: 12, signed: 0 },
    next,
  ],
] as const)('%s', async (_what, schedule, { size, signed }, key) => {
  const log = { leaves: [], schedule: [...schedule], signed }
  expect((await keyForSize(inMemory, log, { use: 'checkpoint', size })).kid).toBe(key!.kid)
})

it.each([
  ['no key stands', [{ ...both[0]!, until: 5 }], 'KEY_NONE_STANDS'],
  ['the key that stands is not held', [stands(makeKey('elsewhere'), 0, 0)], 'KEY_NOT_HELD'],
] as const)('refuses by code where %s', async (_what, schedule, code) => {
  const log = { leaves: [], schedule: [...schedule], signed: 0 }
  const asked = keyForSize(inMemory, log, { use: 'checkpoint', size: 7 })
  await expect(asked).rejects.toMatchObject({ code })
})
