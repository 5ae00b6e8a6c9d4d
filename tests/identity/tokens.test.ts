import { describe, expect, it } from 'vitest'
import { trustIssuers } from '../../server/identity/open.ts'
import { dataset, RECORD } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { claimsOf, ecPair, rule, seal, trust, webIssuer } from './support.ts'

const [ours, theirs] = [ecPair('k1'), ecPair('k1')]
const [corp, partner] = [await webIssuer([ours.jwk]), await webIssuer([theirs.jwk])]
const identity = trustIssuers([
  trust(rule(corp.url, { tenant: { claim: ['tenant'], only: null, serviceWide: true } })),
  trust(rule(partner.url, { name: 'partner' })),
])
const { ask, app, ledger, freshTenant } = await testApp(undefined, { identity })
const [tenant, other] = [await freshTenant(), await freshTenant()]

const bearer = (claims: object, of = corp, by = ours) => ({
  authorization: `Bearer ${seal({ alg: 'ES256', kid: 'k1' }, claimsOf(of.url, { tenant, ...claims }), by)}`,
})
const writing = (headers: Record<string, string>, name = 'orders') =>
  ask<{ record: { results: { id: string }[]; position: string; replayed: boolean } }>(RECORD, {
    headers,
    variables: { items: [dataset(name)] },
  })
const SIZE = '{ log { size } }'

describe('a caller with a token', () => {
  it('writes and reads in the tenant of the token, without naming it', async () => {
    const written = await writing(bearer({ roles: ['writer', 'reader', 'auditor'] }))
    expect(written.errors).toBeUndefined()
    const before = await ask<{ log: { size: number } }>(SIZE, { headers: bearer({}) })
    const elsewhere = await ask<{ log: { size: number } }>(SIZE, {
      headers: bearer({ tenant: other }),
    })
    expect(before.data.log.size).toBeGreaterThan(elsewhere.data.log.size)
  })

  it('may do what his roles say, and no more', async () => {
    for (const roles of [['reader'], [], ['unheard-of']]) {
      const { errors } = await writing(bearer({ roles }))
      expect(errors).toMatchObject([{ extensions: { code: 'PERMISSION_DENIED' } }])
    }
  })

  it('is himself alone, where another issuer has somebody of his name', async () => {
    const key = { 'idempotency-key': crypto.randomUUID() }
    const first = await writing({ ...bearer({}), ...key }, 'ours')
    const again = await writing({ ...bearer({}), ...key }, 'ours')
    const namesake = await writing({ ...bearer({}, partner, theirs), ...key }, 'theirs')
    expect(again.data.record).toMatchObject({ ...first.data.record, replayed: true })
    expect(namesake.errors).toBeUndefined()
    expect(namesake.data.record.replayed).toBe(false)
    expect(namesake.data.record.results[0]!.id).not.toBe(first.data.record.results[0]!.id)
  })

  it('names the tenant where the token is for all of them', async () => {
    const headers = bearer({ tenant: '*' })
    for (const named of [tenant, other]) {
      const { errors } = await ask(SIZE, { headers, tenant: named })
      expect(errors).toBeUndefined()
    }
    const { errors } = await ask(SIZE, { headers })
    expect(errors).toMatchObject([{ extensions: { code: 'TENANT_MISSING' } }])
  })

  it('is told the same of another tenant’s things as of nothing at all', async () => {
    const { data } = await writing(bearer({}), 'mine')
    const [{ id } = { id: '' }] = data.record.results
    const text = 'query Of($id: ID!) { entity(id: $id) { id } }'
    const headers = bearer({ tenant: other })
    const theirs = await ask(text, { headers, variables: { id } })
    const nobodys = await ask(text, {
      headers,
      variables: { id: 'urn:selvedge:dataset:01936893-9751-7a91-a2a0-a51101a3970c' },
    })
    expect(theirs.data).toEqual({ entity: null })
    expect(nobodys.data).toEqual({ entity: null })
  })
})

describe('a log that is public', async () => {
  const open = await freshTenant()
  const headers = bearer({ tenant: open })
  const get = (path: string, more: Record<string, string> = {}) =>
    app.fetch(new Request(`http://localhost/log/${path}`, { headers: more }))

  it('is there for whoever says nothing of himself, and not for who says it badly', async () => {
    expect((await get(`${open}/checkpoint`)).status).toBe(404)
    const { errors } = await ask('mutation { logPublicSet(public: true) { position } }', {
      headers,
    })
    expect(errors).toBeUndefined()
    await ledger.checkpointOf(open, 1)
    expect((await get(`${open}/checkpoint`)).status).toBe(200)
    expect((await get(`${open}/checkpoint`, bearer({ exp: 1, iat: 0 }))).status).toBe(401)
    expect((await get(`${tenant}/checkpoint`)).status).toBe(404)
  })
})

it('answers under every host name, since no header is believed', async () => {
  const request = new Request('http://selvedge.example.org/readyz')
  expect((await app.fetch(request)).status).toBe(200)
})
