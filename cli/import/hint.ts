import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * How far an import came, so that one that was broken off goes on without sending everything again. It
 * is a hint and not the truth: the server knows by the key of each line what is in.
 */
export interface Hint {
  /** All lines up to this one are in, */
  through: number
  /** but for these. */
  refused: number[]
  /** The last one that is in: the server is asked about it before the hint is believed. */
  last: number
}

/** With more lines refused than these, the hint goes no further. */
export const MOST_REFUSED = 10_000

export interface HintFile {
  read(): Promise<Hint | null>
  write(hint: Hint): Promise<void>
  remove(): Promise<void>
}

const isNumbers = (given: unknown): given is number[] =>
  Array.isArray(given) && given.every((one) => Number.isSafeInteger(one))

/** A hint in a file. What cannot be read, or be written, is no hint: nothing fails for it. */
export const openHint = (path: string): HintFile => ({
  async read() {
    try {
      const { through, refused, last } = JSON.parse(await readFile(path, 'utf8')) as Hint
      return isNumbers([through, last]) && isNumbers(refused) ? { through, refused, last } : null
    } catch {
      return null
    }
  },
  async write(hint) {
    try {
      const draft = `${path}.${process.pid}.new`
      await mkdir(dirname(path), { recursive: true })
      await writeFile(draft, JSON.stringify(hint), { mode: 0o600 })
      await rename(draft, path)
    } catch {}
  },
  remove: () => rm(path, { force: true }).catch(() => {}),
})

export const NO_HINT: HintFile = {
  read: async () => null,
  write: async () => {},
  remove: async () => {},
}
