import { parsePosition } from '../lineage/position.ts'
import type { Caller } from '../resolvers/context.ts'
import { noteRequest } from './current-request.ts'
import { ANY_TENANT, type Identity, type Who } from './identity/identity.ts'
import { tenantConflict, tokenMissing } from './identity/problems.ts'

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
  const { issuer, subject, roles, isServiceWide, tenant } = await speakerOf(request, identity)
  const { headers } = request
  const least = minPosition ?? headers.get('x-selvedge-min-position')
  return {
    ...{ issuer, subject, roles, isServiceWide, tenant },
    key: headers.get('idempotency-key') ?? undefined,
    minPosition: least === null ? undefined : parsePosition(least),
  }
}

/**
 * Who asks and for which tenant: what is known before anything of a request is read.
 *
 * @throws {Problem} `TOKEN_MISSING`, `TENANT_CONFLICT`, and what the identity refuses.
 */
export async function speakerOf(request: Request, identity: Identity) {
  const who = await identity.identify(request)
  if (!who) throw tokenMissing()
  const named = request.headers.get('x-selvedge-tenant') ?? undefined
  const tenant = tenantOf(who, named)
  noteRequest({ tenant: tenant ?? null })
  return { ...who, isServiceWide: who.tenant === ANY_TENANT, tenant }
}

/**
 * Who speaks for one tenant speaks for no other, whatever the header says: to pass over a header that
 * differs would answer about another tenant than was asked about.
 *
 * @throws {Problem} `TENANT_CONFLICT`
 */
function tenantOf({ tenant }: Who, named: string | undefined): string | undefined {
  if (tenant === ANY_TENANT) return named
  if (named !== undefined && named !== tenant) throw tenantConflict()
  return tenant
}
