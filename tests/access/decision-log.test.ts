import { expect, it } from 'vitest'
import { openAccess } from '../../domains/access/access.ts'
import { logDecisions } from '../../server/decision-log.ts'
import { openLog } from '../../server/log.ts'
import { decisionEngine } from '../../server/surface.ts'

it('a denial is a line of the log that says what was missing, and not who asked', async () => {
  const lines: string[] = []
  const log = openLog(
    { logLevel: 'info', logFormat: 'json' },
    { write: (line) => lines.push(line) },
  )
  const access = openAccess({
    engine: decisionEngine(),
    graphOf: (tenant) => ({ tenant, read: async () => [], write: () => Promise.reject() }),
    onDecision: logDecisions(log),
    sample: 0,
  })
  const principal = {
    issuer: 'corp',
    subject: 'corp:ann',
    tenant: 'acme',
    roles: ['reader'] as const,
  }
  const question = { principal, tenant: 'acme', permission: 'record:write' as const }
  await expect(access.authorise({ question })).rejects.toThrow()
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0]!)).toMatchObject({
    level: 'info',
    msg: 'denied',
    tenant: 'acme',
    permission: 'record:write',
    policies: [],
    roles: ['reader'],
    subject: expect.stringMatching(/^s_[\w-]{16}$/),
  })
  expect(lines[0]).not.toContain('ann')
})
