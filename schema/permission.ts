import SchemaBuilder, {
  BasePlugin,
  type FieldNullability,
  type InputFieldMap,
  type PothosOutputFieldConfig,
  type SchemaTypes,
  type TypeParam,
} from '@pothos/core'
import type { GraphQLFieldResolver } from 'graphql'
import type { Permission } from '../domains/access/permissions.ts'
import type { Context } from '../resolvers/context.ts'

/** What a field of a root type says besides what every field says. */
interface Permitted {
  /** What a caller needs to be permitted before anything is read for this field. */
  permission: Permission
}

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      permission: PermissionPlugin<Types>
    }
    // Not optional: a field of a root type that declares none is refused by the compiler.
    export interface QueryFieldOptions<
      Types extends SchemaTypes,
      Type extends TypeParam<Types>,
      Nullable extends FieldNullability<Type>,
      Args extends InputFieldMap,
      ResolveReturnShape,
    > extends Permitted {}
    export interface MutationFieldOptions<
      Types extends SchemaTypes,
      Type extends TypeParam<Types>,
      Nullable extends FieldNullability<Type>,
      Args extends InputFieldMap,
      ResolveReturnShape,
    > extends Permitted {}
    export interface SubscriptionFieldOptions<
      Types extends SchemaTypes,
      Type extends TypeParam<Types>,
      Nullable extends FieldNullability<Type>,
      Args extends InputFieldMap,
      ResolveShape,
      ResolveReturnShape,
    > extends Permitted {}
  }
}

type Resolver<Types extends SchemaTypes> = GraphQLFieldResolver<unknown, Types['Context'], object>

const ROOTS = ['Query', 'Mutation', 'Subscription']

/**
 * Asks for the permission of a root field before its resolver is called, and before its arguments are
 * looked at more closely than their types. Fields below a root are reached through it alone.
 */
class PermissionPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  /** Where the surface is listed, it is read from here. */
  override onOutputFieldConfig(field: PothosOutputFieldConfig<Types>) {
    const permission = permissionOf(field)
    return permission ? { ...field, extensions: { ...field.extensions, permission } } : field
  }

  override wrapResolve(resolve: Resolver<Types>, field: PothosOutputFieldConfig<Types>) {
    return afterAsking(resolve, field)
  }

  override wrapSubscribe(
    subscribe: Resolver<Types> | undefined,
    field: PothosOutputFieldConfig<Types>,
  ) {
    return subscribe && afterAsking(subscribe, field)
  }
}

function afterAsking<Types extends SchemaTypes>(
  resolve: Resolver<Types>,
  field: PothosOutputFieldConfig<Types>,
): Resolver<Types> {
  const permission = permissionOf(field)
  if (!permission) return resolve
  if (field.parentType !== 'Query') {
    return async (root, args, context, info) => {
      await (context as Context).authorise(permission)
      return resolve(root, args, context, info)
    }
  }
  return async (root, args, context, info) => {
    const { confirm } = await (context as Context).beginReading(permission)
    const [answer] = await Promise.allSettled([resolve(root, args, context, info)])
    // Where it is denied after all, that is told, and not what was read or went wrong meanwhile.
    await confirm()
    if (answer.status === 'rejected') throw answer.reason
    return answer.value
  }
}

/**
 * Of what kind a field is, its type's name tells: fields are added to the roots in more ways than one.
 *
 * @throws {Error} While the program loads, where a field of a root type has none.
 */
function permissionOf<Types extends SchemaTypes>({
  parentType,
  name,
  pothosOptions,
}: PothosOutputFieldConfig<Types>): Permission | undefined {
  if (!ROOTS.includes(parentType)) return undefined
  const { permission } = pothosOptions as Partial<Permitted>
  if (!permission) throw new Error(`${parentType}.${name} declares no permission`)
  return permission
}

SchemaBuilder.registerPlugin('permission', PermissionPlugin)
