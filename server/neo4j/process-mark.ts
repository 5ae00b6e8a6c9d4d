import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * What tells a process from a later one that was given the same number: when it started and what it
 * runs. `null` where there is no such process.
 */
export function processMark(pid: number): string | null {
  try {
    return process.platform === 'linux' ? markFromProc(pid) : markFromPs(pid)
  } catch {
    return null
  }
}

/** Field 22 of stat is the start in clock ticks since boot; the name before it may hold spaces. */
function markFromProc(pid: number): string | null {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields[0] === 'Z') return null
  return `${fields[19]} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()}`
}

function markFromPs(pid: number): string | null {
  return (
    execFileSync('ps', ['-ww', '-o', 'lstart=,command=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim() || null
  )
}
