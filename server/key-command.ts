import { spawn } from 'node:child_process'
import { createPublicKey, verify } from 'node:crypto'
import { sha256 } from '../core/sha256.ts'
import { HELD_USES, type HeldUse } from '../ledger/keys.ts'
import { b64, unb64 } from '../proofs/base64.ts'
import { kidOf } from '../proofs/keyleaf.ts'
import type { HeldKey, KeyStore } from './key-store.ts'
import { keyCommandFailed } from './problems.ts'

const TIMEOUT_MS = 10_000
const MOST_OUTPUT = 65_536

type Asked =
  | { op: 'list' }
  | { op: 'make'; use: string }
  | { op: 'sign'; kid: string; message: string }

/**
 * Keys that another program holds: an executable that is started for each question, gets one JSON
 * object on its standard input and answers with one on its standard output (docs/keys.md, "Keys held
 * by another program").
 */
export function openKeyCommand(command: string): KeyStore {
  const keys = new Map<string, HeldKey>()

  const heldKey = (op: Asked['op'], answer: unknown, use?: string): HeldKey => {
    const told = answer as { use?: unknown; x?: unknown } | null
    const found = HELD_USES.find((one) => one === (use ?? told?.use))
    const publicKey = bytesOf(told?.x, 32)
    if (!found || !publicKey) {
      throw keyCommandFailed(op, 'it told of no Ed25519 key for one of our uses')
    }
    const held = { use: found, publicKey }
    keys.set(kidOf(sha256, held.publicKey), held)
    return held
  }

  const make = async (use: HeldUse) => heldKey('make', await ask(command, { op: 'make', use }), use)

  return {
    async list() {
      const { keys: told } = (await ask(command, { op: 'list' })) as { keys?: unknown }
      if (!Array.isArray(told)) throw keyCommandFailed('list', 'its answer has no list of keys')
      return told.map((key) => heldKey('list', key))
    },
    makeFirst: make,
    make,
    async sign(kid, message) {
      const asked = { op: 'sign', kid, message: b64(message) } as const
      const { signature } = (await ask(command, asked)) as { signature?: unknown }
      const bytes = bytesOf(signature, 64)
      // What it answers goes into records that cannot be taken back.
      if (bytes && holds(keys.get(kid)!.publicKey, message, bytes)) return bytes
      throw keyCommandFailed('sign', `its signature by ${kid} does not hold`)
    },
  }
}

function bytesOf(text: unknown, length: number): Uint8Array | null {
  if (typeof text !== 'string') return null
  try {
    const bytes = unb64(text)
    return bytes.length === length ? bytes : null
  } catch {
    return null
  }
}

function holds(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: b64(publicKey) }
  return verify(null, message, createPublicKey({ key: jwk, format: 'jwk' }), signature)
}

/** Asks once. The program gets our environment and no arguments, and is killed after ten seconds. */
function ask(command: string, asked: Asked): Promise<object> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [], { stdio: 'pipe', timeout: TIMEOUT_MS, killSignal: 'SIGKILL' })
    const fail = (because: string, cause?: unknown) =>
      reject(keyCommandFailed(asked.op, because, cause))
    let [out, err] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
      if (out.length > MOST_OUTPUT) child.kill('SIGKILL')
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err = (err + text).slice(-2_000)
    })
    child.once('error', (error) => fail(error.message, error))
    child.once('close', (code, signal) => {
      if (code !== 0) return fail(`${endedBy(code, signal)}: ${err.trim() || 'it says nothing'}`)
      try {
        const answer = JSON.parse(out)
        if (typeof answer === 'object' && answer !== null) return resolve(answer)
        fail('it answered with no JSON object')
      } catch (error) {
        fail('it answered with no JSON object', error)
      }
    })
    // A program that ends without reading is told of by how it ended.
    child.stdin.on('error', () => {})
    child.stdin.end(`${JSON.stringify(asked)}\n`)
  })
}

const endedBy = (code: number | null, signal: string | null) =>
  signal ? `killed by ${signal}, after ten seconds at most` : `exit ${code}`
