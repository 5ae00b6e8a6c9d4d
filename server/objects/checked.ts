import { createHash } from 'node:crypto'
import { objectDamaged } from './problems.ts'

/**
 * Hands bytes on, and fails where they are fewer or more than they should be, or not those of the
 * address. The last part is held back until all is known: whoever reads a damaged file in whole is cut
 * off before its end, and can never take it for the right one.
 */
export async function* checked(
  source: AsyncIterable<Uint8Array>,
  { address, bytes, whole }: { address: string; bytes: number; whole: boolean },
): AsyncGenerator<Uint8Array> {
  const hash = whole ? createHash('sha256') : null
  let seen = 0
  let held: Uint8Array | undefined
  for await (const part of source) {
    seen += part.length
    hash?.update(part)
    if (held) yield held
    held = part
  }
  if (seen !== bytes) throw objectDamaged(address, `${seen} bytes came of ${bytes}`)
  if (hash && !address.endsWith(hash.digest('hex')))
    throw objectDamaged(address, 'it has another hash')
  if (held) yield held
}
