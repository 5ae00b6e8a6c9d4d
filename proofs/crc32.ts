/** Polynomial 0xEDB88320 (ISO-HDLC, the CRC of zip and gzip). */
const POLYNOMIAL = 0xedb88320

/** By how many zero bytes follow, 0 to 3: what each byte value adds to the sum, so that four bytes go in one step. */
const TABLES = Array.from({ length: 4 }, () => new Uint32Array(256))
for (let byte = 0; byte < 256; byte++) {
  let row = byte
  for (let bit = 0; bit < 8; bit++) row = row & 1 ? (row >>> 1) ^ POLYNOMIAL : row >>> 1
  TABLES[0]![byte] = row
}
for (let zeros = 1; zeros < 4; zeros++) {
  TABLES[zeros - 1]!.forEach((row, byte) => {
    TABLES[zeros]![byte] = TABLES[0]![row & 0xff]! ^ (row >>> 8)
  })
}
const [T0, T1, T2, T3] = TABLES as [Uint32Array, Uint32Array, Uint32Array, Uint32Array]

/**
 * Gives the CRC-32 that a zip states of an entry.
 *
 * It protects nothing, since anyone can make one that fits; it is here because a zip has to have it.
 */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  let at = 0
  for (; at + 4 <= bytes.length; at += 4) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    crc = T3[crc & 0xff]! ^ T2[(crc >>> 8) & 0xff]! ^ T1[(crc >>> 16) & 0xff]! ^ T0[crc >>> 24]!
  }
  for (; at < bytes.length; at++) crc = T0[(crc ^ bytes[at]!) & 0xff]! ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}
