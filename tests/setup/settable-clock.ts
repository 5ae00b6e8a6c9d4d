/**
 * Loaded into a process before its program (`--import …?file=…`): its clock is ahead by what that file
 * says, in milliseconds, which is read at SIGUSR2. Timers and `performance.now()` go on as they were, as with any clock that is set.
 */
import { readFileSync } from 'node:fs'

const Real = Date
let ahead = 0
const now = () => Real.now() + ahead

globalThis.Date = new Proxy(Real, {
  construct: (_date, given) => Reflect.construct(Real, given.length === 0 ? [now()] : given),
  apply: () => new Real(now()).toString(),
  get: (_date, member) => (member === 'now' ? now : Reflect.get(Real, member)),
})

const file = new URL(import.meta.url).searchParams.get('file')!
process.on('SIGUSR2', () => {
  ahead = Number(readFileSync(file, 'utf8'))
  process.stderr.write(`the clock is ahead by ${ahead} ms\n`)
})
