import { expect, it } from 'vitest'
import { callerOf } from '../../server/caller.ts'
import type { Identity } from '../../server/identity/identity.ts'
import { openHeaderIdentity } from '../../server/identity/open.ts'

const development = openHeaderIdentity()
const asking = (headers: Record<string, string>, identity: Identity = development) =>
  callerOf(new Request('http://localhost/', { headers }), identity)

it('is a local admin for any tenant, where no header says more', async () => {
  expect(await asking({})).toEqual({
    issuer: 'development',
    subject: 'local',
    roles: ['admin'],
    isServiceWide: true,
    tenant: undefined,
    key: undefined,
    minPosition: undefined,
  })
})

it('is who the headers say, in the roles that they say', async () => {
  const headers = {
    'x-selvedge-tenant': 'acme',
    'x-selvedge-subject': 'alice',
    'x-selvedge-roles': 'reader, steward,reader',
    'x-selvedge-min-position': '0:7',
  }
  expect(await asking(headers)).toMatchObject({
    tenant: 'acme',
    subject: 'alice',
    roles: ['reader', 'steward'],
    minPosition: { epoch: 0, seq: 7 },
  })
})

it.each(['', 'Admin', 'admin,', 'root', 'reader;admin'])(
  'refuses the roles "%s"',
  async (roles) => {
    await expect(asking({ 'x-selvedge-roles': roles })).rejects.toMatchObject({
      code: 'ROLE_UNKNOWN',
      status: 400,
    })
  },
)

it('speaks for its own tenant alone, where an identity gives one', async () => {
  const identity: Identity = {
    isDevelopment: false,
    states: () => ({}),
    keep: async () => {},
    identify: async () => ({ issuer: 'x', subject: 'alice', roles: [], tenant: 'acme' }),
  }
  expect(await asking({}, identity)).toMatchObject({ tenant: 'acme', isServiceWide: false })
  expect((await asking({ 'x-selvedge-tenant': 'acme' }, identity)).tenant).toBe('acme')
  for (const other of ['other', 'ACME', '', '*', 'acme, other']) {
    await expect(asking({ 'x-selvedge-tenant': other }, identity)).rejects.toMatchObject({
      code: 'TENANT_CONFLICT',
      status: 401,
    })
  }
})

it('is nobody, where an identity knows of nobody', async () => {
  const identity: Identity = {
    isDevelopment: false,
    states: () => ({}),
    keep: async () => {},
    identify: async () => undefined,
  }
  await expect(asking({}, identity)).rejects.toMatchObject({ code: 'TOKEN_MISSING', status: 401 })
})
