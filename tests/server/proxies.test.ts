import type { IncomingMessage } from 'node:http'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../server/config.ts'
import { currentRequest, openRequest, withinRequest } from '../../server/current-request.ts'
import { behindProxies, callerAddress, parseProxies } from '../../server/proxies.ts'

const PROXIES = parseProxies('10.0.0.0/8, 192.0.2.7,::1,2001:db8::/32')

const asked = (remoteAddress: string, headers: Record<string, string> = {}) =>
  ({ socket: { remoteAddress }, headers }) as unknown as IncomingMessage

const addressOf = (remote: string, forwarded: string | undefined, proxies = PROXIES) =>
  callerAddress(
    asked(remote, forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }),
    proxies,
  )

describe('the address that a request comes from', () => {
  it.each([
    ['nobody is trusted', '10.0.0.1', '203.0.113.9', null, '10.0.0.1'],
    ['a caller claims another', '203.0.113.9', '198.51.100.1', PROXIES, '203.0.113.9'],
    ['one proxy is between', '10.0.0.1', '203.0.113.9', PROXIES, '203.0.113.9'],
    ['two are', '10.0.0.1', '203.0.113.9, 192.0.2.7', PROXIES, '203.0.113.9'],
    [
      'the caller claims one through a proxy',
      '::1',
      '1.1.1.1, 203.0.113.9',
      PROXIES,
      '203.0.113.9',
    ],
    ['a proxy writes the port', '10.0.0.1', '203.0.113.9:5678', PROXIES, '203.0.113.9'],
    ['it is of IPv6', '2001:db8::1', '[2a00::1]:5678', PROXIES, '2a00::1'],
    [
      'a socket tells it as one of IPv6',
      '::ffff:10.0.0.1',
      '::ffff:203.0.113.9',
      PROXIES,
      '203.0.113.9',
    ],
    ['a proxy says nothing', '10.0.0.1', undefined, PROXIES, '10.0.0.1'],
    ['a proxy says nonsense', '10.0.0.1', 'unknown', PROXIES, '10.0.0.1'],
    ['all are proxies', '10.0.0.1', '10.0.0.3, 10.0.0.2', PROXIES, '10.0.0.3'],
  ])('is known where %s', (_what, remote, forwarded, proxies, address) => {
    expect(addressOf(remote, forwarded, proxies)).toBe(address)
  })

  it('is never one that the caller makes up, whatever it sends ahead', () => {
    const caller = '203.0.113.9'
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string())), (claims) => {
        const header = [...claims, caller].join(', ')
        expect(addressOf('10.0.0.1', header)).toBe(caller)
        expect(addressOf(caller, header)).toBe(caller)
      }),
    )
  })
})

describe('the host that a request is for', () => {
  const hostSeen = (remote: string, headers: Record<string, string>) => {
    let seen: string | undefined
    const request = openRequest('GET', null)
    const listener = behindProxies((incoming) => {
      seen = `${incoming.headers.host} ${currentRequest()!.address}`
    }, PROXIES)
    withinRequest(request, () => listener(asked(remote, headers), undefined as never))
    return seen
  }

  it('is what a trusted proxy says that it was asked for', () => {
    const headers = { host: 'internal:4600', 'x-forwarded-host': 'lineage.example' }
    expect(hostSeen('10.0.0.1', headers)).toBe('lineage.example 10.0.0.1')
  })

  it.each([
    ['anybody else says', '203.0.113.9', 'evil.example'],
    ['several say', '10.0.0.1', 'evil.example, lineage.example'],
  ])('is not what %s', (_what, remote, said) => {
    const headers = { host: 'lineage.example', 'x-forwarded-host': said }
    expect(hostSeen(remote, headers)).toBe(`lineage.example ${remote}`)
  })
})

describe('the list of proxies', () => {
  it.each(['10.0.0.0/8', '::/0', '0.0.0.0/0', '127.0.0.1,::1/128', '10.0.0.0/32'])(
    'takes %s',
    (list) => {
      expect(readConfig({ SELVEDGE_TRUSTED_PROXIES: list }).trustedProxies).not.toBeNull()
    },
  )

  it.each([
    'proxy.example',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.1,',
    '/8',
  ])('refuses %s', (list) => {
    expect(() => readConfig({ SELVEDGE_TRUSTED_PROXIES: list })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    )
  })
})
