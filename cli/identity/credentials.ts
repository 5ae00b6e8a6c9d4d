import { join } from 'node:path'
import { underLock } from '../../core/file-lock.ts'
import { isSafeAddress } from '../../server/identity/address.ts'
import { type Login, readLogin, writeLogin } from './login.ts'
import { addressUnsafe, loginFailed } from './problems.ts'
import { signIn } from './sign-in.ts'

/** The settings that say who a command is. */
export interface CredentialSettings {
  home: string
  token: string | null
}

/** A token that ends within this is renewed before it is used. */
const RENEWED_BEFORE_SECONDS = 30
/** An issuer is given thirty seconds for each of the few that may be before us. */
const RENEWED_WITHIN_SECONDS = 120

/**
 * The token that a command sends to a server: SELVEDGE_TOKEN, or that of the login, which is for its
 * server alone and is renewed where it ends. `undefined` where there is neither.
 *
 * @returns Asked anew for each request, so that a command may run for longer than a token lives.
 * @throws {Problem} `ADDRESS_UNSAFE`, `LOGIN_INVALID`; when asked, `LOGIN_FAILED`.
 */
export function tokensFor(
  url: string,
  { home, token }: CredentialSettings,
): () => Promise<string | undefined> {
  if (token !== null) {
    if (!isSafeAddress(url)) throw addressUnsafe(url)
    return async () => token
  }
  const found = readLogin(home)
  if (!found || new URL(url).origin !== found.server) return async () => undefined
  let login = found
  return async () => {
    if (isEnding(login)) login = await renewed(home, found.server)
    return login.accessToken
  }
}

const isEnding = ({ expiresAt }: Login) => expiresAt - Date.now() / 1000 <= RENEWED_BEFORE_SECONDS

/**
 * The login with a token that lasts. One process renews it at a time, and whoever comes later takes
 * what that got: a refresh token that is used twice counts as stolen, and ends the login.
 */
const renewed = (home: string, server: string) => {
  const late = () => loginFailed(server, 'another command has been renewing the login for too long')
  const waiting = { waitSeconds: RENEWED_WITHIN_SECONDS, late }
  return underLock(join(home, 'login.lock'), waiting, async () => {
    const login = readLogin(home)
    if (login?.server !== server) throw loginFailed(server, 'the login has ended; log in again')
    if (!isEnding(login)) return login
    const lasting = { ...login, ...(await signIn(login)) }
    writeLogin(home, lasting)
    return lasting
  })
}

/**
 * What is said to a server about a log that may not be public: nothing, where no tenant is named. A log
 * may be anybody's, and is not to learn who follows it.
 */
export function speakingFor(
  tenant: string | undefined,
  url: string,
  settings: CredentialSettings,
): () => Promise<Record<string, string>> {
  if (tenant === undefined) return async () => ({})
  const tokens = tokensFor(url, settings)
  return async () => {
    const token = await tokens()
    return {
      'x-selvedge-tenant': tenant,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    }
  }
}
