import { readConfig } from '../../server/config.ts'
import { numbersFrom } from '../make/numbers.ts'
import type { Next } from './mutate.ts'

/** Numbers for a fuzzer: the same in every run, unless others are asked for, and then said. */
export function seededNumbers(): Next {
  const { testSeed } = readConfig()
  const seed = testSeed === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(testSeed)
  if (testSeed === 'random') process.stderr.write(`SELVEDGE_TEST_SEED=${seed} repeats this run\n`)
  return numbersFrom(seed)
}

/** Runs `work` for every number below `count`, some at once. */
export async function eachOf(count: number, atOnce: number, work: (i: number) => Promise<void>) {
  let at = 0
  const worker = async () => {
    while (at < count) await work(at++)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

/** Fails where something is not answered at all, naming what. */
export async function answered<T>(work: Promise<T>, what: () => string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const hangs = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not answered: ${what()}`)), HANGS_MS)
  })
  try {
    return await Promise.race([work, hangs])
  } finally {
    clearTimeout(timer)
  }
}

/** Far beyond any time limit of the service. */
const HANGS_MS = 60_000
