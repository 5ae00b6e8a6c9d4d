import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Problem } from '../../core/problem.ts'
import { parseCheckpoint } from '../../proofs/checkpoint.ts'
import { ProofError } from '../../proofs/error.ts'
import { parseNote } from '../../proofs/note.ts'
import { readConfig } from '../../server/config.ts'
import { listenFor } from '../../server/witness/listen.ts'
import { openWitness, type Witness } from '../../server/witness/open.ts'
import { answerAsReplayer, openReplayer, type Vouched } from '../../server/witness/replayer.ts'
import { expectedOf, logMisbehaves } from '../follow/follow.ts'
import { type Follower, openFollower } from '../follow/follower.ts'
import { httpSource, type LogSource } from '../follow/source.ts'
import { speakingFor } from '../identity/credentials.ts'
import { untilInterrupted } from '../interrupted.ts'
import { directoryOf, onError, say, type WitnessOptions } from './serve.ts'

/** What replaying takes beside what every witness takes. */
export interface ReplayOptions extends WitnessOptions {
  /** The address of a log, or a directory as `selvedge log export` writes it. */
  replay: string
  vkey?: string
  trust?: string
  tenant?: string
  out?: string
  size?: number
  once?: true
  interval: number
}

/**
 * Derives the states of a log from its headers, and vouches for them with a key of its own: once, or as
 * the log grows until it is interrupted.
 *
 * @throws {Problem} `LOG_MISBEHAVES` where the log breaks a rule, `WITNESS_REPLAY_DIFFERS`,
 *   `WITNESS_REPLAY_NOTHING` where there is no such state; as `follow` and `openWitness`.
 */
export async function replayLog(options: ReplayOptions) {
  const expected = expectedOf(options)
  const witness = await openWitness(directoryOf(options), {
    name: options.name,
    role: 'replayer',
  })
  try {
    const replayer = openReplayer(witness)
    const follower = openFollower(sourceOf(options), { expected, onEntry: replayer.take })
    const step = () => stepOn({ follower, replayer, source: options.replay })
    // By this its readers know it, and nothing else that it writes says it.
    process.stderr.write(`vkey    ${witness.vkey}\n`)
    if (options.once) {
      await step()
      const vouched = replayer.find(options.size)
      if (!vouched) throw nothingDerived(options.size)
      tell(vouched, witness, options)
    } else await keepReplaying(step, { replayer, witness, options })
  } finally {
    witness.close()
  }
}

type Step = () => Promise<Vouched | null>
type Replayer = ReturnType<typeof openReplayer>

async function stepOn({
  follower,
  replayer,
  source,
}: {
  follower: Follower
  replayer: Replayer
  source: string
}) {
  try {
    const grown = await follower.step()
    return grown ? await replayer.vouch(parseCheckpoint(parseNote(follower.note!).text)) : null
  } catch (error) {
    if (error instanceof ProofError) throw logMisbehaves(source, error)
    throw error
  }
}

async function keepReplaying(
  step: Step,
  { replayer, witness, options }: { replayer: Replayer; witness: Witness; options: ReplayOptions },
) {
  const { host, port, publicHost: publicHosts, interval } = options
  const answer = answerAsReplayer(replayer, witness)
  const listening = await listenFor(answer, { host, port, publicHosts, onError })
  const stop = new AbortController()
  process.stderr.write(`${witness.name} replays ${options.replay}, served at ${listening.url}\n`)
  const loop = async () => {
    while (!stop.signal.aborted) {
      const vouched = await step().catch((error: unknown) => {
        // What is away comes back; a log that misbehaves does not mend.
        if (!(error instanceof Problem) || !AWAY.has(error.code)) throw error
        onError(error)
        return null
      })
      if (vouched) tell(vouched, witness, options)
      await setTimeout(interval * 1000, undefined, { signal: stop.signal }).catch(() => {})
    }
  }
  const looping = loop()
  try {
    await Promise.race([looping, untilInterrupted(async () => stop.abort())])
    await looping
  } finally {
    stop.abort()
    await listening.close()
  }
}

const AWAY = new Set(['LOG_UNREACHABLE', 'LOG_ANSWER_INVALID'])

function tell(vouched: Vouched, { vkey }: Witness, { out, json }: ReplayOptions) {
  if (out !== undefined) {
    const draft = `${out}.${process.pid}.new`
    writeFileSync(draft, vouched.note)
    renameSync(draft, out)
  }
  if (json) say(JSON.stringify({ vkey, ...vouched }))
  else process.stdout.write(vouched.note)
}

/** An address where there is a scheme; else a directory. */
function sourceOf({ replay, tenant }: ReplayOptions): LogSource {
  if (/^https?:\/\//.test(replay))
    return httpSource(replay, speakingFor(tenant, replay, readConfig()))
  return {
    get: async (path) => {
      const file = join(replay, path)
      return existsSync(file) ? new Uint8Array(readFileSync(file)) : null
    },
  }
}

const nothingDerived = (size?: number) =>
  new Problem(
    'WITNESS_REPLAY_NOTHING',
    size === undefined
      ? 'The log has no state record yet, so there is no state to vouch for.'
      : `The log has no state record of size ${size} up to its checkpoint.`,
  )
