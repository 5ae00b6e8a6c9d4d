import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Database } from '../../lineage/graph.ts'
import { expectClean, headers } from '../ledger/support.ts'
import { dataset, type Outcome, RECORD, type Recorded } from '../schema/recording.ts'

/** The settings by which a server tells what is wrong, and not that the machine is busy. */
export const PATIENT = {
  SELVEDGE_READY_WITHIN: '60000',
  SELVEDGE_REQUEST_TIMEOUT: '110000',
}

/** What a caller over HTTP was told: data, or the code of a problem. */
export interface Told<Data> {
  status: number
  data: Data | null
  /** `null` where it was done, and `cut` where there was no answer at all. */
  code: string | null
}

/** Who asks a server, as the headers of each of his requests say. */
export interface Caller {
  ask<Data>(query: string, variables?: object): Promise<Told<Data>>
  get(path: string): Promise<Response>
}

/** @param saying The headers, made anew for each request. */
export function caller(url: string, saying: () => Record<string, string>): Caller {
  return {
    async ask<Data>(query: string, variables = {}) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...saying() },
        body: JSON.stringify({ query, variables }),
      }).catch(() => null)
      if (!response) return { status: 0, data: null, code: 'cut' }
      const { status } = response
      const body = (await response.json()) as Answered<Data>
      const code = body.errors?.[0]?.extensions.code ?? body.code ?? null
      return { status, data: code === null ? (body.data ?? null) : null, code }
    },
    get: (path) => fetch(url + path, { headers: saying() }),
  }
}

interface Answered<Data> {
  data?: Data
  errors?: { extensions: { code: string } }[]
  /** Of a problem that was told before anything was looked at. */
  code?: string
}

/** Work that goes on until it is told to stop, and what was told of each piece. */
export interface Load<Done> {
  readonly done: readonly Done[]
  /** The codes of what was not done, in the order in which they were told. */
  readonly refused: readonly string[]
  /** Ends when what is in flight is answered. */
  stop(): Promise<void>
}

/** Keeps `width` pieces of work in flight; one that is refused is followed by a short pause. */
export function keepGoing<Done>(
  width: number,
  piece: (n: number) => Promise<Done | { code: string }>,
): Load<Done> {
  const [done, refused]: [Done[], string[]] = [[], []]
  let [stopped, begun] = [false, 0]
  const lane = async () => {
    while (!stopped) {
      begun += 1
      const one = await piece(begun)
      if (isRefusal(one)) {
        refused.push(one.code)
        await sleep(20)
      } else done.push(one)
    }
  }
  const lanes = Array.from({ length: width }, lane)
  return {
    done,
    refused,
    async stop() {
      stopped = true
      await Promise.all(lanes)
    },
  }
}

const isRefusal = (one: unknown): one is { code: string } =>
  typeof one === 'object' && one !== null && 'code' in one

/** A write that was acknowledged. */
export interface Write extends Outcome {
  name: string
}

/** Writes datasets without end. */
export const keepWriting = (by: Caller, width: number, prefix = 'w'): Load<Write> =>
  keepGoing(width, async (n) => {
    const name = `${prefix}${n}`
    const { data, code } = await by.ask<Recorded>(RECORD, { items: [dataset(name)] })
    return data ? { name, ...data.record.results[0]! } : { code: code! }
  })

/** What was acknowledged is there, once and as it was told; all that is stored follows from the log. */
export async function expectKept(database: Database, tenant: string, writes: readonly Write[]) {
  const bySeq = new Map((await headers(database, tenant)).map((header) => [header.seq, header]))
  for (const { name, id, seq, version } of writes) {
    expect(bySeq.get(seq), `what the writer of ${name} was told`).toMatchObject({ id, version })
  }
  expect(new Set(writes.map(({ id }) => id)).size).toBe(writes.length)
  await expectClean(database, tenant)
}
