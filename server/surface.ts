import type { Operation } from '../domains/access/cedar-schema.ts'
import { type Engine, openEngine } from '../domains/access/engine.ts'
import type { Permission } from '../domains/access/permissions.ts'
import { schema } from '../schema/index.ts'
import { ROUTES } from './routes.ts'

/** Every root field of GraphQL, with what it needs. */
export const graphqlOperations = (): Operation[] =>
  [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((root) =>
    Object.values(root?.getFields() ?? {}).map(({ name, extensions }) => ({
      name: `${root!.name}.${name}`,
      permission: extensions.permission as Permission,
    })),
  )

/** Every REST route that not everyone may ask, with what it needs. */
export const restOperations = (): Operation[] =>
  ROUTES.flatMap(({ method, path, ...route }) => {
    const permission = route.permission ?? route.unless
    return permission ? [{ name: `${method} ${path}`, permission }] : []
  })

let engine: Engine | undefined

/** The engine for everything that callers can do here. One a process: Cedar keeps what it has read. */
export function decisionEngine(): Engine {
  engine ??= openEngine([...graphqlOperations(), ...restOperations()])
  return engine
}
