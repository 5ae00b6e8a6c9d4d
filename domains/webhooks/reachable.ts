import { BlockList, isIP } from 'node:net'

/** Addresses that may be reached though they are nobody's on the Internet. */
export type Networks = Pick<BlockList, 'check'>

/** What IANA lists for special purposes (RFC 6890 and after it), multicast and what is reserved. */
const SPECIAL_V4 = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16'],
  ...['172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24', '192.31.196.0/24', '192.52.193.0/24'],
  ...['192.88.99.0/24', '192.168.0.0/16', '192.175.48.0/24', '198.18.0.0/15', '198.51.100.0/24'],
  ...['203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
]
/** Of IPv6 only what is global at all, and of that not what leads to IPv4 or is for documentation. */
const GLOBAL_V6 = ['2000::/3']
const SPECIAL_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20']

const listOf = (ranges: readonly string[], family: 'ipv4' | 'ipv6') => {
  const list = new BlockList()
  for (const range of ranges) {
    const [address, length] = range.split('/')
    list.addSubnet(address!, Number(length), family)
  }
  return list
}

const SPECIAL = { ipv4: listOf(SPECIAL_V4, 'ipv4'), ipv6: listOf(SPECIAL_V6, 'ipv6') }
const GLOBAL = listOf(GLOBAL_V6, 'ipv6')
const LOOPBACK = listOf(['127.0.0.0/8'], 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** An IPv4 address that is written as one of IPv6. */
const MAPPED = /^::ffff:(?:(\d+\.\d+\.\d+\.\d+)|([0-9a-f]{1,4}):([0-9a-f]{1,4}))$/i

/** An address as a URL or a resolver has it: without brackets and zone, IPv4 as itself; `null` where it is none. */
function addressOf(text: string) {
  const bare = text.replace(/^\[(.*)\]$/, '$1')
  const [, dotted, high = '', low = ''] = MAPPED.exec(bare) ?? []
  const number = (Number.parseInt(high, 16) << 16) | Number.parseInt(low, 16)
  const mapped = [24, 16, 8, 0].map((bits) => (number >>> bits) & 0xff).join('.')
  const address = dotted ?? (high ? mapped : bare)
  const version = isIP(address)
  return version === 0 ? null : ({ address, family: version === 4 ? 'ipv4' : 'ipv6' } as const)
}

/** Whether a host is written as an address. */
export const isAddress = (host: string) => addressOf(host) !== null

/** Whether an address is this machine to itself. */
export function isLoopback(host: string) {
  const found = addressOf(host)
  return found !== null && LOOPBACK.check(found.address, found.family)
}

/** Whether something may be sent to an address: it is public, or an operator allows its network. */
export function mayReach(host: string, allowed: Networks | null): boolean {
  const found = addressOf(host)
  if (!found) return false
  const { address, family } = found
  if (allowed?.check(address, family)) return true
  if (family === 'ipv6' && !GLOBAL.check(address, family)) return false
  return !SPECIAL[family].check(address, family)
}
