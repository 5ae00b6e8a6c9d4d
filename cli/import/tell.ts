import { createWriteStream, type WriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { coloursOn } from '../colours.ts'
import type { Counts, Refused } from './run.ts'

/** What is told of an import while it goes on. */
export interface Teller {
  settled(counts: Readonly<Counts>, refused: readonly Refused[]): void
  /** Tells how it ended, once what is written is written. */
  ended(end: { isWhole: boolean; because?: { code: string; message: string } }): Promise<void>
  /** 0 where everything went in, 3 where some of it did, 1 where nothing did. */
  exitCode(isWhole: boolean): 0 | 1 | 3
}

interface Telling {
  file: string
  tenant: string
  dryRun: boolean
  json: boolean
  /** Where refused lines are written, one JSON object each. */
  errors?: string
}

/** So many refused lines are told of on a terminal; a file takes all of them. */
const MOST_SHOWN = 20
const EVERY_MS = 500

const numbered = (count: number) => count.toLocaleString('en')

/** Tells of an import: to people on stderr as it goes, to programs by an event a line on stdout. */
export function openTeller({ file, tenant, dryRun, json, errors }: Telling): Teller {
  const started = performance.now()
  const kept: WriteStream | null = errors === undefined ? null : createWriteStream(errors)
  const isKept = kept && finished(kept)
  isKept?.catch(() => {}) // told where it ends
  let now: Readonly<Counts> = { lines: 0, recorded: 0, unchanged: 0, earlier: 0, refused: 0 }
  let shown = 0
  let toldAt = started
  const { red, dim } = coloursOn(process.stderr)
  const isTerminal = process.stderr.isTTY === true
  const say = (event: string, more: object) =>
    process.stdout.write(`${JSON.stringify({ event, ...more })}\n`)
  const secondsOf = () => Number(((performance.now() - started) / 1_000).toFixed(3))
  const wipe = () => isTerminal && !json && process.stderr.write('\r\u001b[2K')

  const refuse = (refused: Refused) => {
    kept?.write(`${JSON.stringify(refused)}\n`)
    if (json) return void say('refused', refused)
    shown += 1
    if (kept || shown > MOST_SHOWN) return
    const { line, code, path, message } = refused
    wipe()
    const where = path && !message.includes(path.slice(1)) ? ` ${path}` : ''
    process.stderr.write(`line ${line}: ${red(code)}${where}: ${message}\n`)
  }

  const isIn = ({ recorded, unchanged, earlier }: Counts) => recorded + unchanged + earlier
  const goesIn = dryRun ? 'would go in' : 'in'

  return {
    settled(counts, refused) {
      now = { ...counts }
      refused.forEach(refuse)
      if (performance.now() - toldAt < EVERY_MS) return
      toldAt = performance.now()
      if (json) say('progress', { ...now, seconds: secondsOf() })
      else if (isTerminal) {
        const rate = Math.round(now.lines / secondsOf())
        const text = `${numbered(now.lines)} lines, ${numbered(isIn(now))} ${goesIn}, ${numbered(now.refused)} refused, ${numbered(rate)} a second`
        wipe()
        process.stderr.write(dim(text))
      }
    },
    async ended({ isWhole, because }) {
      wipe()
      kept?.end()
      await isKept
      if (json) {
        const ok = this.exitCode(isWhole) === 0
        say('ended', {
          ...{ ok, tenant, file, dryRun, isWhole, ...now, seconds: secondsOf() },
          ...(because && { code: because.code, message: because.message }),
        })
        return
      }
      const more = shown - MOST_SHOWN
      if (!kept && more > 0) {
        process.stderr.write(`and ${numbered(more)} more: --errors FILE takes all of them\n`)
      }
      const { lines, recorded, unchanged, earlier, refused } = now
      if (lines === 0) return
      const what = dryRun ? 'would be recorded' : 'recorded'
      process.stdout.write(
        `${numbered(lines)} lines: ${numbered(recorded)} ${what}, ${numbered(unchanged)} said nothing new, ${numbered(earlier)} were in already, ${numbered(refused)} refused\n`,
      )
      if (!isWhole) {
        process.stdout.write('It was broken off: the same command again goes on from there.\n')
      }
    },
    exitCode(isWhole) {
      if (isWhole && now.refused === 0 && now.lines > 0) return 0
      return isIn(now) > 0 ? 3 : 1
    },
  }
}
