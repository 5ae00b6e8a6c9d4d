import type { IncomingMessage, RequestListener } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { noteRequest } from './current-request.ts'

/** Proxies that are believed when they say for whom they ask: single addresses and CIDR ranges. */
export type Proxies = BlockList

/** Reads a list of addresses and ranges with commas between; `null` where one is none. */
export function parseProxies(text: string): Proxies | null {
  const proxies = new BlockList()
  for (const entry of text.split(',').map((one) => one.trim())) {
    const [address = '', length, ...rest] = entry.split('/')
    const family = familyOf(address)
    if (family === null || rest.length > 0) return null
    if (length === undefined) proxies.addAddress(address, family)
    else if (/^\d{1,3}$/.test(length) && Number(length) <= (family === 'ipv4' ? 32 : 128)) {
      proxies.addSubnet(address, Number(length), family)
    } else return null
  }
  return proxies
}

const familyOf = (address: string) => {
  const version = isIP(address)
  return version === 0 ? null : version === 4 ? ('ipv4' as const) : ('ipv6' as const)
}

/** Whether an address is one of these proxies. */
export const isAmong = (proxies: Proxies, address: string) => {
  const family = familyOf(address)
  return family !== null && proxies.check(address, family)
}

/** An IPv4 address as it is, where a socket for both families tells it as one of IPv6. */
export const plain = (address: string) => address.replace(/^::ffff:(?=\d+\.)/i, '')

/** An address as proxies write it: with or without a port, an IPv6 one in brackets then. */
const addressIn = (entry: string) => {
  const text = entry.trim()
  const bare = /^\[(.*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text
  return plain(bare)
}

/**
 * The address from which a request comes. Each trusted proxy adds the one that it was asked from to the
 * end of `X-Forwarded-For`: the last that is not a trusted proxy is the caller, and whatever stands
 * before it is what the caller says.
 */
export function callerAddress(
  { socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>,
  proxies: Proxies | null,
): string {
  let address = plain(socket.remoteAddress ?? '')
  const entries = String(headers['x-forwarded-for'] ?? '').split(',')
  while (proxies && isAmong(proxies, address)) {
    const before = addressIn(entries.pop() ?? '')
    if (isIP(before) === 0) break
    address = before
  }
  return address
}

/**
 * Takes from trusted proxies for whom they ask, and which host they were asked for; from anybody else
 * the headers mean nothing.
 */
export const behindProxies =
  (listener: RequestListener, proxies: Proxies | null): RequestListener =>
  (incoming, outgoing) => {
    noteRequest({ address: callerAddress(incoming, proxies) })
    const { headers, socket } = incoming
    const host = headers['x-forwarded-host']
    const isProxy = proxies !== null && isAmong(proxies, plain(socket.remoteAddress ?? ''))
    // Several are several proxies' doing, or the caller's: nobody can say which is meant.
    if (isProxy && typeof host === 'string' && !host.includes(',')) {
      headers.host = host
    }
    listener(incoming, outgoing)
  }
