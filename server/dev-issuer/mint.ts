import { join } from 'node:path'
import { SignJWT } from 'jose'
import type { Role } from '../../domains/access/roles.ts'
import { tenantNameInvalid } from '../../ledger/problems.ts'
import { TENANT } from '../../proofs/ids.ts'
import { DEVELOPMENT_AUDIENCE, developmentIssuer } from '../identity/development.ts'
import { openDevelopmentKey } from '../identity/development-key.ts'
import { ANY_TENANT } from '../identity/identity.ts'
import { devIssuerRefused } from './problems.ts'

/** The settings of the development issuer: where its key is, and what it calls itself. */
export interface DevIssuerSettings {
  home: string
  host: string
  devIssuerPort: number
  nodeEnv: string | null
}

/** Whom a token stands for, and for how long. */
export interface Grant {
  subject: string
  tenant: string
  roles: readonly Role[]
  ttlSeconds: number
  /** The client that asked for it, where one did. */
  client?: string
}

/** Where the key, and the clients, of the development issuer of a home are. */
export const devIssuerDirectory = ({ home }: Pick<DevIssuerSettings, 'home'>) =>
  join(home, 'dev-issuer')

/**
 * Says no where nobody may rely on a key that lies beside the server.
 *
 * @throws {Problem} `DEV_ISSUER_REFUSED`
 */
export function checkDevelopment({ nodeEnv }: Pick<DevIssuerSettings, 'nodeEnv'>) {
  if (nodeEnv === 'production') throw devIssuerRefused('NODE_ENV is production')
}

/**
 * Signs a token of the development issuer (RFC 9068), by the key of this home, which is made where
 * there is none.
 *
 * @throws {Problem} `DEV_ISSUER_REFUSED`, `TENANT_NAME_INVALID`, `KEY_FILE_INVALID`.
 */
export async function mintToken(
  settings: Omit<DevIssuerSettings, 'host'>,
  { subject, tenant, roles, ttlSeconds, client = subject }: Grant,
): Promise<string> {
  checkDevelopment(settings)
  if (tenant !== ANY_TENANT && !TENANT.test(tenant)) throw tenantNameInvalid(tenant)
  const { key, jwk } = openDevelopmentKey(devIssuerDirectory(settings))
  return new SignJWT({ tenant, roles: [...roles], client_id: client })
    .setProtectedHeader({ alg: 'EdDSA', kid: jwk.kid, typ: 'at+jwt' })
    .setIssuer(developmentIssuer(settings.devIssuerPort))
    .setAudience(DEVELOPMENT_AUDIENCE)
    .setSubject(subject)
    .setJti(crypto.randomUUID())
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1000) + ttlSeconds)
    .sign(key)
}
