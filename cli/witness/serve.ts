import { join } from 'node:path'
import { readConfig } from '../../server/config.ts'
import { answerAsWitness } from '../../server/witness/answer.ts'
import { originHash, type WitnessAnswer } from '../../server/witness/cosign.ts'
import { listenFor } from '../../server/witness/listen.ts'
import { openLogs } from '../../server/witness/logs.ts'
import { openWitness } from '../../server/witness/open.ts'
import { untilInterrupted } from '../interrupted.ts'

/** What both ways of witnessing take from the command line. */
export interface WitnessOptions {
  dir?: string
  name?: string
  log: string[]
  logs?: string
  host: string
  port: number
  publicHost: string[]
  json?: true
}

/** Where a witness keeps its key and its state. */
export const directoryOf = ({ dir }: WitnessOptions) => dir ?? join(readConfig().home, 'witness')

/** Prints a line on standard output. */
export const say = (line: string) => process.stdout.write(`${line}\n`)

/** Tells what goes wrong while a witness runs. */
export const onError = (error: unknown) =>
  process.stderr.write(`${harmless((error as Error)?.message ?? String(error))}\n`)

/** Serves a witness until it is interrupted. */
export async function serveWitness(options: WitnessOptions) {
  const { name, log, logs: file, host, port, publicHost: publicHosts, json } = options
  const logs = openLogs({ vkeys: log, file }, onError)
  const witness = await openWitness(directoryOf(options), { name })
  const onAnswer = (answer: Answered) =>
    say(json ? JSON.stringify(toldAsJson(answer)) : told(answer))
  try {
    const answer = answerAsWitness({ witness, logs, onAnswer })
    const listening = await listenFor(answer, { host, port, publicHosts, onError })
    // Before anyone is told that it listens, and may end it.
    const interrupted = untilInterrupted(() => listening.close())
    const policy = `witness ${labelOf(witness.name)} ${witness.vkey} ${listening.url}`
    const origins = logs.origins()
    if (json) {
      const { name, vkey } = witness
      say(JSON.stringify({ name, vkey, url: listening.url, policy, logs: origins }))
    } else {
      say(`${witness.name} witnesses ${origins.length} logs at ${listening.url}`)
      say(`vkey    ${witness.vkey}\npolicy  ${policy}`)
      for (const origin of origins) say(`log     ${origin} (${originHash(origin)})`)
    }
    await interrupted
  } finally {
    witness.close()
  }
}

type Answered = Pick<WitnessAnswer, 'status' | 'told'>

/** A policy's own name for a witness may be anything; what stands behind the last slash is short. */
const labelOf = (name: string) => name.split('/').at(-1) || name

/** What a log's operator chose is not shown as it is where a terminal would obey it. */
const harmless = (text: string) =>
  text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`)

const told = ({ status, told: { origin, size, because } }: Answered) =>
  harmless(
    `${new Date().toISOString()} ${status} ${origin ?? '-'} ${size ?? '-'}${because ? `: ${because}` : ''}`,
  )

const toldAsJson = ({ status, told }: Answered) => ({
  at: new Date().toISOString(),
  status,
  ...told,
})
