import { sha256 } from '../core/sha256.ts'
import { b64 } from '../proofs/base64.ts'
import { keyLeafMessage, kidOf } from '../proofs/keyleaf.ts'
import type { KeyLeaf } from '../proofs/leaf.ts'

/** What a key that stands in logs signs. */
export type KeyUse = 'checkpoint' | 'manifest'

/** What any key signs: those for webhooks stand in no log. */
export type HeldUse = KeyUse | 'webhook'

export const KEY_USES = ['checkpoint', 'manifest'] as const satisfies KeyUse[]
export const HELD_USES = [...KEY_USES, 'webhook'] as const satisfies HeldUse[]

/**
 * A private key that signs with Ed25519; what it is made of never leaves whoever holds it, which may
 * be another program.
 */
export interface SigningKey<Use extends HeldUse = KeyUse> {
  use: Use
  /** Its RFC 7638 thumbprint. */
  kid: string
  /** The 32 bytes of the public key. */
  publicKey: Uint8Array
  /** @throws {Problem} `KEY_COMPROMISED`; `KEY_COMMAND_FAILED` where another program holds it. */
  sign(message: Uint8Array): Promise<Uint8Array>
}

/** The service's keys: one set for all its servers. */
export interface Keys {
  /** Those that are held now, as another server may have left them; in the order in which they were made. */
  list(): Promise<readonly SigningKey[]>
  /** The key of this id, looked for anew where it is not known; `null` where it is not held. */
  find(kid: string): Promise<SigningKey | null>
  /** Makes another key for a use, on disk before anybody hears of it. */
  make(use: KeyUse): Promise<SigningKey>
  /** Whether a key may never sign again. */
  isBanned(kid: string): boolean
  /** Has a key never sign again, whatever a log says, for instance one set back to an earlier day. */
  ban(kid: string): Promise<void>
  /** Those by which events are signed; nothing where none can be. */
  readonly webhook?: WebhookKeys
}

/** The keys that sign events: no log knows them, so that they come and go without a record. */
export interface WebhookKeys {
  /** Those that are held now, in the order in which they were made; none before the first is needed. */
  list(): Promise<readonly SigningKey<'webhook'>[]>
  /** Makes the first, where there is none yet. */
  first(): Promise<void>
  /** Makes another, which signs from now on, beside the one before it. */
  make(): Promise<SigningKey<'webhook'>>
}

type Unsigned = Omit<KeyLeaf, 'v' | 'kid' | 'x' | 'use' | 'prev' | 'sigs'>

/**
 * The leaf that adds a key at the start of a log, signed by itself: trust in it comes from the trust
 * root alone (docs/specs/record.md, "Key").
 */
export const firstKeyLeaf = (key: SigningKey, head: Pick<Unsigned, 'tenant' | 'seq' | 'at'>) =>
  signLeaf({ ...head, event: 'add', from: 0 }, { key, prev: null })

/**
 * A key record after the first two: signed by the key before it, or by the successor where a key goes,
 * and by the new key itself where one comes.
 */
export const keyLeaf = (
  leaf: Unsigned,
  keys: { key: Pick<SigningKey, 'use' | 'publicKey'> & Partial<SigningKey>; prev: SigningKey },
) => signLeaf(leaf, keys)

async function signLeaf(
  leaf: Unsigned,
  {
    key,
    prev,
  }: {
    key: Pick<SigningKey, 'use' | 'publicKey'> & Partial<SigningKey>
    prev: SigningKey | null
  },
): Promise<KeyLeaf> {
  const kid = kidOf(sha256, key.publicKey)
  const x = b64(key.publicKey)
  const { use } = key
  const unsigned = { v: 'selvedge/key/1' as const, ...leaf, use, kid, x, prev: prev?.kid ?? null }
  const message = keyLeafMessage(unsigned)
  const byPrev = prev ? b64(await prev.sign(message)) : null
  const byItself = leaf.event === 'add' ? b64(await key.sign!(message)) : null
  return { ...unsigned, sigs: [byPrev, byItself] }
}
