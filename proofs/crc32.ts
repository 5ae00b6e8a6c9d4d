/** Polynomial 0xEDB88320 (ISO-HDLC, the CRC of zip and gzip), one row a byte value. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let row = byte
  for (let bit = 0; bit < 8; bit++) row = row & 1 ? (row >>> 1) ^ 0xedb88320 : row >>> 1
  return row
})

/**
 * Gives the CRC-32 that a zip states of an entry.
 *
 * It protects nothing, since anyone can make one that fits; it is here because a zip has to have it.
 */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (let i = 0; i < bytes.length; i++) crc = TABLE[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}
