import { afterAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { weaveBundle } from '../../domains/evidence/export.ts'
import { trustRoot } from '../../domains/evidence/trust-root.ts'
import { readLeaves } from '../../lineage/log.ts'
import { parseCheckpoint } from '../../proofs/checkpoint.ts'
import { parseNote } from '../../proofs/note.ts'
import { exitCode } from '../../proofs/report.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { readConfig } from '../../server/config.ts'
import { listenFor } from '../../server/witness/listen.ts'
import { openWitness } from '../../server/witness/open.ts'
import { answerAsReplayer, openReplayer } from '../../server/witness/replayer.ts'
import { openAskReplayer, parseReplayer } from '../../server/witnessing/ask-replayer.ts'
import { assertOne, dataset } from '../ledger/support.ts'
import { freshTenant, testLedger } from '../setup/ledger.ts'
import { freshFolder } from './support.ts'

const { database, ledger } = await testLedger()

/** A log with one thing in it, and a replayer of it that has derived nothing yet. */
async function replayed() {
  const tenant = await freshTenant(ledger)
  const { outcomes } = await assertOne(ledger, tenant, dataset('a'))
  const root = outcomes[0]!.id
  const witness = await openWitness(freshFolder(), { name: 'replayer.example/r', role: 'replayer' })
  const replayer = openReplayer(witness)
  const where = { host: '127.0.0.1', port: 0, onError: () => {} }
  const { url, close } = await listenFor(answerAsReplayer(replayer, witness), where)
  afterAll(async () => {
    await close()
    witness.close()
  })
  /** Brings the replayer up to the log's end. */
  const catchUp = async () => {
    const signed = await ledger.checkpointOf(tenant, 0)
    const rows = await readLeaves(database.graph(tenant).read, 0, signed.size)
    for (const [seq, { header }] of rows.entries()) replayer.take(utf8(header), seq)
    await replayer.vouch(parseCheckpoint(parseNote(signed.note).text))
  }
  const errors: unknown[] = []
  const exportBy = async (waitMs: number, send?: typeof fetch) => {
    const onError = (error: unknown) => errors.push(error)
    const named = parseReplayer(`${witness.vkey} ${url}`)!
    const askReplayer = openAskReplayer(named, { waitMs, onError, send })
    const question = { tenant, root, direction: 'UPSTREAM', depth: 3 } as const
    const { bytes } = await weaveBundle({ database, ledger, askReplayer }, question)
    const replayers = [witness.vkey]
    const trust = await trustRoot(database.graph(tenant).read, tenant, { replayers })
    const report = await verifyBundle({ sha256, bytes, trust })
    return [exitCode(report), report.verdict.current.detail]
  }
  return { tenant, catchUp, exportBy, errors }
}

describe('an export of a service that knows a replayer', () => {
  it('brings along its note on the state, which it waits a moment for', async () => {
    const { tenant, catchUp, exportBy, errors } = await replayed()
    await ledger.checkpointOf(tenant, 5)
    const exported = exportBy(20_000)
    await catchUp()
    expect(await exported).toEqual([
      0,
      expect.stringMatching(/\(replayed by replayer\.example\/r\)/),
    ])
    expect(errors).toEqual([])
  })

  it.each<[string, string | null, typeof fetch | undefined]>([
    ['has not derived the state in time', null, undefined],
    ['is away', 'WITNESS_UNREACHABLE', async () => Promise.reject(new TypeError('fetch failed'))],
    [
      'answers with an error',
      'WITNESS_ANSWER_INVALID',
      async () => new Response('', { status: 500 }),
    ],
    ['answers with no note', 'WITNESS_ANSWER_INVALID', async () => new Response('good')],
    ['answers for ever', 'WITNESS_ANSWER_INVALID', async () => new Response('x'.repeat(1_000_000))],
  ])('does without where it %s', async (_what, code, send) => {
    const { exportBy, errors } = await replayed()
    expect(await exportBy(500, send)).toEqual([0, expect.stringContaining('(as signed)')])
    expect(errors.map((error) => (error as { code?: string }).code)).toEqual(code ? [code] : [])
  })

  it('does without a note on another state, which would make the bundle fail', async () => {
    const { tenant, catchUp, exportBy, errors } = await replayed()
    await ledger.checkpointOf(tenant, 5)
    await catchUp()
    await assertOne(ledger, tenant, dataset('b'))
    const older: typeof fetch = (url, init) => fetch(String(url).replace(/\/\d+$/, ''), init)
    expect(await exportBy(500, older)).toEqual([0, expect.stringContaining('(as signed)')])
    expect(errors).toMatchObject([{ code: 'WITNESS_ANSWER_INVALID' }])
  })
})

it.each(['nobody', 'w+12345678+AAAA http://x', 'http://x', ''])(
  'cannot be configured as «%s»',
  (value) => {
    if (value === '') expect(readConfig({}).replayer).toBeNull()
    else expect(() => readConfig({ SELVEDGE_REPLAYER: value })).toThrow('SELVEDGE_REPLAYER')
  },
)
