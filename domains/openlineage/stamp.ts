import { unb64 } from '../../proofs/base64.ts'

/**
 * Says which of two statements is the later one: the normalised time of the event, and the unpadded
 * base64url of `H(JCS(event))`, which decides between events of the same time.
 */
export type Stamp = [time: string, hash: string]

/**
 * Orders stamps: negative where `a` is the earlier, zero for one and the same event. Hashes are
 * compared as bytes, for the order of base64url texts is another.
 */
export function compareStamps(a: Stamp, b: Stamp): number {
  if (a[0] !== b[0]) return a[0] < b[0] ? -1 : 1
  if (a[1] === b[1]) return 0
  const [left, right] = [unb64(a[1]), unb64(b[1])]
  const at = left.findIndex((byte, i) => byte !== right[i])
  return left[at]! - right[at]!
}
