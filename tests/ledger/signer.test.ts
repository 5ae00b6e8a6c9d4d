import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { Keys } from '../../ledger/keys.ts'
import type { Register } from '../../ledger/register.ts'
import { openSigner } from '../../ledger/signer.ts'
import { type Database, SERVICE } from '../../lineage/graph.ts'

it('signs a few logs at once where thousands are due, and in the end each of them', async () => {
  const names = Array.from({ length: 200 }, (_, i) => ({ name: `t${i}` }))
  const looked = new Set<string>()
  let [now, most] = [0, 0]
  const graph = (tenant: string) => ({
    tenant,
    async read() {
      if (tenant === SERVICE) return looked.size === 0 ? names : []
      now += 1
      most = Math.max(most, now)
      await setTimeout(5)
      now -= 1
      looked.add(tenant)
      // There is no such log: what is due ends here.
      return []
    },
  })
  const signer = openSigner({
    database: { graph } as unknown as Database,
    register: {} as Register,
    keys: {} as Keys,
    background: true,
    onSigned: () => {},
    onRefused: () => {},
    onError: () => {},
  })
  await expect.poll(() => looked.size, { timeout: 10_000 }).toBeGreaterThan(0)
  await signer.close()
  expect(looked.size).toBe(names.length)
  expect(most).toBeLessThanOrEqual(8)
})
