import fc from 'fast-check'
import { expect, it } from 'vitest'
import { openPlaces } from '../../domains/access/places.ts'

it('a tenant is given a place that holds its own policies, whatever failed before', () => {
  const asked = fc.record({
    tenant: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    version: fc.constantFrom('1', '2', '3'),
    fate: fc.constantFrom('kept', 'kept', 'fails', 'fails halfway'),
  })
  fc.assert(
    fc.property(fc.array(asked, { maxLength: 60 }), (steps) => {
      const held = new Map<string, string>()
      let fate = ''
      const keptOf = openPlaces(['p', 'q', 'r'], (id, [policies]) => {
        if (fate !== 'fails') held.set(id, fate === 'kept' ? policies!.text : 'half')
        if (fate !== 'kept') throw new Error(fate)
        return { id, names: [policies!.text] }
      })
      for (const step of steps) {
        fate = step.fate
        const text = `${step.tenant} ${step.version}`
        const ask = () =>
          keptOf(step.tenant, { version: step.version, policies: [{ name: 'n', text }] })
        try {
          const { id, names } = ask()
          expect([held.get(id), names]).toEqual([text, [text]])
        } catch (error) {
          expect((error as Error).message).toBe(fate)
        }
      }
    }),
  )
})

it('the tenant that was asked for longest ago gives way, and one that is asked for again does not', () => {
  const read: string[] = []
  const keptOf = openPlaces(['p', 'q'], (id, [policies]) => {
    read.push(policies!.name)
    return { id, names: [] }
  })
  const ask = (tenant: string) =>
    keptOf(tenant, { version: '1', policies: [{ name: tenant, text: '' }] })
  for (const tenant of ['a', 'b', 'a', 'c', 'a', 'b']) ask(tenant)
  expect(read).toEqual(['a', 'b', 'c', 'b'])
})
