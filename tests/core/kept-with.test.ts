import { expect, it } from 'vitest'
import { keptWith } from '../../core/kept-with.ts'

it('keeps what is kept with an object, apart for each keeper, and nowhere to be seen', () => {
  // given
  const [ages, names] = [keptWith<object, number>(), keptWith<object, string>()]
  const [one, other] = [{ id: 1 }, { id: 2 }]

  // when
  ages.set(one, 33)
  names.set(one, 'x')
  ages.set(other, 7)
  ages.delete(other)

  // then
  expect([ages.get(one), names.get(one), ages.get(other)]).toEqual([33, 'x', undefined])
  expect(Object.keys(one)).toEqual(['id'])
  expect(JSON.stringify(one)).toBe('{"id":1}')
})
