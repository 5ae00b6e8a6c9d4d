import { isTyped, readLine } from '../domains/kinds/import-line.ts'
import { LINK_FIELDS } from '../domains/kinds/links.ts'
import type { Outcome } from '../ledger/draft.ts'
import type { Command } from '../ledger/ledger.ts'
import type { Kind } from '../lineage/kinds.ts'
import type { Json } from '../proofs/json.ts'
import type { Context } from './context.ts'
import { assertKind, assertLinks, type KindInput, planKind, planLinks } from './kinds.ts'
import { itemInvalid } from './problems.ts'
import { idsOf, namesOf } from './record-item.ts'

/** A line to be imported, read so far that it is known what it is about. */
export interface Importing {
  kind: Kind
  command: Pick<Command, 'request' | 'names' | 'ids' | 'run'>
}

/**
 * Reads a line by the schemas by which the API records such a thing.
 *
 * @param line Its number, by which it is told of.
 * @param usual The kind of a line that says none.
 * @throws {Problem} `IMPORT_KIND_UNKNOWN`, `IMPORT_LINE_INVALID`, `BODY_INVALID`, `RECORD_ITEM_INVALID`.
 */
export function planLine(value: Json, { line, usual }: { line: number; usual?: Kind }): Importing {
  const given = readLine(value, usual)
  const { kind } = given
  const request = JSON.stringify(['import', kind, value])
  if (isTyped(kind)) {
    const plan = planKind(kind, given as unknown as KindInput, line)
    return importing(kind, request, plan, (draft) => assertKind(plan, draft))
  }
  const { id, namespace, name } = given
  const links = Object.fromEntries(LINK_FIELDS.map((field) => [field, given[field]]))
  const plan = planLinks({ entity: { kind, id, namespace, name }, ...links }, line)
  if (plan.kind !== kind) throw itemInvalid(line, `the id is of a ${plan.kind}`, '/id')
  return importing(kind, request, plan, (draft) => assertLinks(plan, draft))
}

const importing = (
  kind: Kind,
  request: string,
  plan: Parameters<typeof namesOf>[0],
  assertion: (draft: Parameters<Command['run']>[0]) => ReturnType<typeof assertKind>,
): Importing => ({
  kind,
  command: {
    ...{ request, names: namesOf(plan), ids: idsOf(plan) },
    run: async (draft) => [draft.assert(assertion(draft))],
  },
})

/** What became of a line that is in: or with a dry run, would be. */
export interface Imported extends Outcome {
  position: { epoch: number; seq: number }
  replayed: boolean
}

/**
 * Records one line, as a command of its own: it goes in whole or not at all, and takes no other with it.
 * Those that are handed over together share transactions.
 *
 * @param key The key of this line; a dry run keeps none.
 * @throws {Problem} What the ledger refuses.
 */
export async function importLine(
  { command }: Importing,
  { services, tenant, caller, pin }: Pick<Context, 'services' | 'tenant' | 'caller' | 'pin'>,
  { key, dry }: { key: string | undefined; dry: boolean },
): Promise<Imported> {
  const { subject } = caller
  const { outcomes, position, replayed } = await services.ledger.submit({
    ...{ ...command, tenant, subject, dry },
    key: dry ? undefined : key,
  })
  if (!dry) pin.reached(position)
  return { ...outcomes[0]!, position, replayed }
}
