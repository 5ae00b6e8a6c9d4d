import { entryOf, GROUPS, type Group, type Permission } from './permissions.ts'
import { ROLES } from './roles.ts'

/** One thing that callers can do, such as `Query.entity` or `GET /exports/{id}`, and what it needs. */
export interface Operation {
  name: string
  permission: Permission
}

/** The service has no attributes: there is one. */
export const SERVICE_ID = 'selvedge'

const ENTITIES = `@doc("What a caller may be. What each may do is said by the policies alone.")
entity Role enum [${ROLES.map((role) => `"${role}"`).join(', ')}];

@doc("Whoever asks. Its tenant is * for those who serve every tenant.")
entity Principal in [Role] = {
  "issuer": String,
  "subject": String,
  "tenant": String
};

@doc("The tenant that something is asked of.")
entity Tenant = { "name": String };

@doc("The service itself, for what is asked of no one tenant.")
entity Service enum ["${SERVICE_ID}"];
`

/**
 * Writes the Cedar schema of a surface: an action for each permission that an operation on it needs,
 * within the groups that it belongs to. What no operation needs is no action, so a policy cannot name
 * it.
 *
 * @param only Leaves out what is asked of others: a tenant's own policies decide nothing of the service.
 */
export function cedarSchema(operations: readonly Operation[], only?: 'Tenant'): string {
  const byPermission = Map.groupBy(operations, ({ permission }) => permission)
  const permissions = [...byPermission.keys()]
    .sort()
    .filter((permission) => only === undefined || entryOf(permission).on === only)
  const groups = new Set(permissions.flatMap((permission) => entryOf(permission).groups))
  const actions = permissions.map((permission) =>
    actionOf(
      permission,
      byPermission.get(permission)!.map(({ name }) => name),
    ),
  )
  return [ENTITIES, ...[...groups].sort().map(groupOf), ...actions].join('\n')
}

const groupOf = (group: Group) => `@doc("${GROUPS[group]}")\naction "${group}";\n`

function actionOf(permission: Permission, operations: readonly string[]) {
  const { groups, on, says } = entryOf(permission)
  const within = groups.map((group) => `"${group}"`).join(', ')
  return `@doc("${says}")
@operations("${[...operations].sort().join(', ')}")
action "${permission}" in [${within}] appliesTo {
  principal: Principal,
  resource: ${on}
};
`
}
