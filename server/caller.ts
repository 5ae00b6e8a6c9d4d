import { parsePosition } from '../lineage/position.ts'
import type { Caller } from '../resolvers/context.ts'
import { noteRequest } from './current-request.ts'
import { ANY_TENANT, type Identity, type Who } from './identity/identity.ts'
import { hostNotLocal, tenantConflict, tokenMissing } from './problems.ts'

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
 * Who asks, for which tenant, and from which position on.
 *
 * @param minPosition A position given in another place than the header.
 * @throws {Problem} `TOKEN_MISSING` where nobody says who asks, `TENANT_CONFLICT`, `POSITION_INVALID`,
 *   and what the identity refuses.
 */
export async function callerOf(
  request: Request,
  identity: Identity,
  minPosition?: string,
): Promise<Caller> {
  const who = await identity.identify(request)
  if (!who) throw tokenMissing()
  const { headers } = request
  const least = minPosition ?? headers.get('x-selvedge-min-position')
  const { issuer, subject, roles } = who
  const tenant = tenantOf(who, headers.get('x-selvedge-tenant') ?? undefined)
  noteRequest({ tenant: tenant ?? null })
  return {
    issuer,
    subject,
    roles,
    isServiceWide: who.tenant === ANY_TENANT,
    tenant,
    key: headers.get('idempotency-key') ?? undefined,
    minPosition: least === null ? undefined : parsePosition(least),
  }
}

/**
 * Who speaks for one tenant speaks for no other, whatever the header says: to pass over a header that
 * differs would answer about another tenant than was asked about.
 *
 * @throws {Problem} `TENANT_CONFLICT`
 */
export function tenantOf({ tenant }: Who, named: string | undefined): string | undefined {
  if (tenant === ANY_TENANT) return named
  if (named !== undefined && named !== tenant) throw tenantConflict()
  return tenant
}
