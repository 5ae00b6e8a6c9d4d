import { readdirSync, readFileSync } from 'node:fs'
import { median, quantile, round } from '../figures.ts'
import type { Answered } from './load.ts'

/** What a process holds at one moment. */
export interface Held {
  megabytes: number
  handles: number
}

/** Memory and open handles of a process, as Linux tells them. */
export function heldBy(pid: number): Held {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!
  return { megabytes: Number(kilobytes) / 1024, handles: readdirSync(`/proc/${pid}/fd`).length }
}

/** A stretch of the run: what the process held, and what it answered. */
export interface Stretch {
  held: Held[]
  answers: Answered[]
}

/** How flat a run was: its last quarter against its second, once everything is warm. */
export interface Flatness {
  ok: boolean
  megabytes: Compared
  handles: Compared
  p95Ms: Record<string, Compared>
  requests: number
  /** How many answers were none or a refusal, by what was asked and the status. */
  failed: Record<string, number>
}

interface Compared {
  early: number
  late: number
  ok: boolean
}

const MOST_MEMORY_GROWTH = 1.1
const MOST_HANDLE_GROWTH = 8
/** A percentile of some thousand answers moves by about a tenth by itself; a slowing server's by far more. */
const MOST_P95_GROWTH = 1.25
/** Below this a percentile tells of the clock and the scheduler. */
const UNNOTICED_MS = 5

/** Judges the quarters of a run. */
export function flatness(quarters: readonly [Stretch, Stretch, Stretch, Stretch]): Flatness {
  const [, early, , late] = quarters
  const of = (read: (held: Held) => number, most: (early: number) => number): Compared => {
    const [a, b] = [median(early.held.map(read)), median(late.held.map(read))]
    return { early: round(a), late: round(b), ok: b <= most(a) }
  }
  const megabytes = of(
    ({ megabytes }) => megabytes,
    (before) => before * MOST_MEMORY_GROWTH,
  )
  const handles = of(
    ({ handles }) => handles,
    (before) => before + MOST_HANDLE_GROWTH,
  )
  const kinds = [...new Set(late.answers.map(({ kind }) => kind))]
  const p95Ms = Object.fromEntries(
    kinds.map((kind) => {
      const at = ({ answers }: Stretch) =>
        quantile(
          answers.filter((one) => one.kind === kind && isAnswered(one)).map(({ ms }) => ms),
          0.95,
        )
      const [a, b] = [at(early), at(late)]
      return [
        kind,
        { early: round(a), late: round(b), ok: b <= a * MOST_P95_GROWTH + UNNOTICED_MS },
      ]
    }),
  )
  const answers = quarters.flatMap((quarter) => quarter.answers)
  const failed: Record<string, number> = {}
  for (const { kind, status } of answers.filter((one) => !isAnswered(one))) {
    failed[`${kind} ${status}`] = (failed[`${kind} ${status}`] ?? 0) + 1
  }
  const ok =
    Object.keys(failed).length === 0 &&
    [megabytes, handles, ...Object.values(p95Ms)].every(({ ok: flat }) => flat)
  return { ok, megabytes, handles, p95Ms, requests: answers.length, failed }
}

const isAnswered = ({ status }: Answered) => status >= 200 && status < 300
