import { parsePosition } from '../lineage/position.ts'
import type { Caller } from '../resolvers/context.ts'
import { hostNotLocal, subjectInvalid } from './problems.ts'

const LOCAL_NAMES = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Whether a name or address, without a port, is this machine to itself. */
export const isLocal = (host: string) => LOCAL_NAMES.has(host.toLowerCase()) || host === '::1'

/**
 * Refuses a request for another host. While a header alone says who is asking, a page from elsewhere
 * whose name was pointed at this machine (DNS rebinding) would otherwise read and write everything.
 *
 * @param host As the header says it, with or without a port.
 * @throws {Problem} `HOST_NOT_LOCAL`
 */
export function checkHost(host: string) {
  const name = host.replace(/:\d{1,5}$/, '')
  if (!isLocal(name) || !URL.canParse(`http://${host}`)) throw hostNotLocal(name)
}

/**
 * Who asks, as the development identity has it: headers that are trusted on loopback alone.
 *
 * @param minPosition A position given in another place than the header.
 * @throws {Problem} `POSITION_INVALID`, `SUBJECT_INVALID`.
 */
export function callerOf({ headers }: Request, minPosition?: string): Caller {
  const least = minPosition ?? headers.get('x-selvedge-min-position')
  const subject = headers.get('x-selvedge-subject') ?? 'local'
  if (!/^[\x20-\x7e]{1,255}$/.test(subject)) throw subjectInvalid()
  return {
    tenant: headers.get('x-selvedge-tenant') ?? undefined,
    subject,
    key: headers.get('idempotency-key') ?? undefined,
    minPosition: least === null ? undefined : parsePosition(least),
  }
}
