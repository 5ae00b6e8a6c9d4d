import fc from 'fast-check'
import neo4j from 'neo4j-driver'
import { expect, it } from 'vitest'
import { rowOf } from '../../lineage/whole-numbers.ts'

/** What a column may hold, as JS has it. Of -0 the database knows nothing. */
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.maxSafeInteger(),
    fc.double({ noInteger: true, noNaN: true }),
    fc.string(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('any')),
    fc.dictionary(fc.string(), tie('any'), { noNullPrototype: true }),
  ),
})).any

/** The same as the driver hands it over: whole numbers as objects of its own. */
function received(given: unknown): unknown {
  if (Number.isSafeInteger(given)) return neo4j.int(given as number)
  if (Array.isArray(given)) return given.map(received)
  if (typeof given !== 'object' || given === null) return given
  return Object.fromEntries(Object.entries(given).map(([name, part]) => [name, received(part)]))
}

it('gives each column under its name, with whole numbers as numbers wherever they stand', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string()), fc.infiniteStream(value), (names, values) => {
      const given = names.map((name) => [name, values.next().value] as const)
      const record = new neo4j.types.Record(
        names,
        given.map(([, one]) => received(one)),
      )
      expect(rowOf(record.entries(), neo4j.isInt)).toEqual(Object.fromEntries(given))
    }),
  )
})
