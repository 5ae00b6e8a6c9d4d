import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Problem } from '../../core/problem.ts'
import type { Draft } from '../../ledger/draft.ts'
import { type History, history, Model, nameOf, type Step, type Thing } from '../make/history.ts'
import { freshTenant, testLedger } from '../setup/ledger.ts'
import { expectClean, tell } from './support.ts'

const { database, ledger } = await testLedger()

const idOf = (draft: Draft, { kind, namespace, name }: Thing) => draft.urn(kind, namespace, name)

const thingsOf = (step: Step): Thing[] =>
  step.do === 'retire'
    ? [step.thing, ...(step.aliasOf ? [step.aliasOf] : [])]
    : [
        step.thing,
        ...[...step.link, ...step.unlink].map(({ to }) => to),
        ...step.replace.flatMap(({ targets }) => targets),
      ]

function carryOut(draft: Draft, step: Step) {
  const id = idOf(draft, step.thing)
  if (step.do === 'retire') {
    return draft.retire(id, step.aliasOf ? idOf(draft, step.aliasOf) : undefined)
  }
  return draft.assert({
    ...step.thing,
    id,
    fields: step.fields,
    link: step.link,
    unlink: step.unlink.map(({ rel, to }) => ({ rel, id: idOf(draft, to) })),
    replace: step.replace.map(({ rel, targets }) => ({
      rel,
      targets: targets.map((to) => ({ to })),
    })),
  })
}

/** Whether each command was carried out, in order. */
async function write(tenant: string, told: History) {
  const allowed: boolean[] = []
  for (const commands of told) {
    const settled = await Promise.allSettled(
      commands.map((steps) =>
        tell(ledger, tenant, (draft) => steps.map((step) => carryOut(draft, step)), {
          names: steps.flatMap(thingsOf) as never,
        }),
      ),
    )
    for (const end of settled) {
      if (end.status === 'rejected' && !(end.reason instanceof Problem)) throw end.reason
      allowed.push(end.status === 'fulfilled')
    }
  }
  return allowed
}

/** What the ledger has of each thing, in the terms of the model. */
async function read(tenant: string, things: readonly Thing[]) {
  const found = new Map<string, unknown>()
  const look = async (draft: Draft) => {
    const names = new Map(things.map((thing) => [idOf(draft, thing), nameOf(thing)]))
    for (const [id, name] of names) {
      const entity = draft.get(id)
      if (!entity) continue
      const { action, fields, aliasOf } = entity
      const links = new Set(
        [...entity.links.values()].map(({ rel, id }) => `${rel} ${names.get(id)}`),
      )
      found.set(name, { action, fields, links, aliasOf: aliasOf && names.get(aliasOf) })
    }
    return []
  }
  await tell(ledger, tenant, look, { names: things as never })
  return found
}

it('makes of any history what the rules of assertion say, and what its headers say', async () => {
  await fc.assert(
    fc.asyncProperty(history(6), async (told) => {
      const tenant = await freshTenant(ledger)
      const model = new Model()
      const expected = told.flat().map((steps) => model.command(steps))
      expect(await write(tenant, told)).toEqual(expected)
      const things = [...Map.groupBy(told.flat(2).flatMap(thingsOf), nameOf).values()]
      expect(
        await read(
          tenant,
          things.map(([thing]) => thing!),
        ),
      ).toEqual(model.entities)
      await expectClean(database, tenant)
    }),
    { numRuns: 40, interruptAfterTimeLimit: 90_000, markInterruptAsFailure: false },
  )
}, 240_000)
