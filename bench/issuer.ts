import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

/**
 * An issuer for the run, by its keys in a file: the server is measured as it is in production, where it
 * believes no header.
 *
 * @returns The file for SELVEDGE_ISSUERS, and a token for every tenant.
 */
export async function openIssuer(home: string): Promise<{ issuers: string; token: string }> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA')
  mkdirSync(home, { recursive: true })
  const keys = join(home, 'bench-keys.json')
  writeFileSync(keys, JSON.stringify({ keys: [await exportJWK(publicKey)] }))
  const issuer = 'https://issuer.bench.invalid'
  const issuers = join(home, 'bench-issuers.json')
  const rule = { name: 'bench', issuer, audience: 'selvedge', tenant: '*', keys }
  writeFileSync(issuers, JSON.stringify({ issuers: [rule] }))
  const token = await new SignJWT({ roles: ['admin'] })
    .setProtectedHeader({ alg: 'EdDSA' })
    .setIssuer(issuer)
    .setAudience('selvedge')
    .setSubject('bench')
    .setIssuedAt()
    .setExpirationTime('1d')
    .sign(privateKey)
  return { issuers, token }
}
