import { expect, it, vi } from 'vitest'
import { openMerges } from '../../lineage/merges.ts'
import { expectClean, headers } from '../ledger/support.ts'
import { head, runId } from '../openlineage/events.ts'
import { currentWorld, send, sendTogether } from '../openlineage/world.ts'
import { freshTenant, testLedger } from '../setup/ledger.ts'
import { Server } from './client.ts'

// Its tenants are listed, so that servers see what is to be done for them.
const { database, ledger } = await testLedger('in the background')

const OWNERS = 900
const table = (name: string) => ({ namespace: 'db', name })
const symlinked = (name: string, other: string) => ({
  ...table(name),
  facets: {
    symlinks: { identifiers: [{ ...table(other), type: 'TABLE' }] },
  },
})
const says = (dataset: object) => ({ ...head('2026-01-01T00:00:03Z'), dataset })

/** Where each server dies that carries on with the merge; each part is one command. */
const KILLS = ['before-commit:1', 'after-commit:1', 'before-commit:2', 'after-commit:1']

// A server of another file's may take a part: all is then begun anew, for another tenant.
const AGAIN = { timeout: 240_000, retry: 2 }

it(
  'goes on where a killed server left it, and two servers at once do no part twice',
  AGAIN,
  async () => {
    const tenant = await freshTenant(ledger, 'merges')
    await send(ledger, tenant, says(table('first')))
    const ran = Array.from({ length: OWNERS / 2 }, (_, i) => ({
      ...head('2026-01-01T00:00:02Z'),
      run: { runId: runId(i) },
      job: { namespace: 'jobs', name: `job ${i}` },
      inputs: [table('hub')],
    }))
    await sendTogether(ledger, tenant, ran)
    const from = (await headers(database, tenant)).length + 3
    await send(ledger, tenant, says(symlinked('hub', 'first')), 0)
    const under = () => openMerges(database.graph(tenant).read)
    const parts: number[] = []
    for (const kill of KILLS) {
      const server = await Server.start(kill)
      expect(await server.ended).toBe('SIGKILL')
      const [merge] = await under()
      parts.push(merge?.part ?? Number.NaN)
    }
    expect(parts).toEqual([0, 1, 2, 3])
    const heirs = await Promise.all([Server.start(), Server.start()])
    await vi.waitFor(async () => expect(await under()).toEqual([]), { timeout: 30_000 })
    await Promise.all(heirs.map((heir) => heir.close()))

    const all = await headers(database, tenant, from)
    const moved = all.filter(({ unlinks = [] }) => unlinks.length > 0)
    expect(moved).toHaveLength(OWNERS)
    expect(new Set(moved.map(({ id }) => id)).size).toBe(OWNERS)
    expect(all.filter(({ action }) => action === 'retire')).toHaveLength(1)
    const { edges } = await currentWorld(database, tenant)
    expect(edges.filter((edge) => edge.endsWith('dataset ["db","first"]'))).toHaveLength(OWNERS)
    expect(edges.filter((edge) => edge.endsWith('["db","hub"]'))).toEqual([])
    await expectClean(database, tenant)
  },
)
