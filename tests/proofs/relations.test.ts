import { expect, it } from 'vitest'
import { LEVEL_OF } from '../../lineage/kinds.ts'
import { isDesign, levelOf, RELATIONS } from '../../proofs/relations.ts'

it('knows the relations and levels that lineage knows', () => {
  const levels = Object.entries(RELATIONS).flatMap(([level, rels]) =>
    rels.map((rel) => [rel, level]),
  )
  expect(Object.fromEntries(levels)).toEqual(LEVEL_OF)
})

it('walks design edges only, and knows no other words', () => {
  expect(['USED', 'RUN_USED', 'ALIAS_OF', 'EATS'].map(isDesign)).toEqual([
    true,
    false,
    false,
    false,
  ])
  expect(['toString', 'used', ''].map(levelOf)).toEqual([undefined, undefined, undefined])
})
