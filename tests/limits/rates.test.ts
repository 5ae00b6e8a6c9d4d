import { describe, expect, it } from 'vitest'
import { readConfig } from '../../server/config.ts'
import { blockOf, openRates, rateHeaders } from '../../server/limits/rates.ts'

const quotas = (env: Record<string, string>) =>
  openRates(
    readConfig({
      ...{
        SELVEDGE_RATE_ADDRESS: 'off',
        SELVEDGE_RATE_PRINCIPAL: 'off',
        SELVEDGE_RATE_TENANT: 'off',
      },
      ...env,
    }),
    () => 0,
  )

const isWithin = (measured: ReturnType<ReturnType<typeof openRates>['ofAddress']>) =>
  measured.every(({ standing }) => standing.isWithin)

describe('the rates of a server', () => {
  it('count subjects and tenants apart, and a request of both in both', () => {
    const rates = quotas({ SELVEDGE_RATE_PRINCIPAL: '2/60', SELVEDGE_RATE_TENANT: '3/60' })
    const ask = (principal: string, tenant?: string) =>
      isWithin(rates.ofCaller({ principal, tenant }))
    expect([ask('ada', 'acme'), ask('ada', 'acme'), ask('ada', 'acme')]).toEqual([
      true,
      true,
      false,
    ])
    // What was refused for its subject took nothing from its tenant.
    expect([ask('bob', 'acme'), ask('bob', 'acme')]).toEqual([true, false])
    expect([ask('cem', 'bell'), ask('cem')]).toEqual([true, true])
  })

  it('measure nothing that is off', () => {
    const rates = quotas({})
    expect(rates.ofAddress('192.0.2.1')).toEqual([])
    expect(rates.ofCaller({ principal: 'ada', tenant: 'acme' })).toEqual([])
    expect(rateHeaders([])).toEqual({})
  })

  it('are told as the IETF has it: what each policy is, and what is left of it', () => {
    const rates = quotas({ SELVEDGE_RATE_PRINCIPAL: '10/20', SELVEDGE_RATE_TENANT: '100/60' })
    expect(rateHeaders(rates.ofCaller({ principal: 'ada', tenant: 'acme' }))).toEqual({
      'ratelimit-policy': '"principal";q=10;w=20, "tenant";q=100;w=60',
      ratelimit: '"principal";r=9;t=2, "tenant";r=99;t=1',
    })
  })

  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::9', '2001:db8:1:2'],
    ['2001:db8::9', '2001:db8:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::1', '0:0:0:0'],
  ])('count %s as %s', (address, block) => expect(blockOf(address)).toBe(block))

  it.each(['10', '0/60', '10/0', 'ten/60', '10/60/1', '-1/60', '99999999/1'])(
    'refuse a quota of %j',
    (text) => {
      expect(() => readConfig({ SELVEDGE_RATE_TENANT: text })).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }),
      )
    },
  )
})
