/** No file system takes longer names. */
const LONGEST_BYTES = 255
const NAMELESS = 'attachment'

/** Controls, line ends, what turns the direction of text, and what nobody sees. */
const HIDDEN = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu
/** What some file system takes for something else. */
const SPECIAL = /[<>:"|?*]/g
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i

/**
 * Makes of what a sender calls a file a name under which anybody can save it: no path, no control, no
 * text that reads backwards, no device of Windows, 1 to 255 bytes. What cannot be read becomes a plain
 * word, since a file is worth more than its name.
 */
export function safeFileName(given: string): string {
  const base = given.toWellFormed().normalize('NFC').replace(HIDDEN, '').split(/[/\\]/).at(-1)!
  const plain = base.replace(SPECIAL, '_').replace(/^[\s.]+|[\s.]+$/g, '')
  const name = shortened(DEVICE.test(plain) ? `_${plain}` : plain)
  return name === '' ? NAMELESS : name
}

/** Cut in the middle, so that the ending still says what it is. */
function shortened(name: string): string {
  if (Buffer.byteLength(name) <= LONGEST_BYTES) return name
  const [ending = ''] = /\.[^.\s]{1,15}$/u.exec(name) ?? []
  let kept = ''
  let room = LONGEST_BYTES - Buffer.byteLength(ending)
  for (const character of name.slice(0, name.length - ending.length)) {
    room -= Buffer.byteLength(character)
    if (room < 0) break
    kept += character
  }
  return kept + ending
}

/**
 * What a file is called by the query, else by `content-disposition` (RFC 6266): `filename*`, else
 * `filename`, which senders write in UTF-8 whatever the standard says.
 */
export function givenFileName(query: string | null, disposition: string | null): string {
  if (query !== null) return query
  if (disposition === null) return ''
  const [, extended] = /;\s*filename\*\s*=\s*UTF-8'[^']*'([^;\s]*)/i.exec(disposition) ?? []
  const decoded = extended === undefined ? undefined : decodedFrom(extended)
  if (decoded !== undefined) return decoded
  const [, quoted, token] =
    /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i.exec(disposition) ?? []
  return inUtf8(quoted === undefined ? (token ?? '') : quoted.replace(/\\(.)/g, '$1'))
}

function decodedFrom(text: string) {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** A header comes as bytes, one a character. */
function inUtf8(text: string) {
  const read = Buffer.from(text, 'latin1').toString('utf8')
  return read.includes('\ufffd') ? text : read
}

/** The value of `content-disposition` for saving a file under a name: never shown in place. */
export function dispositionFor(name: string): string {
  const ascii = name.replace(/[^\x20-\x7e]/g, '_').replace(/["\\%]/g, '_')
  const extended = encodeURIComponent(name).replace(
    /['()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${ascii}"; filename*=UTF-8''${extended}`
}
