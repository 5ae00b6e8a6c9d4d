import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openClient } from '../../cli/client.ts'
import { sha256 } from '../../core/sha256.ts'
import { parseCheckpoint } from '../../proofs/checkpoint.ts'
import { formatVkey, parseNote } from '../../proofs/note.ts'
import { exitCode } from '../../proofs/report.ts'
import { parseTrust } from '../../proofs/trust.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { testNeo4j } from '../setup/database.ts'
import { SERVICE_NAME, testLedger } from '../setup/ledger.ts'
import { selvedge, spawnSelvedge } from '../setup/selvedge.ts'
import { freshFolder } from './support.ts'

const folder = freshFolder()
const children = new Set<ChildProcess>()
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
})

function start(args: string[], env: Record<string, string> = {}) {
  const child = spawnSelvedge(args, env)
  children.add(child)
  child.stderr!.on('data', () => {})
  const ended = once(child, 'close')
  const stop = async () => {
    child.kill('SIGTERM')
    const [code] = await ended
    children.delete(child)
    return code
  }
  return { lines: createInterface({ input: child.stdout! }), stop }
}

/** `selvedge witness`, with a key of its own; which logs it watches is said later, as between strangers. */
async function startWitness(name: string, port = 0) {
  const logs = join(folder, `${name}-logs`)
  appendFileSync(logs, '')
  const dir = join(folder, name)
  const { lines, stop } = start([
    ...['witness', '--dir', dir, '--name', `${name}.example/w`],
    ...['--logs', logs, '--port', String(port), '--json'],
  ])
  const [line] = (await once(lines, 'line')) as [string]
  return { ...(JSON.parse(line) as { name: string; vkey: string; url: string }), logs, stop }
}

/** `selvedge start`, which has its logs witnessed by the policy. */
async function startService(env: Record<string, string>, policy: string) {
  const file = join(folder, `${env.SELVEDGE_SERVICE}-policy`)
  writeFileSync(file, policy)
  const settings = { ...env, SELVEDGE_PORT: '0', SELVEDGE_WITNESS_POLICY: file }
  const { lines, stop } = start(['start'], settings)
  for await (const line of lines) {
    const [, url] = /serves at (\S+)/.exec(line) ?? []
    if (url) return { url, env: settings, policy: file, stop }
  }
  throw new Error(`${env.SELVEDGE_SERVICE} did not start`)
}

type Witness = Awaited<ReturnType<typeof startWitness>>
type Service = Awaited<ReturnType<typeof startService>>

interface Side {
  tenant: string
  witness: Witness
  service: Service
}

const { ledger } = await testLedger()
const { checkpoint: key } = await ledger.keys.newest()
const tenants = ['two-a', 'two-b'].map((name) => `${name}-${crypto.randomUUID().slice(0, 8)}`)
let a: Side
let b: Side

/** Two services, each with a database, a home and keys of its own, and each with a witness beside it. */
beforeAll(async () => {
  const [here, there] = [await startWitness('a'), await startWitness('b')]
  const { uri, username, password, home } = testNeo4j()
  const shared = { NEO4J_URI: uri, NEO4J_USERNAME: username, NEO4J_PASSWORD: password }
  const envs = [
    { ...shared, SELVEDGE_HOME: home, SELVEDGE_SERVICE: SERVICE_NAME },
    {
      ...{ SELVEDGE_HOME: join(folder, 'home'), SELVEDGE_SERVICE: 'other.example' },
      ...{ SELVEDGE_NEO4J_HEAP: '512m' },
      ...(process.env.SELVEDGE_JAVA && { SELVEDGE_JAVA: process.env.SELVEDGE_JAVA }),
    },
  ]
  const asks = ({ vkey, url }: Witness) => `witness theirs ${vkey} ${url}\nquorum theirs\n`
  // The first database has logs of other tests too, which this is not about.
  const { publicKey } = key
  const mine = formatVkey(sha256, { name: `${SERVICE_NAME}/${tenants[0]}`, publicKey })
  const services = [
    await startService(envs[0]!, `log ${mine}\n${asks(there)}`),
    await startService(envs[1]!, asks(here)),
  ]
  a = { tenant: tenants[0]!, witness: here, service: services[0]! }
  b = { tenant: tenants[1]!, witness: there, service: services[1]! }
}, 300_000)

const clientOf = ({ tenant, service }: Side) => openClient(service.url, tenant)

async function record({ tenant, service }: Side, name: string) {
  const client = openClient(service.url, tenant)
  const { record } = await client.graphql<{ record: { results: { id: string; seq: number }[] } }>(
    `mutation { record(items: [{ dataset: { namespace: "db", name: "${name}" } }]) { results { id seq } } }`,
  )
  return record.results[0]!
}

async function published({ tenant, service }: Side) {
  const headers = { 'x-selvedge-tenant': tenant }
  const note = await (await fetch(`${service.url}/log/${tenant}/checkpoint`, { headers })).text()
  const { text, signatures } = parseNote(note)
  return { size: parseCheckpoint(text).size, by: signatures.map(({ name }) => name) }
}

async function until(look: () => Promise<boolean>) {
  for (const start = Date.now(); !(await look().catch(() => false)); ) {
    if (Date.now() - start > 60_000) throw new Error('it did not come about in time')
    await new Promise((resolve) => {
      setTimeout(resolve, 100)
    })
  }
}

/** Until what is recorded at a position is under a checkpoint that the other side's witness cosigned. */
const untilWitnessed = (side: Side, by: Witness, seq: number) =>
  until(async () => {
    const found = await published(side)
    return found.size > seq && found.by.includes(by.name)
  })

const run = async ({ service }: Side, ...args: string[]) => {
  const ended = await selvedge(args, service.env)
  expect(ended).toMatchObject({ code: 0 })
  return ended.stdout
}

it('two services witness each other, from exchanging their keys to verified bundles', async () => {
  for (const [side, other] of [
    [a, b],
    [b, a],
  ] as const) {
    await clientOf(side).graphql(`mutation { tenantCreate(name: "${side.tenant}") { name } }`)
    await record(side, 'first')
    await until(async () => (await published(side)).size > 0)
    const out = join(folder, side.tenant)
    await run(side, 'log', 'export', '--tenant', side.tenant, '--out', out)
    // All that the other side is told: the line that its witness takes.
    appendFileSync(other.witness.logs, `${readFileSync(join(out, 'log.vkey'), 'utf8').trim()}\n`)
  }
  for (const [side, other] of [
    [a, b],
    [b, a],
  ] as const) {
    const { id, seq } = await record(side, 'second')
    await untilWitnessed(side, other.witness, seq)
    const { exportBundle } = await clientOf(side).graphql<{ exportBundle: { url: string } }>(
      `mutation { exportBundle(root: "${id}") { url } }`,
    )
    const bytes = await clientOf(side).get(exportBundle.url)
    const verdictUnder = async (policy: string) => {
      const trust = await run(side, 'trust', '--tenant', side.tenant, '--policy', policy)
      const report = await verifyBundle({ sha256, bytes, trust: parseTrust(sha256, trust) })
      return [report.verdict.witnessed.result, exitCode(report)]
    }
    expect(await verdictUnder(side.service.policy)).toEqual(['pass', 0])
    // Its own witness has said nothing, and whoever asks for that one is told.
    const own = join(folder, `${side.tenant}-own`)
    writeFileSync(own, `witness own ${side.witness.vkey}\nquorum own\n`)
    expect(await verdictUnder(own)).toEqual(['fail', 1])
  }
}, 180_000)

it('goes on unwitnessed while the other side is away, and is witnessed once it is back', async () => {
  const { url } = a.witness
  expect(await a.witness.stop()).toBe(0)
  const { seq } = await record(b, 'third')
  await until(async () => (await published(b)).size > seq)
  expect((await published(b)).by).toEqual([`other.example/${b.tenant}`])
  const back = await startWitness('a', Number(new URL(url).port))
  expect(back.vkey).toBe(a.witness.vkey)
  await untilWitnessed(b, back, seq)
  expect(await Promise.all([a.service.stop(), b.service.stop()])).toEqual([0, 0])
  expect(await Promise.all([back.stop(), b.witness.stop()])).toEqual([0, 0])
}, 180_000)
