import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../../core/sha256.ts'
import { formatVkey, type KeyType } from '../../proofs/note.ts'
import { type FileKey, openKey } from '../key-file.ts'
import { keyMissing, keyOther, nameFixed, nameMissing, stateLost } from './problems.ts'
import { openWitnessState, type WitnessState } from './state.ts'

/** What a key of this house does: it cosigns checkpoints, or it vouches for states that it derived. */
const ROLES = {
  witness: { file: 'witness', type: 'cosignature' },
  // A key of its own: whoever trusts the one word must not thereby trust the other.
  replayer: { file: 'replayer', type: 'ed25519' },
} as const satisfies Record<string, { file: string; type: KeyType }>

/** A witness: its name, its key, and what it remembers. */
export interface Witness {
  name: string
  vkey: string
  key: FileKey
  state: WitnessState
  close(): void
}

/**
 * Opens the witness of a directory, making it at the first run: its state, then its key (mode 0600).
 *
 * A key without its state is refused: such a witness could cosign a fork of what it once cosigned, and
 * so could one whose state was put back from a copy, which nothing can see. Neither is ever repaired;
 * a new directory makes a new witness with a new key.
 *
 * @param options.name How it calls itself; needed at the first run, and fixed with it.
 * @param options.role What its key is for.
 * @throws {Problem} `WITNESS_STATE_LOST`, `WITNESS_KEY_MISSING`, `WITNESS_KEY_OTHER`,
 *   `WITNESS_NAME_MISSING`, `WITNESS_NAME_FIXED`, `KEY_FILE_INVALID`; `ProofError` `PROOF_NOTE_KEY`
 *   for a name that no key can have.
 */
export async function openWitness(
  directory: string,
  { name, role = 'witness' }: { name?: string; role?: keyof typeof ROLES } = {},
): Promise<Witness> {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const { file, type } = ROLES[role]
  const paths = { state: join(directory, `${file}.sqlite`), key: join(directory, `${file}.json`) }
  if (existsSync(paths.key) && !existsSync(paths.state)) throw stateLost(paths.state)
  const state = openWitnessState(paths.state)
  try {
    const known = await state.identity()
    if (known && !existsSync(paths.key)) throw keyMissing(paths.key)
    if (known && name !== undefined && name !== known.name) throw nameFixed(known.name)
    const called = known?.name ?? name
    if (called === undefined) throw nameMissing()
    // Before the key is made: a name that cannot be one must not leave a witness behind.
    formatVkey(sha256, { name: called, publicKey: new Uint8Array(32) }, type)
    const key = openKey(paths.key)
    const vkey = formatVkey(sha256, { name: called, publicKey: key.publicKey }, type)
    // Another process may have begun the same witness meanwhile, under a name of its own.
    const kept = known ?? (await state.identify({ name: called, vkey }))
    if (kept.name !== called) throw nameFixed(kept.name)
    if (kept.vkey !== vkey) throw keyOther(paths.key)
    return { name: called, vkey, key, state, close: () => state.close() }
  } catch (error) {
    state.close()
    throw error
  }
}
