import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { ROLES, type Role } from '../../domains/access/roles.ts'
import { TENANT } from '../../proofs/ids.ts'
import { isSafeAddress } from './address.ts'
import { ANY_TENANT } from './identity.ts'
import { ALGORITHMS, type IssuerRule, type TenantRule, TYPES } from './issuer.ts'
import { issuersInvalid } from './problems.ts'

/** An issuer as the file lists it, and where its keys are if it publishes none. */
export interface ListedIssuer extends IssuerRule {
  /** A JWK set in a file, for an issuer that no network leads to; otherwise they are discovered. */
  readonly keysFile: string | null
}

const DEFAULT_ALGORITHMS = ['EdDSA', 'ES256', 'PS256', 'RS256']

const list = <T extends z.ZodType>(one: T) => z.union([one.transform((it) => [it]), z.array(one)])
const text = z.string().min(1).max(255)
/** With dots between its members, or as a list where a member has dots in its own name. */
const claim = z.union([text.transform((way) => way.split('.')), z.array(text).min(1).max(10)])
const tenant = z.string().regex(TENANT)
const url = z.string().max(255).refine(isIssuer, 'must be an https URL without query or fragment')

const ISSUER = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,31}$/),
  issuer: url,
  audience: list(text).refine((all) => all.length > 0, 'must name an audience'),
  tenant: z.union([
    z.union([tenant, z.literal(ANY_TENANT)]).transform((fixed): TenantRule => ({ fixed })),
    z
      .strictObject({
        claim,
        only: z.array(tenant).min(1).optional(),
        serviceWide: z.boolean().default(false),
      })
      .transform(
        ({ only, ...rule }): TenantRule => ({ ...rule, only: only ? new Set(only) : null }),
      ),
  ]),
  roles: z
    .strictObject({ claim, map: z.record(text, z.enum(ROLES)).optional() })
    .default({ claim: ['roles'] }),
  algorithms: z
    .array(z.enum(ALGORITHMS))
    .min(1)
    .default(DEFAULT_ALGORITHMS as never),
  types: z
    .array(z.enum(TYPES))
    .min(1)
    .default([...TYPES]),
  keys: text.optional(),
})

const FILE = z.strictObject({ issuers: z.array(ISSUER).min(1).max(100) })

function isIssuer(address: string) {
  return isSafeAddress(address) && !address.includes('?') && !address.includes('#')
}

/**
 * Reads the file of SELVEDGE_ISSUERS. A member that is not known is refused: misspelt, it would leave
 * open what somebody meant to close.
 *
 * @throws {Problem} `ISSUERS_INVALID`, saying where.
 */
export function readIssuers(file: string): ListedIssuer[] {
  const { data, error } = FILE.safeParse(read(file))
  if (error) throw issuersInvalid(file, first(error), error)
  const issuers = data.issuers.map(({ keys, roles, ...rule }) => ({
    ...rule,
    roles: { claim: roles.claim, map: mapOf(roles.map) },
    keysFile: keys === undefined ? null : resolve(dirname(file), keys),
  }))
  for (const member of ['name', 'issuer'] as const) {
    const values = issuers.map((one) => one[member])
    const twice = values.find((value, i) => values.indexOf(value) !== i)
    if (twice !== undefined) throw issuersInvalid(file, `two issuers have the ${member} ${twice}`)
  }
  return issuers
}

const mapOf = (map: Record<string, Role> | undefined) => (map ? new Map(Object.entries(map)) : null)

function read(file: string): unknown {
  try {
    return parse(readFileSync(file, 'utf8'), { maxAliasCount: 0 })
  } catch (error) {
    throw issuersInvalid(file, (error as Error).message.split('\n')[0]!, error)
  }
}

/** The first thing that is wrong, by its place: `issuers.0.audience: …`. */
function first({ issues: [issue] }: z.ZodError) {
  return `${issue!.path.join('.') || 'the file'}: ${issue!.message}`
}
