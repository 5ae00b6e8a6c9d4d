/**
 * Characters that show as nothing, or turn the text around them: controls, soft hyphen, zero widths,
 * marks and overrides of direction, separators of lines, tags. A fixed list, and not a class of
 * Unicode, so that the same bundle gives the same bytes on every platform.
 */
const UNSEEN_RANGES =
  '0-1f 7f-9f ad 34f 61c 115f-1160 17b4-17b5 180b-180f 200b-200f 2028-202e 2060-206f 3164 ' +
  'd800-dfff fe00-fe0f feff ffa0 fff0-fffb 1bca0-1bca3 1d173-1d17a e0000-e0fff'

const UNSEEN = new RegExp(
  `[${UNSEEN_RANGES.replace(/[0-9a-f]+/g, '\\u{$&}').replaceAll(' ', '')}]`,
  'gu',
)

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/**
 * Makes any text fit to stand in HTML or SVG, as content or within a quoted attribute: nothing in it is
 * markup, and what would be unseen or would turn the text is written out as `\u{…}`.
 */
export const shown = (text: string) => visible(text).replace(/[&<>"']/g, (char) => ENTITIES[char]!)

/** Writes out what would be unseen or would turn the text round it. */
export const visible = (text: string) =>
  text.replace(UNSEEN, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`)

/** Cuts a text that is too long for its place; what is cut is said to be. */
export function cut(text: string, most: number) {
  const chars = text.length > most ? [...text.slice(0, most * 2)] : []
  return chars.length > most ? `${chars.slice(0, most).join('')}…` : text
}
