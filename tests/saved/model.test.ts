import { expect, it } from 'vitest'
import { oneOf } from '../fuzz/mutate.ts'
import { seededNumbers } from '../fuzz/seeded.ts'
import { testApp } from '../setup/app.ts'
import { codeOf, erase, find, namesIn, SIZE, save, tryToRemove } from './support.ts'

const test = await testApp('on demand')
const next = seededNumbers()

const NAMES = ['a', 'a-', 'a.b', 'a_', '0', '9z', 'b', 'ab', 'aa']

/** What a tenant has saved: by name, which document. */
type Model = Map<string, string>

const sorted = (model: Model) => [...model.keys()].sort()

it('lists, finds and tells of the past what a plain table of names would, whatever was done', async () => {
  const tenant = await test.freshTenant()
  const model: Model = new Map()
  const past: { position: string; model: Model }[] = []
  for (let i = 0; i < 120; i++) {
    const name = oneOf(next, NAMES)
    const before = model.get(name)
    // What is erased is told of no past either: so later on nothing is.
    const verb = next(i < 60 ? 10 : 9)
    if (verb < 6) {
      const document = `${SIZE} # ${next(3)}`
      const { changed, position } = await save(test, tenant, { name, document })
      expect(changed).toBe(document !== before)
      model.set(name, document)
      past.push({ position, model: new Map(model) })
    } else if (verb < 9) {
      const answer = await tryToRemove(test, tenant, name)
      expect(codeOf(answer)).toBe(before === undefined ? 'SAVED_QUERY_NOT_FOUND' : undefined)
      model.delete(name)
      if (!answer.errors) {
        past.push({ position: answer.data.savedQueryRemove.position, model: new Map(model) })
      }
    } else if (before !== undefined) {
      const { id } = (await find(test, tenant, name))!
      expect((await erase(test, tenant, id)).errors).toBeUndefined()
      model.delete(name)
      past.length = 0
    }
    expect((await find(test, tenant, name))?.document).toBe(model.get(name))
    if (i % 10 === 0) expect(await namesIn(test, tenant, 1 + next(5))).toEqual(sorted(model))
  }
  expect(past.length).toBeGreaterThan(5)
  for (const { position, model: then } of past) {
    expect(await namesIn(test, tenant, 3, { position })).toEqual(sorted(then))
    const name = oneOf(next, NAMES)
    expect((await find(test, tenant, name, { position }))?.document).toBe(then.get(name))
  }
})
