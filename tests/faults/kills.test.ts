import { expect, it } from 'vitest'
import { expectClean, headers, leaves } from '../ledger/support.ts'
import { firstKey, freshTenant, testLedger } from '../setup/ledger.ts'
import { prover, readNotes } from './checkpoints.ts'
import { follow, Gone, inParallel, Server } from './client.ts'
import type { Written } from './writer.ts'

const { database, ledger } = await testLedger('in the background')

/** Where each server dies; at a pass by which well over a hundred commands are answered. */
const KILLS = [
  'before-commit:8',
  'after-commit:9',
  'before-state-commit:5',
  'before-checkpoint:4',
  'at random',
  'before-commit:11',
  'after-commit:12',
  'after-state-commit:5',
  'before-checkpoint:5',
  'at random',
  'after-commit:8',
  'at random',
]
const IN_FLIGHT = 60
const LEAST_ANSWERED = 100

const tenant = await freshTenant(ledger, 'kills')
const answered = new Map<string, Written>()
const unanswered = new Set<string>()
const seen = new Set<string>()
let next = 0

const write = (server: Server, key: string) =>
  server.write({ tenant, key, name: `made by ${key}`, job: `job ${Number(key) % 5}` })

/** Loads a server until it dies; what it leaves unanswered is kept. */
async function loadUntilKilled(server: Server, kill: string) {
  const before = answered.size
  const stop = follow(server, tenant, seen)
  let inFlight = 0
  const one = () => {
    next += 1
    const key = String(next)
    unanswered.add(key)
    return write(server, key).then(
      (written) => {
        unanswered.delete(key)
        answered.set(key, written)
        const enough = answered.size - before >= LEAST_ANSWERED
        if (kill === 'at random' && enough && Math.random() < 0.02) void server.kill()
      },
      (error: unknown) => {
        if (!(error instanceof Gone)) throw error
        inFlight += 1
        alive = false
      },
    )
  }
  let alive = true
  await inParallel(IN_FLIGHT, () => (alive ? one() : null))
  expect(await server.ended).toBe('SIGKILL')
  await stop()
  return { acknowledged: answered.size - before, inFlight }
}

/** Repeats what was not answered, and some of what was: each key gets the positions it had. */
async function retry(server: Server) {
  const again = [...unanswered]
  let replayed = 0
  for (const written of await Promise.all(again.map((key) => write(server, key)))) {
    answered.set(again.shift()!, written)
    replayed += Number(written.replayed)
  }
  const retried = unanswered.size
  unanswered.clear()
  const some = [...answered.keys()].filter(() => Math.random() < 0.1)
  for (const [i, written] of (await Promise.all(some.map((key) => write(server, key)))).entries()) {
    expect(written).toEqual({ ...answered.get(some[i]!)!, replayed: true })
  }
  return { retried, replayed, repeated: some.length }
}

it('loses nothing that it answered, and uses no position twice, however often it is killed', async () => {
  for (const kill of KILLS) {
    const server = await Server.start(kill === 'at random' ? '' : kill)
    const { acknowledged, inFlight } = await loadUntilKilled(server, kill)
    expect(acknowledged).toBeGreaterThanOrEqual(LEAST_ANSWERED)
    expect(inFlight).toBeGreaterThanOrEqual(1)
    const heir = await Server.start()
    const { retried, replayed, repeated } = await retry(heir)
    await heir.kill()
    console.log(
      `killed ${kill}: ${acknowledged} acknowledged, ${inFlight} in flight; ` +
        `of ${retried} tried again ${replayed} were committed already; ${repeated} others repeated`,
    )
  }
  const all = await headers(database, tenant)
  const bySeq = new Map(all.map((header) => [header.seq, header]))
  for (const [key, { id, seq, version }] of answered) {
    expect(bySeq.get(seq), `what ${key} was told`).toMatchObject({ id, version, seq })
  }
  // Each made a dataset of its own, once: one record a key, and the five jobs.
  expect(answered.size).toBe(next)
  expect(new Set([...answered.values()].map(({ seq }) => seq)).size).toBe(next)
  const log = await leaves(database, tenant)
  expect(log.map(({ seq }) => seq)).toEqual(log.map((_leaf, i) => i + 3))
  expect(all.length).toBe(next + 5)
  const states = log.filter(({ v }) => v === 'selvedge/state/1').length
  expect(states).toBeGreaterThan(KILLS.length)
  await ledger.checkpointOf(tenant, log.length + 3)
  await expectClean(database, tenant)
}, 300_000)

it('keeps every checkpoint that a client saw consistent with the last', async () => {
  const last = await ledger.checkpoint(tenant)
  const notes = readNotes([...seen, last!.note], tenant, await firstKey(ledger, tenant))
  const prove = prover(database, tenant)
  for (const earlier of notes) await prove(earlier, notes.at(-1)!)
  console.log(
    `${notes.length} checkpoints seen, of ${notes[0]!.size} to ${notes.at(-1)!.size} leaves`,
  )
  expect(notes.length).toBeGreaterThan(KILLS.length)
  const kinds = (await leaves(database, tenant, 0)).map(({ v }) => v)
  expect(notes.map(({ size }) => kinds[size - 1])).toEqual(notes.map(() => 'selvedge/state/1'))
})
