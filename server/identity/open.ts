import { keptWith } from '../../core/kept-with.ts'
import { believeHeaders, trustDevelopment } from './development.ts'
import { openFileKeys } from './file-keys.ts'
import type { Identity, Who } from './identity.ts'
import { type TrustedIssuer, trusting } from './issuer.ts'
import { readIssuers } from './issuers-file.ts'
import { issuersMissing } from './problems.ts'
import { bearerIn } from './read-token.ts'
import { openRemoteKeys } from './remote-keys.ts'
import { openVerifiedTokens } from './verified-tokens.ts'
import { verifyToken } from './verify-token.ts'

/** The settings that say who says who asks. */
export interface IdentitySettings {
  home: string
  issuers: string | null
  devHeaders: boolean
  devIssuerPort: number
  nodeEnv: string | null
}

/**
 * Opens the identity that the settings ask for: the issuers of a file, or where there is none the
 * development issuer of this home and, if they are on, the development headers.
 *
 * @param onError Told why the keys of an issuer could not be had.
 * @throws {Problem} `ISSUERS_INVALID`; `ISSUERS_MISSING` in production.
 */
export function openIdentity(
  { home, issuers, devHeaders, devIssuerPort, nodeEnv }: IdentitySettings,
  onError: (error: unknown) => void = () => {},
): Identity {
  if (issuers !== null) {
    const trusted = readIssuers(issuers).map((rule) =>
      trusting(
        rule,
        rule.keysFile === null
          ? openRemoteKeys(rule, { onError })
          : openFileKeys(rule.keysFile, onError),
      ),
    )
    // Asked for before the first token comes, and waited for by whoever comes first.
    for (const { keys } of trusted) keys.refresh().catch(onError)
    return trustIssuers(trusted)
  }
  if (nodeEnv === 'production') throw issuersMissing()
  const development = trustDevelopment({ home, port: devIssuerPort })
  return trustIssuers([development], { headers: devHeaders ? believeHeaders : undefined })
}

interface Development {
  /** Who asks where no token says so. */
  headers?: (request: Request) => Who
}

/** The identity of those issuers. A token that is given decides, whatever the headers say. */
export function trustIssuers(
  trusted: readonly TrustedIssuer[],
  development?: Development,
  clock: () => Date = () => new Date(),
): Identity {
  const byIssuer = new Map(trusted.map((one) => [one.issuer, one]))
  const verified = openVerifiedTokens()
  const asked = keptWith<Request, Promise<Who | undefined>>()

  const believe = async (token: string): Promise<Who> => {
    const now = clock()
    const known = verified.get(token, now.getTime())
    if (known) return known.who
    const found = await verifyToken(token, byIssuer, now)
    verified.set(token, found, now.getTime())
    return found.who
  }
  const look = async (request: Request) => {
    const token = bearerIn(request)
    return token === undefined ? development?.headers?.(request) : believe(token)
  }
  return {
    isDevelopment: development !== undefined,
    identify(request) {
      const answer = asked.get(request) ?? look(request)
      asked.set(request, answer)
      return answer
    },
    async keep() {
      await Promise.all(trusted.map(({ keys }) => keys.keep()))
    },
    states: () => Object.fromEntries(trusted.map(({ name, keys }) => [name, keys.state()])),
  }
}

/** The development identity without a home: headers alone, for who has no settings. */
export const openHeaderIdentity = (): Identity => trustIssuers([], { headers: believeHeaders })
