import type { HeldUse } from '../ledger/keys.ts'

/** The public half of a key, and what it is for. */
export interface HeldKey {
  use: HeldUse
  /** The 32 bytes. */
  publicKey: Uint8Array
}

/**
 * Whoever holds private keys: files of ours, or another program in front of a KMS, an HSM or a card.
 * It is asked for public halves and for signatures, and never for a private half.
 */
export interface KeyStore {
  /** What it holds now, in the order in which the keys were made. @throws {Problem} */
  list(): Promise<HeldKey[]>
  /**
   * Makes the first key of a use. Of several processes that ask at once all get the same one, where
   * the store can tell: another program makes what it is asked for.
   */
  makeFirst(use: HeldUse): Promise<HeldKey>
  /** Makes a key, lastingly, before it answers. @throws {Problem} */
  make(use: HeldUse): Promise<HeldKey>
  /** Signs with Ed25519 by the key of this id, which `list` or `make` has told of. @throws {Problem} */
  sign(kid: string, message: Uint8Array): Promise<Uint8Array>
}
