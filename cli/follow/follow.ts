import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { Problem } from '../../core/problem.ts'
import { sha256 } from '../../core/sha256.ts'
import { ProofError } from '../../proofs/error.ts'
import { parseVkey } from '../../proofs/note.ts'
import { parseTrust } from '../../proofs/trust.ts'
import { readConfig } from '../../server/config.ts'
import { speakingFor } from '../identity/credentials.ts'
import { type Expected, openFollower } from './follower.ts'
import { httpSource } from './source.ts'

export interface FollowOptions {
  vkey?: string
  trust?: string
  tenant?: string
  out?: string
  once?: true
  interval: number
}

/**
 * Follows a log over HTTP until it is whole (`once`), or until it does what it must not.
 *
 * @throws {Problem} `LOG_ADDRESS_INVALID`, `LOG_KEY_MISSING`, `LOG_UNREACHABLE`, `LOG_ANSWER_INVALID`,
 *   `LOG_MISBEHAVES`.
 */
export async function follow(url: string, options: FollowOptions) {
  if (!URL.canParse(url)) throw followAddress(url)
  const source = httpSource(url, speakingFor(options.tenant, url, readConfig()))
  try {
    const expected = expectedOf(options)
    const follower = openFollower(source, { expected, directory: options.out })
    for (;;) {
      const size = follower.size
      const told = await follower.step().catch((error: unknown) => {
        // What is away comes back; a log that misbehaves does not mend.
        if (options.once || !(error instanceof Problem)) throw error
        return `${error.message}`
      })
      if (typeof told === 'string') process.stderr.write(`${told}\n`)
      else if (told) process.stdout.write(`${url}: ${size} to ${follower.size}, as it must be\n`)
      if (options.once) break
      await setTimeout(options.interval * 1000)
    }
    process.stdout.write(`${url}: whole at ${follower.size}\n`)
  } catch (error) {
    if (error instanceof ProofError) throw logMisbehaves(url, error)
    throw error
  }
}

/** By whom a log must be signed, as the command line says it. @throws {Problem} `LOG_KEY_MISSING` */
export function expectedOf({ vkey, trust }: Pick<FollowOptions, 'vkey' | 'trust'>): Expected {
  if ((vkey === undefined) === (trust === undefined)) throw followKey()
  if (vkey !== undefined) return { key: parseVkey(sha256, vkey) }
  return { trust: parseTrust(sha256, readFileSync(trust!, 'utf8')) }
}

/** A log that does what it must not, and the code that says what. */
export const logMisbehaves = (url: string, { code, message }: ProofError) =>
  new Problem('LOG_MISBEHAVES', `${url} is not what it must be: ${message} (${code}).`)

const followAddress = (url: string) =>
  new Problem(
    'LOG_ADDRESS_INVALID',
    `${url} is no address, such as http://127.0.0.1:4600/log/demo.`,
  )

const followKey = () =>
  new Problem(
    'LOG_KEY_MISSING',
    'Say by whom the log must be signed: with --vkey, or with --trust.',
  )
