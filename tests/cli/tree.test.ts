import { expect, it } from 'vitest'
import { drawTree } from '../../cli/demo/tree.ts'

const nodes = ['a', 'b', 'c', 'd'].map((id) => ({ id, kind: 'Dataset', name: id.toUpperCase() }))
const edge = (from: string, to: string, relation = 'WAS_DERIVED_FROM') => ({ relation, from, to })

it('draws what several paths lead to once, where it comes first', () => {
  const edges = [edge('a', 'c'), edge('a', 'b'), edge('b', 'd'), edge('c', 'd'), edge('c', 'b')]
  expect(drawTree('a', { nodes, edges })).toEqual([
    'dataset A',
    '├─ was derived from dataset B',
    '│  └─ was derived from dataset D',
    '└─ was derived from dataset C',
    '   ├─ was derived from dataset B (see above)',
    '   └─ was derived from dataset D',
  ])
})

it('comes to an end on a cycle and on an edge to itself', () => {
  const edges = [edge('a', 'a'), edge('a', 'b'), edge('b', 'a')]
  expect(drawTree('a', { nodes, edges })).toEqual([
    'dataset A',
    '├─ was derived from dataset A (see above)',
    '└─ was derived from dataset B',
    '   └─ was derived from dataset A (see above)',
  ])
})

it('draws a thing that came from nowhere as a single line', () => {
  expect(drawTree('d', { nodes, edges: [] })).toEqual(['dataset D'])
})
