import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it, vi } from 'vitest'
import { unb64 } from '../../proofs/base64.ts'
import { expectClean, headers, leaves } from '../ledger/support.ts'
import { firstKey, freshTenant, SERVICE_NAME, testLedger } from '../setup/ledger.ts'
import { prover, readNotes } from './checkpoints.ts'
import { follow, inParallel, Server } from './client.ts'
import type { Written } from './writer.ts'

const { database, ledger, home } = await testLedger('in the background')

const EACH = 1_100
/** Sent to both servers under one key: one of them carries it out. */
const SHARED = 50
const IN_FLIGHT = 40

const tenant = await freshTenant(ledger, 'two')
const seen = [new Set<string>(), new Set<string>()] as const
const answers = [new Map<string, Written>(), new Map<string, Written>()] as const

it('takes a thousand writes on each of two servers, without a fork, a gap or a duplicate', async () => {
  const servers = await Promise.all([Server.start(), Server.start()])
  await Promise.all(
    servers.map(async (server, which) => {
      const stop = follow(server, tenant, seen[which]!)
      let sent = 0
      await inParallel(IN_FLIGHT, () => {
        if (sent === EACH) return null
        const key = sent < SHARED ? `both-${sent}` : `${which}-${sent}`
        sent += 1
        return server
          .write({ tenant, key, name: `made by ${key}`, job: `job ${sent % 7}` })
          .then((written) => void answers[which]!.set(key, written))
      })
      await stop()
    }),
  )
  await Promise.all(servers.map((server) => server.close()))

  expect(answers.map(({ size }) => size)).toEqual([EACH, EACH])
  const all = await headers(database, tenant)
  const log = await leaves(database, tenant)
  expect(log.map(({ seq }) => seq)).toEqual(log.map((_leaf, i) => i + 3))
  expect(all.length).toBe(2 * EACH - SHARED + 7)
  const bySeq = new Map(all.map((header) => [header.seq, header]))
  for (const [key, { id, seq, version }] of answers.flatMap((some) => [...some])) {
    expect(bySeq.get(seq), `what ${key} was told`).toMatchObject({ id, version, seq })
  }
  const [first, second] = answers
  const shared = [...first].filter(([key]) => second.has(key))
  expect(shared).toHaveLength(SHARED)
  for (const [key, written] of shared) {
    const other = second.get(key)!
    expect({ ...other, replayed: true }).toEqual({ ...written, replayed: true })
    expect([written.replayed, other.replayed].sort()).toEqual([false, true])
  }
  await expectClean(database, tenant)
}, 180_000)

it('signs checkpoints that are consistent, each with each, whichever server they come from', async () => {
  const publicKey = await firstKey(ledger, tenant)
  const notes = readNotes(new Set([...seen[0], ...seen[1]]), tenant, publicKey)
  const prove = prover(database, tenant)
  let pairs = 0
  for (const [i, earlier] of notes.entries()) {
    for (const later of notes.slice(i)) {
      await prove(earlier, later)
      pairs += 1
    }
  }
  console.log(
    `${seen.map(({ size }) => size).join(' and ')} checkpoints seen, ${pairs} pairs consistent`,
  )
  expect(Math.min(...seen.map(({ size }) => size))).toBeGreaterThan(2)
})

it('shares one register, whose entries grow and are all of the one log', async () => {
  const file = new DatabaseSync(join(home, 'register.sqlite'))
  // This process signs too, and could not let go of the file while a read of it blocks.
  const entries = await vi.waitFor(
    () =>
      file
        .prepare('SELECT size, root FROM signed WHERE origin = ? ORDER BY at, size')
        .all(`${SERVICE_NAME}/${tenant}`) as { size: number; root: string }[],
    { timeout: 10_000 },
  )
  file.close()
  const sizes = entries.map(({ size }) => size)
  expect(sizes.length).toBeGreaterThan(2)
  expect(sizes).toEqual([...sizes].sort((a, b) => a - b))
  expect(new Set(sizes).size).toBe(sizes.length)
  const prove = prover(database, tenant)
  const last = entries.at(-1)!
  const log = await leaves(database, tenant, 0)
  expect(last.size).toBe(log.length)
  // Every one of them ends in a state record, and no state record follows another.
  const kinds = log.map(({ v }) => v)
  expect(sizes.map((size) => kinds[size - 1])).toEqual(sizes.map(() => 'selvedge/state/1'))
  expect(kinds.some((v, i) => v === 'selvedge/state/1' && kinds[i + 1] === v)).toBe(false)
  const checkpoint = ({ size, root }: { size: number; root: string }) => ({
    origin: `${SERVICE_NAME}/${tenant}`,
    size,
    root: unb64(root),
  })
  for (const entry of entries) await prove(checkpoint(entry), checkpoint(last))
})
