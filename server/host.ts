import { hostNotLocal, hostNotPublic } from './problems.ts'

const LOCAL_NAMES = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Whether a name or address, without a port, is this machine to itself. */
export const isLocal = (host: string) => LOCAL_NAMES.has(host.toLowerCase()) || host === '::1'

/** Refuses a request for a path by the host that it was sent to, with or without a port. */
export type HostRule = (host: string, path: string) => void

/** Whoever looks whether a server lives calls it by its address, and learns nothing else. */
const PROBES = new Set(['/livez', '/readyz'])

/**
 * Answers to localhost alone. While a header alone says who is asking, a page from elsewhere whose name
 * was pointed at this machine (DNS rebinding) would otherwise read and write everything.
 *
 * @throws {Problem} `HOST_NOT_LOCAL`
 */
export const localHostsOnly: HostRule = (host) => {
  const name = nameIn(host)
  if (name === undefined || !isLocal(name)) throw hostNotLocal(host)
}

/**
 * Answers to the names in the list; where there is none, to every name that is one.
 *
 * @param hosts In lower case, without ports.
 * @throws {Problem} `HOST_NOT_PUBLIC`
 */
export const publicHosts =
  (hosts: readonly string[] | null): HostRule =>
  (host, path) => {
    const name = nameIn(host)
    const isKnown = hosts === null || hosts.includes(name ?? '') || PROBES.has(path)
    if (name === undefined || !isKnown) throw hostNotPublic(host)
  }

/** The name without the port; `undefined` where the two make no address. */
function nameIn(host: string) {
  if (!URL.canParse(`http://${host}`) || /[/?#@\\]/.test(host)) return undefined
  return host.replace(/:\d{1,5}$/, '').toLowerCase()
}
