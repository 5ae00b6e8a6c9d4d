import type { Keys, SigningKey } from '../../ledger/keys.ts'
import { keysGone } from './problems.ts'

/**
 * The newest of these keys that is held and may sign: an archive that was begun before a rotation is
 * signed by a key of before.
 *
 * @param kids The ids of manifest keys, in the order in which they came.
 * @throws {Problem} `BACKUP_KEYS_GONE` where there is none.
 */
export async function manifestKey(
  keys: Keys,
  kids: readonly string[],
  path: string,
): Promise<SigningKey> {
  for (const kid of kids.toReversed()) {
    const key = keys.isBanned(kid) ? null : await keys.find(kid)
    if (key) return key
  }
  throw keysGone(path)
}
