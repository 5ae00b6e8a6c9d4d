import {
  type EntityJson,
  preparsePolicySet,
  preparseSchema,
  statefulIsAuthorized,
} from '@cedar-policy/cedar-wasm/nodejs'
import { SERVICE_ID } from './cedar-schema.ts'
import { entryOf, type Permission } from './permissions.ts'
import type { Role } from './roles.ts'

/** Whoever asks, as policies see them. */
export interface Principal {
  readonly issuer: string
  /** Unique in the service, whoever issued it. */
  readonly subject: string
  /** `*` for those who serve every tenant. */
  readonly tenant: string
  readonly roles: readonly Role[]
}

/** What Cedar said, with the numbers of the policies that decided it. */
export interface Verdict {
  isPermitted: boolean
  policies: number[]
}

/**
 * Has Cedar read a schema and keep it under a name. It keeps it for as long as the process runs.
 *
 * @throws {Error} Where it cannot: the schema is our own.
 */
export function keepSchema(name: string, schema: string) {
  const answer = preparseSchema(name, schema)
  if (answer.type === 'failure') throw new Error(messagesOf(answer.errors))
}

/**
 * Has Cedar read policies and keep them under a name; others of that name are forgotten.
 *
 * @param text Policies that have been checked; they are numbered from 0 in the order of the text.
 */
export function keepPolicies(name: string, text: string) {
  const answer = preparsePolicySet(name, { staticPolicies: text })
  if (answer.type === 'failure') throw new Error(messagesOf(answer.errors))
}

/** Asks Cedar by policies and a schema that it keeps. Takes about 0.1 ms. */
export function askCedar(
  kept: { schema: string; policies: string },
  {
    principal,
    permission,
    tenant,
  }: { principal: Principal; permission: Permission; tenant: string },
): Verdict {
  const who = { type: 'Principal', id: principal.subject }
  const resource =
    entryOf(permission).on === 'Service'
      ? { type: 'Service', id: SERVICE_ID }
      : { type: 'Tenant', id: tenant }
  const answer = statefulIsAuthorized({
    principal: who,
    action: { type: 'Action', id: permission },
    resource,
    context: {},
    preparsedSchemaName: kept.schema,
    preparsedPolicySetId: kept.policies,
    entities: [principalEntity(who, principal), ...tenantEntity(resource)],
  })
  if (answer.type === 'failure') throw new Error(messagesOf(answer.errors))
  const { decision, diagnostics } = answer.response
  // Cedar passes over a policy that fails: a forbid that cannot be worked out must not permit.
  if (diagnostics.errors.length > 0) return { isPermitted: false, policies: [] }
  return {
    isPermitted: decision === 'allow',
    policies: diagnostics.reason.map((id) => Number(id.slice('policy'.length))),
  }
}

const principalEntity = (
  uid: { type: string; id: string },
  { issuer, subject, tenant, roles }: Principal,
): EntityJson => ({
  uid,
  attrs: { issuer, subject, tenant },
  parents: roles.map((id) => ({ type: 'Role', id })),
})

const tenantEntity = (uid: { type: string; id: string }): EntityJson[] =>
  uid.type === 'Tenant' ? [{ uid, attrs: { name: uid.id }, parents: [] }] : []

const messagesOf = (errors: readonly { message: string }[]) =>
  errors.map(({ message }) => message).join('; ')
