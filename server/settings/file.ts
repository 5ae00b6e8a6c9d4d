import { readFileSync, statSync } from 'node:fs'
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { settingsFileInvalid } from './problems.ts'

/** A file of settings is short; what is longer is another file. */
export const MOST_FILE_BYTES = 256_000

/** A file of settings as it is written: by key, the text of its value. */
export type SettingsFile = ReadonlyMap<string, string>

/**
 * Reads a file of settings: a YAML map, or nothing. A value is taken as it is written, so that
 * `1.10` stays that; a list is its items with commas between; what is nested is its JSON.
 *
 * Messages name the place and never quote what stands there: it may be a secret.
 *
 * @throws {Problem} `CONFIG_FILE_INVALID`
 */
export function readSettingsFile(path: string): SettingsFile {
  const lines = new LineCounter()
  const document = parseDocument(readText(path), {
    prettyErrors: false,
    lineCounter: lines,
    uniqueKeys: true,
    merge: false,
  })
  const at = (offset: number) => `line ${lines.linePos(offset).line}`
  const [wrong] = [...document.errors, ...document.warnings]
  if (wrong) {
    const what = wrong.code.toLowerCase().replaceAll('_', ' ')
    throw settingsFileInvalid(path, `it is no YAML (${what} at ${at(wrong.pos[0])})`)
  }
  if (document.contents === null) return new Map()
  if (!isMap<Node, Node | null>(document.contents)) {
    throw settingsFileInvalid(path, 'it must be a map of settings')
  }
  return new Map(
    document.contents.items.map(({ key, value }) => {
      const place = at(key.range?.[0] ?? 0)
      if (!isScalar(key) || typeof key.value !== 'string') {
        throw settingsFileInvalid(path, `the key at ${place} is no text`)
      }
      const told = value === null ? null : textOf(value)
      if (told === null) {
        throw settingsFileInvalid(path, `"${key.value.slice(0, 80)}" at ${place} has no value`)
      }
      return [key.value, told]
    }),
  )
}

function readText(path: string): string {
  try {
    if (statSync(path).size > MOST_FILE_BYTES) {
      throw settingsFileInvalid(path, `it is longer than ${MOST_FILE_BYTES} bytes`)
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path))
  } catch (error) {
    if (error instanceof TypeError) throw settingsFileInvalid(path, 'it is not UTF-8')
    const { code } = error as NodeJS.ErrnoException
    if (code && 'errno' in (error as object)) throw settingsFileInvalid(path, `${code} on reading`)
    throw error
  }
}

/** `null` where there is nothing, or something that refers to another place. */
function textOf(node: Node): string | null {
  if (isAlias(node)) return null
  if (isScalar(node)) return node.value === null ? null : (node.source ?? String(node.value))
  if (isSeq<Node>(node) && node.items.every((item) => isScalar(item))) {
    const items = node.items.map(textOf)
    return items.includes(null) ? null : items.join(',')
  }
  return JSON.stringify(node)
}
