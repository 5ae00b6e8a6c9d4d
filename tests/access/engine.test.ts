import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openAccess, type ToldDecision } from '../../domains/access/access.ts'
import type { OwnPolicies } from '../../domains/access/engine.ts'
import { PERMISSIONS, type Permission } from '../../domains/access/permissions.ts'
import { ROLES, type Role } from '../../domains/access/roles.ts'
import { simulate } from '../../domains/access/simulate.ts'
import { decisionEngine } from '../../server/surface.ts'

const engine = decisionEngine()

const asking = (
  permission: Permission,
  { roles = ['reader'], from = 'acme', tenant = 'acme', subject = 'ann' }: Asking = {},
) => ({
  principal: { issuer: 'https://issuer.test', subject, tenant: from, roles },
  permission,
  tenant,
})

interface Asking {
  roles?: readonly Role[]
  from?: string
  tenant?: string
  subject?: string
}

/** The same, as it is asked at the door. */
const unowned = (...asked: Parameters<typeof asking>) => ({ question: asking(...asked) })

/** A database without tenants: nobody has policies of their own. */
const graphOf = (tenant: string) => ({
  tenant,
  read: async () => [],
  write: () => Promise.reject(new Error('nothing is written here')),
})

let versions = 0
const own = (...texts: string[]): OwnPolicies => ({
  version: `v${++versions}`,
  policies: texts.map((text, i) => ({ name: `own-${i + 1}`, text })),
})

describe('a decision', () => {
  it('names the policy that permits', () => {
    const { isPermitted, policies } = engine.decide(asking('entity:read'))
    expect([isPermitted, policies]).toEqual([true, ['default/reader']])
  })

  it('names every policy that permits, of several', () => {
    const { policies } = engine.decide(asking('entity:read', { roles: ['reader', 'writer'] }))
    expect(policies).toEqual(['default/reader', 'default/writer'])
  })

  it('names the one that forbids, by its number in a text of several', () => {
    const { isPermitted, policies } = engine.decide(asking('entity:read', { from: 'other' }))
    expect([isPermitted, policies]).toEqual([false, ['default/border#1']])
    const service = engine.decide(asking('tenant:list', { roles: ['admin'], tenant: '' }))
    expect([service.isPermitted, service.policies]).toEqual([false, ['default/border#2']])
  })

  it('names none where none permits', () => {
    const { isPermitted, policies } = engine.decide(asking('record:write'))
    expect([isPermitted, policies]).toEqual([false, []])
  })

  it('does not take one caller for another', () => {
    const only = own(
      'permit(principal == Principal::"ann", action == Action::"log:read", resource);',
    )
    expect(engine.decide(asking('log:read', { subject: 'ann' }), only).isPermitted).toBe(true)
    expect(engine.decide(asking('log:read', { subject: 'bob' }), only).isPermitted).toBe(false)
    expect(engine.decide(asking('log:read', { subject: 'ann' }), only).isPermitted).toBe(true)
  })
})

const ALL = 'permit(principal, action, resource);'

describe("a tenant's own policies", () => {
  it('permit what the defaults do not', () => {
    const more = own('permit(principal in Role::"reader", action == Action::"log:read", resource);')
    expect(engine.decide(asking('log:read')).isPermitted).toBe(false)
    expect(engine.decide(asking('log:read'), more)).toEqual({
      isPermitted: true,
      policies: ['own-1'],
    })
  })

  it('forbid what the defaults permit', () => {
    const less = own(
      '// One comment, and no newline at its end: permit(principal, action, resource);',
      'permit(principal, action, resource); forbid(principal, action in Action::"read", resource) unless { principal.subject like "a*" };',
    )
    expect(engine.decide(asking('entity:read', { subject: 'ann' }), less).isPermitted).toBe(true)
    expect(engine.decide(asking('entity:read', { subject: 'bob' }), less)).toEqual({
      isPermitted: false,
      policies: ['own-2#2'],
    })
  })

  it('hold from the version on that they are of', () => {
    const none = own()
    const closed = own('forbid(principal, action, resource);')
    const decide = (policies: OwnPolicies) =>
      engine.decide(asking('entity:read'), policies).isPermitted
    expect([decide(none), decide(closed), decide(none), decide(own())]).toEqual([
      true,
      false,
      true,
      true,
    ])
  })

  it('are kept apart, also where more tenants have some than are kept ready', () => {
    const tenants = Array.from({ length: 230 }, (_, i) => `t${i}`)
    const policies = new Map(
      tenants.map((tenant, i) => [
        tenant,
        own(`permit(principal == Principal::"s${i}", action == Action::"log:read", resource);`),
      ]),
    )
    const may = (tenant: string, i: number) =>
      engine.decide(
        asking('log:read', { from: tenant, tenant, subject: `s${i}` }),
        policies.get(tenant)!,
      ).isPermitted
    for (const _again of [1, 2]) {
      for (const [i, tenant] of tenants.entries()) {
        expect([may(tenant, i), may(tenant, i + 1)]).toEqual([true, false])
      }
    }
  })

  it('are weighed as they would decide', async () => {
    const asked = ROLES.flatMap((role) =>
      (Object.keys(PERMISSIONS) as Permission[]).map((one) => asking(one, { roles: [role] })),
    )
    const closed = 'forbid(principal, action, resource);'
    for (const { policies } of [own(), own(ALL), own(closed)]) {
      const version = `decided ${policies.length} ${policies[0]?.text}`
      const decided = asked.map((question) => engine.decide(question, { version, policies }))
      expect(await engine.weigh(policies, asked)).toEqual(decided)
    }
  })

  it('are simulated without remembering a single decision', async () => {
    const forgetful = { ...engine, decide: () => expect.unreachable() }
    const questions = [asking('log:read', { subject: 'somebody made up' })]
    const changes = [{ name: 'all', text: ALL }]
    const own = { version: 'none', policies: [] }
    const [simulated] = await simulate(forgetful, own, { changes, questions })
    expect(simulated).toMatchObject({
      before: { isPermitted: false },
      after: { isPermitted: true, policies: ['all'] },
    })
  })

  it('are weighed no longer than their caller waits', async () => {
    const until = { timeoutMs: 7, endsAt: performance.now() - 1 }
    const weighed = engine.weigh([], [asking('entity:read')], until)
    await expect(weighed).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' })
    expect(await engine.weigh([], [asking('entity:read')])).toHaveLength(1)
  })

  it('cannot let anybody in from another tenant, nor out to the service', () => {
    const open = own('permit(principal, action, resource);')
    const anybody = fc.record({
      roles: fc.uniqueArray(fc.constantFrom(...ROLES)),
      from: fc.stringMatching(/^[a-z]{1,6}$/),
      permission: fc.constantFrom(...(Object.keys(PERMISSIONS) as Permission[])),
    })
    fc.assert(
      fc.property(anybody, ({ roles, from, permission }) => {
        const question = asking(permission, { roles, from, tenant: 'the-tenant' })
        expect(engine.decide(question, open).isPermitted).toBe(false)
      }),
    )
  })

  it.each([
    [
      'more than Cedar survives',
      `permit(principal, action, resource) when {${Array(400).fill('1==1').join('&&')}};`,
    ],
    ['brackets that Cedar does not survive', `permit(${'('.repeat(2_000)}`],
    ['no Cedar at all', 'permit everything'],
    ['a template', 'permit(principal == ?principal, action, resource);'],
  ])(
    'recorded with %s, end what their tenant may do, and are named: all but mending that',
    async (_what, text) => {
      const broken = own(text)
      const admin = { roles: ['admin' as const] }
      expect(engine.decide(asking('entity:read'), broken)).toEqual({
        isPermitted: false,
        policies: ['own-1'],
      })
      expect(engine.decide(asking('policy:write', admin), broken).isPermitted).toBe(true)
      const [weighed] = await engine.weigh(broken.policies, [asking('entity:read')])
      expect(weighed!.isPermitted).toBe(false)

      const elsewhere = { from: 'other', tenant: 'other' }
      expect(engine.decide(asking('entity:read', elsewhere)).isPermitted).toBe(true)
      expect(engine.decide(asking('entity:read', elsewhere), own(ALL)).isPermitted).toBe(true)
      expect(engine.decide(asking('log:read'), own(ALL)).isPermitted).toBe(true)
    },
  )

  it('where one cannot be worked out, nothing is permitted', () => {
    const broken = own('forbid(principal, action, resource) when { 9223372036854775807 + 1 > 0 };')
    expect(engine.decide(asking('entity:read'), broken).isPermitted).toBe(false)
  })
})

describe('what is told of decisions', () => {
  const told: ToldDecision[] = []
  const opened = (sample: number, random: number) => {
    told.length = 0
    const onDecision = (decision: ToldDecision) => void told.push(decision)
    return openAccess({ engine, graphOf, onDecision, sample, random: () => random })
  }

  it('is every denial, with what was missing, and not who asked', async () => {
    const access = opened(0, 0)
    const denied = access.authorise(unowned('record:write', { subject: 'ann@acme.test' }))
    await expect(denied).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      status: 403,
      details: { permission: 'record:write' },
    })
    expect(told).toMatchObject([
      { tenant: 'acme', permission: 'record:write', isPermitted: false, roles: ['reader'] },
    ])
    expect(told[0]!.subject).toMatch(/^s_[A-Za-z0-9_-]{16}$/)
    expect(JSON.stringify(told)).not.toContain('ann')
  })

  it('has one mask for one subject, and another in another process', async () => {
    const mask = async (access: ReturnType<typeof opened>, subject: string) => {
      await access.authorise(unowned('entity:read', { subject }))
      return told.at(-1)!.subject
    }
    const here = opened(1, 0.5)
    const [first, second, other] = [
      await mask(here, 'ann'),
      await mask(here, 'ann'),
      await mask(here, 'bob'),
    ]
    expect(first).toBe(second)
    expect(first).not.toBe(other)
    expect(await mask(opened(1, 0.5), 'ann')).not.toBe(first)
  })

  it.each([
    ['none', 0, 0, 0],
    ['one below the share', 0.01, 0.0099, 1],
    ['none at it', 0.01, 0.01, 0],
    ['all', 1, 0.9999, 1],
  ])('is of permits: %s', async (_what, sample, random, count) => {
    await opened(sample, random).authorise(unowned('entity:read'))
    expect(told).toHaveLength(count)
  })
})
