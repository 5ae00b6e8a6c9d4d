import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { findWitnessed } from '../../domains/evidence/covering-checkpoint.ts'
import { weaveBundle } from '../../domains/evidence/export.ts'
import { trustRoot } from '../../domains/evidence/trust-root.ts'
import { readLeaves } from '../../lineage/log.ts'
import { readWitnessed } from '../../lineage/witnessed-log.ts'
import { b64, unb64 } from '../../proofs/base64.ts'
import { formatCheckpoint, parseCheckpoint } from '../../proofs/checkpoint.ts'
import { consistencyRanges } from '../../proofs/consistency.ts'
import { rootOf } from '../../proofs/merkle.ts'
import { formatNote, formatVkey, noteSignature, parseNote } from '../../proofs/note.ts'
import { parsePolicy } from '../../proofs/policy.ts'
import { reachesQuorum, testimonies } from '../../proofs/quorum.ts'
import { exitCode } from '../../proofs/report.ts'
import { formatSubmission } from '../../proofs/submission.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { readConfig } from '../../server/config.ts'
import { silent } from '../../server/neo4j/progress.ts'
import { openService } from '../../server/open.ts'
import { type Deed, readDeeds } from '../../server/witnessing/deeds.ts'
import { openWitnessing, type WitnessingOptions } from '../../server/witnessing/open.ts'
import { assertOne, dataset } from '../ledger/support.ts'
import { testApp } from '../setup/app.ts'
import { testNeo4j } from '../setup/database.ts'
import { SERVICE_NAME } from '../setup/ledger.ts'
import { selvedge, spawnSelvedge } from '../setup/selvedge.ts'
import { freshFolder, type RunningWitness, runWitness, submit } from './support.ts'

const { app, ask, database, ledger, home, freshTenant, faults } = await testApp()
const { checkpoint: key } = await ledger.keys.newest()
const originOf = (tenant: string) => `${SERVICE_NAME}/${tenant}`
const vkeyOf = (tenant: string) =>
  formatVkey(sha256, { name: originOf(tenant), publicKey: key.publicKey })

/** A policy for these tenants alone: the database has those of other tests too. */
const policyFor = (
  tenants: readonly string[],
  witnesses: readonly RunningWitness[],
  least: number,
) =>
  [
    ...tenants.map((tenant) => `log ${vkeyOf(tenant)}\n`),
    ...witnesses.map((witness, i) => witness.policyLine(`w${i}`)),
    `group them ${least} ${witnesses.map((_, i) => `w${i}`).join(' ')}\nquorum them\n`,
  ].join('')

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
})

/** The asking that a server does, which is told of new checkpoints by hand. */
function witnessing(policy: string, more: Partial<WitnessingOptions> = {}) {
  const errors: { code?: string }[] = []
  const asking = openWitnessing({
    database,
    policy: parsePolicy(sha256, policy),
    onError: (error) => errors.push(error as { code?: string }),
    sweepMs: 60_000,
    ...more,
  })
  open.push(asking)
  return { ...asking, errors, codes: () => errors.map(({ code }) => code) }
}

/** One that every server of this database looks after; those of other tests are left alone by them. */
async function listedTenant() {
  const tenant = `listed-${crypto.randomUUID()}`
  await ledger.createTenant({ tenant, subject: 'test' })
  return tenant
}

let named = 0
/** Adds a record and signs; returns the size that is signed now. */
async function grow(tenant: string) {
  named += 1
  const { position } = await assertOne(ledger, tenant, dataset(`d${named}`))
  return (await ledger.checkpointOf(tenant, position.seq)).size
}

async function until<T>(
  look: () => Promise<T | null | undefined | false>,
  ms = 40_000,
): Promise<T> {
  for (const start = Date.now(); ; ) {
    const found = await look()
    if (found) return found
    if (Date.now() - start > ms) throw new Error('it did not come about in time')
    await new Promise((resolve) => {
      setTimeout(resolve, 25)
    })
  }
}

const read = (tenant: string) => database.graph(tenant).read
const witnessedAt = (tenant: string, size: number, ms?: number) =>
  until(async () => {
    const found = await findWitnessed(read(tenant))
    return found && found.size >= size && found
  }, ms)
const deedsOf = async (tenant: string): Promise<Deed[]> => [
  ...readDeeds((await readWitnessed(read(tenant)))!).values(),
]
const meets = (policyText: string, note: string) => {
  const policy = parsePolicy(sha256, policyText)
  return reachesQuorum(policy, testimonies(sha256, policy, parseNote(note)))
}

describe('a checkpoint is published as witnessed', () => {
  it('once a quorum has cosigned it, with all their lines, wherever it is read', async () => {
    const tenant = await freshTenant()
    const witnesses = await Promise.all(
      ['a', 'b'].map((name) => runWitness([vkeyOf(tenant)], { name })),
    )
    const policy = policyFor([tenant], witnesses, 2)
    const asking = witnessing(policy)
    const size = await grow(tenant)
    asking.signed(tenant)
    const { note } = await witnessedAt(tenant, size)
    expect(meets(policy, note)).toBe(true)
    expect(parseNote(note).signatures.map(({ name }) => name)).toEqual([originOf(tenant), 'a', 'b'])

    const served = await app.fetch(
      new Request(`http://localhost/log/${tenant}/checkpoint`, {
        headers: { 'x-selvedge-tenant': tenant },
      }),
    )
    expect(await served.text()).toBe(note)
    const { data } = await ask<{ log: object }>(
      '{ log { checkpoint { size note witnessed } witnessed { size note } } }',
      { tenant },
    )
    const plain = (await ledger.checkpoint(tenant))!.note
    expect(data.log).toEqual({
      checkpoint: { size, note: plain, witnessed: note },
      witnessed: { size, note },
    })
    expect(asking.errors).toEqual([])
  })

  it('size after size, each from what the witness cosigned before, also after a restart', async () => {
    const tenant = await freshTenant()
    const statuses: number[] = []
    const onAnswer = ({ status }: { status: number }) => statuses.push(status)
    const witness = await runWitness([vkeyOf(tenant)], { onAnswer })
    const policy = policyFor([tenant], [witness], 1)
    const first = witnessing(policy)
    for (let i = 0; i < 3; i++) {
      const size = await grow(tenant)
      first.signed(tenant)
      await witnessedAt(tenant, size)
    }
    await first.close()
    const size = await grow(tenant)
    const second = witnessing(policy)
    second.signed(tenant)
    await witnessedAt(tenant, size)
    expect(new Set(statuses)).toEqual(new Set([200]))
  })

  it('also where a server that signed it is gone: whoever starts next looks for it', async () => {
    const tenant = await listedTenant()
    const witness = await runWitness([vkeyOf(tenant)])
    const size = await grow(tenant)
    witnessing(policyFor([tenant], [witness], 1))
    await witnessedAt(tenant, size)
  })

  it('and not without a log that the policy lists', async () => {
    const [tenant, other] = [await freshTenant(), await freshTenant()]
    const witness = await runWitness([tenant, other].map(vkeyOf))
    const asking = witnessing(policyFor([other], [witness], 1))
    await grow(tenant)
    const size = await grow(other)
    for (const name of [tenant, other]) asking.signed(name)
    await witnessedAt(other, size)
    expect(await findWitnessed(read(tenant))).toBeNull()
  })

  it('while the log has grown already: its own note is then served without cosignatures', async () => {
    const tenant = await freshTenant()
    const witness = await runWitness([vkeyOf(tenant)])
    const asking = witnessing(policyFor([tenant], [witness], 1))
    const size = await grow(tenant)
    asking.signed(tenant)
    await witnessedAt(tenant, size)
    await asking.close()
    const next = await grow(tenant)
    const { data } = await ask<{ log: object }>(
      '{ log { checkpoint { size witnessed } witnessed { size } } }',
      { tenant },
    )
    expect(data.log).toEqual({
      checkpoint: { size: next, witnessed: null },
      witnessed: { size },
    })
  })
})

describe('two organisations witness each other', () => {
  it('each log by the other’s witness, and neither by its own', async () => {
    const [left, right] = [await freshTenant(), await freshTenant()]
    // Each runs a witness for the other's log, knowing nothing of the other but a vkey.
    const [lefts, rights] = [
      await runWitness([vkeyOf(right)], { name: 'left.example/w' }),
      await runWitness([vkeyOf(left)], { name: 'right.example/w' }),
    ]
    const policies = [policyFor([left], [rights], 1), policyFor([right], [lefts], 1)]
    const askings = policies.map((policy) => witnessing(policy))
    for (let round = 0; round < 3; round++) {
      const sizes = [await grow(left), await grow(right)]
      askings[0]!.signed(left)
      askings[1]!.signed(right)
      const notes = await Promise.all([witnessedAt(left, sizes[0]!), witnessedAt(right, sizes[1]!)])
      expect(notes.map(({ note }, i) => meets(policies[i]!, note))).toEqual([true, true])
      expect(notes.map(({ note }, i) => meets(policies[1 - i]!, note))).toEqual([false, false])
    }
  })
})

it('refuses a real service that turns back and signs another history with its genuine key', async () => {
  const tenant = await freshTenant()
  const witness = await runWitness([vkeyOf(tenant)])
  const asking = witnessing(policyFor([tenant], [witness], 1))
  const size = await grow(tenant)
  asking.signed(tenant)
  await witnessedAt(tenant, size)
  const rows = await readLeaves(read(tenant), 0, size)
  const leaves = rows.map(({ leaf }) => unb64(leaf)).with(3, new Uint8Array(32))
  const tree = (start: number, end: number) => rootOf(sha256, leaves.slice(start, end))
  leaves.push(new Uint8Array(32))
  const origin = originOf(tenant)
  const forked = formatCheckpoint({ origin, size: size + 1, root: tree(0, size + 1) })
  const line = noteSignature(sha256, origin, key.publicKey, await key.sign(utf8(forked)))
  const path = consistencyRanges(size, size + 1).map(({ start, end }) => tree(start, end))
  const body = formatSubmission({ old: size, path, note: formatNote(forked, [line]) })
  expect((await submit(witness.url, body)).status).toBe(422)
  // The genuine log goes on.
  const next = await grow(tenant)
  asking.signed(tenant)
  await witnessedAt(tenant, next)
})

/** A witness of this folder on the very port that it had. */
const portOf = ({ url }: RunningWitness) => Number(new URL(url).port)

describe('where a witness fails', () => {
  it('two of three are enough, and the third catches up when it is back', async () => {
    const tenant = await freshTenant()
    const folder = freshFolder()
    const logs = [vkeyOf(tenant)]
    const [one, two] = [
      await runWitness(logs, { name: 'a' }),
      await runWitness(logs, { name: 'b' }),
    ]
    const down = await runWitness(logs, { name: 'c', folder })
    const policy = policyFor([tenant], [one, two, down], 2)
    await down.close()
    const asking = witnessing(policy)
    const size = await grow(tenant)
    asking.signed(tenant)
    const { note } = await witnessedAt(tenant, size)
    expect(parseNote(note).signatures).toHaveLength(3)
    await until(async () => (await deedsOf(tenant)).some(({ problem }) => problem !== null))
    expect(asking.codes()).toEqual(['WITNESS_UNREACHABLE'])
    const back = await runWitness(logs, { name: 'c', folder, port: portOf(down) })
    const deeds = await until(async () => {
      const deeds = await deedsOf(tenant)
      return deeds.every((deed) => deed.size === size) && deeds
    })
    expect(deeds.map(({ problem }) => problem)).toEqual([null, null, null])
    // A witness more, and its line is there too.
    await until(async () => {
      const found = await findWitnessed(read(tenant))
      return parseNote(found!.note).signatures.length === 4
    })
    expect(back.errors).toEqual([])
  })

  it('nothing is published as witnessed below the quorum, and signing goes on as ever', async () => {
    const tenant = await freshTenant()
    const one = await runWitness([vkeyOf(tenant)], { name: 'a' })
    const gone = await runWitness([vkeyOf(tenant)], { name: 'b' })
    await gone.close()
    const asking = witnessing(policyFor([tenant], [one, gone], 2))
    const sizes: number[] = []
    for (let i = 0; i < 5; i++) {
      sizes.push(await grow(tenant))
      asking.signed(tenant)
    }
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b))
    await until(async () => (await deedsOf(tenant)).some(({ size }) => size === sizes.at(-1)))
    expect(await findWitnessed(read(tenant))).toBeNull()
  })

  it.each<[string, string, typeof fetch]>([
    ['is gone', 'WITNESS_UNREACHABLE', async () => Promise.reject(new TypeError('fetch failed'))],
    ['answers garbage', 'WITNESS_ANSWER_INVALID', async () => new Response('\u0000'.repeat(9))],
    ['refuses', 'WITNESS_REFUSED', async () => new Response('no', { status: 404 })],
    ['is broken', 'WITNESS_BUSY', async () => new Response('oh', { status: 500 })],
    ['says it saw more', 'WITNESS_DISAGREES', async () => new Response('99999\n', { status: 409 })],
  ])('by one that %s no other is kept waiting', async (_what, code, answer) => {
    const tenant = await freshTenant()
    const [good, bad] = [
      await runWitness([vkeyOf(tenant)], { name: 'a' }),
      await runWitness([vkeyOf(tenant)], { name: 'b' }),
    ]
    // The bad one's answer is held back until the good one's is published.
    let release = () => {}
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    const send: typeof fetch = (url, init) =>
      String(url).startsWith(bad.url) ? released.then(() => answer(url, init)) : fetch(url, init)
    const asking = witnessing(policyFor([tenant], [good, bad], 1), { send })
    const size = await grow(tenant)
    asking.signed(tenant)
    await witnessedAt(tenant, size)
    release()
    await until(async () => (await deedsOf(tenant)).some(({ problem }) => problem === code))
    expect(asking.codes()).toEqual([code])
  })

  it('that has forgotten everything, it is asked from the size that it tells', async () => {
    const tenant = await freshTenant()
    const logs = [vkeyOf(tenant)]
    const first = await runWitness(logs)
    const asking = witnessing(policyFor([tenant], [first], 1))
    const before = await grow(tenant)
    asking.signed(tenant)
    await witnessedAt(tenant, before)
    await first.close()
    await asking.close()
    const second = await runWitness(logs, { port: portOf(first) })
    const again = witnessing(policyFor([tenant], [second], 1))
    const size = await grow(tenant)
    again.signed(tenant)
    const { note } = await witnessedAt(tenant, size)
    expect(meets(policyFor([tenant], [second], 1), note)).toBe(true)
  })
})

describe('a bundle', () => {
  const weave = (tenant: string, root: string, witnessWaitMs: number) =>
    weaveBundle(
      { database, ledger, witnessWaitMs },
      {
        tenant,
        root,
        direction: 'UPSTREAM',
        depth: 3,
      },
    )
  const verify = async (tenant: string, bytes: Uint8Array, witnessPolicy: string) =>
    verifyBundle({
      sha256,
      bytes,
      trust: await trustRoot(database.graph(tenant).read, tenant, { witnessPolicy }),
    })

  it('carries the witnessed form of its checkpoint, which it waits a moment for', async () => {
    const tenant = await freshTenant()
    const witness = await runWitness([vkeyOf(tenant)])
    const policy = policyFor([tenant], [witness], 1)
    const asking = witnessing(policy)
    const { outcomes } = await assertOne(ledger, tenant, dataset('wanted'))
    const woven = weave(tenant, outcomes[0]!.id, 5_000)
    await until(async () => ((await ledger.checkpoint(tenant))?.size ?? 0) > outcomes[0]!.seq)
    asking.signed(tenant)
    const report = await verify(tenant, (await woven).bytes, policy)
    expect(report.verdict.witnessed.result).toBe('pass')
    expect(exitCode(report)).toBe(0)
  })

  it('does without, where no witness answers in time, and says so under a policy', async () => {
    const tenant = await freshTenant()
    const witness = await runWitness([vkeyOf(tenant)])
    const { outcomes } = await assertOne(ledger, tenant, dataset('alone'))
    const { bytes } = await weave(tenant, outcomes[0]!.id, 300)
    const report = await verify(tenant, bytes, policyFor([tenant], [witness], 1))
    expect(report.verdict.witnessed.result).toBe('fail')
    expect((await verify(tenant, bytes, '')).verdict.witnessed.result).toBe('not evaluated')
  })
})

describe('a server with a policy', () => {
  it('has its logs witnessed, and `selvedge witness status` tells how far', async () => {
    const tenant = await listedTenant()
    const witness = await runWitness([vkeyOf(tenant)], { name: 'witness.example/w1' })
    const file = join(freshFolder(), 'policy')
    writeFileSync(file, policyFor([tenant], [witness], 1))
    const { uri, username, password } = testNeo4j()
    const env = {
      SELVEDGE_HOME: home,
      SELVEDGE_SERVICE: SERVICE_NAME,
      SELVEDGE_PORT: '0',
      SELVEDGE_WITNESS_POLICY: file,
      NEO4J_URI: uri,
      NEO4J_USERNAME: username,
      NEO4J_PASSWORD: password,
    }
    const child = spawnSelvedge(['start'], env)
    const ended = once(child, 'close')
    expect(String(await once(child.stdout!, 'data'))).toContain('serves at')
    const size = await grow(tenant)
    const { note, root } = await witnessedAt(tenant, size, 20_000)
    expect(b64(parseCheckpoint(parseNote(note).text).root)).toBe(root)
    child.kill('SIGTERM')
    expect((await ended)[0]).toBe(0)
    const { stdout } = await selvedge(['witness', 'status', '--tenant', tenant, '--json'], env)
    expect(JSON.parse(stdout).logs).toMatchObject([
      {
        tenant,
        origin: originOf(tenant),
        witnessed: size,
        witnesses: [{ witness: 'witness.example/w1', problem: null, size }],
      },
    ])
    const shown = await selvedge(['witness', 'status', '--tenant', tenant], env)
    expect(shown.stdout).toContain(`witness.example/w1: ${size}`)
  }, 60_000)

  it.each([
    ['that is not there', null],
    ['that is none', 'quorum them\n'],
    ['whose quorum has no address', 'witness w VKEY\nquorum w\n'],
    ['with an address that is none', 'witness w VKEY ftp://x\nquorum w\n'],
  ])('is not opened with one %s', async (_what, text) => {
    const file = join(freshFolder(), 'policy')
    const { vkey } = await runWitness([])
    if (text !== null) writeFileSync(file, text.replace('VKEY', vkey))
    const config = readConfig({ SELVEDGE_WITNESS_POLICY: file })
    await expect(openService(config, { progress: silent })).rejects.toMatchObject({
      code: 'WITNESS_POLICY_INVALID',
    })
  })
})

it('had no fault of its own', () => expect(faults).toEqual([]))
