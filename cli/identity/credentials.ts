import { isSafeAddress } from '../../server/identity/address.ts'
import { readLogin, writeLogin } from './login.ts'
import { addressUnsafe } from './problems.ts'
import { signIn } from './sign-in.ts'

/** The settings that say who a command is. */
export interface CredentialSettings {
  home: string
  token: string | null
}

/** A token that ends within this is renewed before it is used. */
const RENEWED_BEFORE_SECONDS = 30

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
    if (login.expiresAt - Date.now() / 1000 <= RENEWED_BEFORE_SECONDS) {
      login = { ...login, ...(await signIn(login)) }
      writeLogin(home, login)
    }
    return login.accessToken
  }
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
