import { appendFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../core/sha256.ts'
import { syncDirectory } from '../core/sync-directory.ts'
import { type HeldUse, KEY_USES, type Keys, type SigningKey } from '../ledger/keys.ts'
import { keyCompromised } from '../ledger/problems.ts'
import { kidOf } from '../proofs/keyleaf.ts'
import { openKeyCommand } from './key-command.ts'
import { openKeyFiles } from './key-files.ts'
import type { HeldKey, KeyStore } from './key-store.ts'

/** How the private keys are held. */
export interface KeyringOptions {
  /** A file whose first line is the passphrase that files of keys are encrypted with; `null` for none. */
  passphraseFile?: string | null
  /** An executable that holds the keys instead of files; `null` for none. */
  command?: string | null
  /** Without it, public halves alone are asked for: no passphrase is needed, and no key is made. */
  signing?: boolean
}

/** Which keys never sign again; a file of ids, so that a database set back does not forget it. */
const BANNED = 'compromised'

/**
 * Opens the service's keys under `directory`, making the first one of each use on the first run.
 * Servers of one service share the directory: a key that one of them makes, the others find.
 *
 * @throws {Problem} `KEY_FILE_INVALID`, `KEY_FILE_ENCRYPTED`, `KEY_PASSPHRASE_WRONG`,
 *   `KEY_COMMAND_FAILED`.
 */
export async function openKeyring(directory: string, options: KeyringOptions = {}): Promise<Keys> {
  const { passphraseFile = null, command = null, signing = true } = options
  if (signing) mkdirSync(directory, { recursive: true, mode: 0o700 })
  const store = command
    ? openKeyCommand(command)
    : openKeyFiles(directory, { passphraseFile, signing })
  const keys = openKeys(store, join(directory, BANNED))
  if (!signing) return keys
  const held = await keys.list()
  for (const use of KEY_USES) if (!held.some((key) => key.use === use)) await store.makeFirst(use)
  return keys
}

function openKeys(store: KeyStore, banFile: string): Keys {
  const known = new Map<string, SigningKey<HeldUse>>()

  const isBanned = (kid: string) => readBanned(banFile).includes(kid)

  const signingKey = <Use extends HeldUse>({ publicKey }: HeldKey, use: Use): SigningKey<Use> => {
    const kid = kidOf(sha256, publicKey)
    const found = known.get(kid) as SigningKey<Use> | undefined
    const key = found ?? {
      use,
      kid,
      publicKey,
      async sign(message: Uint8Array) {
        // Looked up each time: another server may have learned of it.
        if (isBanned(kid)) throw keyCompromised(kid)
        return store.sign(kid, message)
      },
    }
    known.set(kid, key)
    return key
  }
  const ofUses = async <Use extends HeldUse>(uses: readonly Use[]) =>
    (await store.list()).flatMap((held) => {
      const use = uses.find((one) => one === held.use)
      return use ? [signingKey(held, use)] : []
    })
  const list = () => ofUses(KEY_USES)
  const ofWebhooks = () => ofUses(['webhook'])

  return {
    list,
    isBanned,
    async find(kid) {
      if (!known.has(kid)) await list()
      const key = known.get(kid)
      return key && key.use !== 'webhook' ? (key as SigningKey) : null
    },
    make: async (use) => signingKey(await store.make(use), use),
    webhook: {
      list: ofWebhooks,
      make: async () => signingKey(await store.make('webhook'), 'webhook'),
      async first() {
        if ((await ofWebhooks()).length === 0) await store.makeFirst('webhook')
      },
    },
    async ban(kid) {
      if (isBanned(kid)) return
      appendFileSync(banFile, `${kid}\n`, { mode: 0o600, flush: true })
      syncDirectory(join(banFile, '..'))
    },
  }
}

function readBanned(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
