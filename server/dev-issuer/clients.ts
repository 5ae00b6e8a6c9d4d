import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../../core/sha256.ts'
import type { Role } from '../../domains/access/roles.ts'
import { tenantNameInvalid } from '../../ledger/problems.ts'
import { hex } from '../../proofs/hex.ts'
import { TENANT } from '../../proofs/ids.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { ANY_TENANT } from '../identity/identity.ts'
import { createFile } from '../key-file.ts'
import { clientInvalid } from './problems.ts'

/** A service account of the development issuer, as its file has it: nothing in it can be signed in with. */
export interface DevClient {
  id: string
  tenant: string
  roles: Role[]
  /** The hash of its secret, or its public key. */
  secretSha256?: string
  jwk?: { kty: string; crv: string; x: string }
}

/** Also the name of a file. */
const ID = /^[a-z0-9][a-z0-9-]{0,62}$/

const fileOf = (directory: string, id: string) => join(directory, 'clients', `${id}.json`)

/**
 * Makes a service account, and what it signs in with: a secret, or a private key of its own.
 *
 * @returns The path of the file with the secret or the key, which is of mode 0600.
 * @throws {Problem} `DEV_CLIENT_INVALID`, `TENANT_NAME_INVALID`.
 */
export function addClient(
  directory: string,
  { id, tenant, roles }: Pick<DevClient, 'id' | 'tenant' | 'roles'>,
  by: 'secret' | 'key',
): string {
  if (!ID.test(id)) throw clientInvalid('a name is 1 to 63 of a-z, 0-9 and -')
  if (tenant !== ANY_TENANT && !TENANT.test(tenant)) throw tenantNameInvalid(tenant)
  const path = fileOf(directory, id)
  if (existsSync(path)) throw clientInvalid(`${path} is there already`)
  mkdirSync(join(directory, 'clients'), { recursive: true, mode: 0o700 })
  const { proof, text } = by === 'secret' ? newSecret() : newKey()
  const kept = path.replace(/\.json$/, by === 'secret' ? '.secret' : '.key.json')
  createFile(kept, `${text}\n`)
  createFile(path, `${JSON.stringify({ id, tenant, roles, ...proof })}\n`)
  return kept
}

function newSecret() {
  const text = randomBytes(32).toString('base64url')
  return { text, proof: { secretSha256: hex(sha256(utf8(text))) } }
}

function newKey() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const text = JSON.stringify(privateKey.export({ format: 'jwk' }))
  return { text, proof: { jwk: publicKey.export({ format: 'jwk' }) as DevClient['jwk'] } }
}

/** Read for each request, so that a client is there as soon as it is added. */
export function findClient(directory: string, id: string): DevClient | undefined {
  const path = fileOf(directory, id)
  if (!ID.test(id) || !existsSync(path)) return undefined
  return JSON.parse(readFileSync(path, 'utf8')) as DevClient
}
