import {
  assertionsOf,
  columnsOf,
  ownersOf,
  rootRunOf,
  tagsOf,
} from '../domains/openlineage/facet-views.ts'
import type { EntityAt } from '../lineage/entities.ts'
import type { Context } from './context.ts'
import { neighboursOf } from './entity.ts'
import { fieldsOf } from './facet.ts'

const GROUP = { Dataset: 'dataset', Job: 'job', Run: 'run' } as const

const groupOf = ({ kind }: EntityAt) => GROUP[kind as keyof typeof GROUP]

export const columnsListed = async (entity: EntityAt, context: Context) =>
  columnsOf(await fieldsOf(entity, context))

export const ownersNamed = async (entity: EntityAt, context: Context) =>
  ownersOf(await fieldsOf(entity, context), groupOf(entity))

export const tagsGiven = async (entity: EntityAt, context: Context) =>
  tagsOf(await fieldsOf(entity, context), groupOf(entity))

export const qualityAsserted = async (entity: EntityAt, context: Context) =>
  assertionsOf(await fieldsOf(entity, context))

/** The run that the newest word of its parent calls the root: one of those that it is a child of. */
export async function rootRun(run: EntityAt, context: Context): Promise<EntityAt | null> {
  const name = rootRunOf(await fieldsOf(run, context))
  if (name === null) return null
  const runs = await neighboursOf(run, 'CHILD_OF', context)
  return runs.find((one) => one.name === name) ?? null
}
