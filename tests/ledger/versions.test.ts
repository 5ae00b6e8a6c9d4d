import { expect, it } from 'vitest'
import { edgeRows } from '../../ledger/edge-rows.ts'
import { linkKey } from '../../ledger/entity.ts'
import { assertVersions } from '../../ledger/versions.ts'
import type { Kind, Relation } from '../../lineage/kinds.ts'
import { OPEN } from '../../lineage/kinds.ts'
import { withCode } from './support.ts'

const step = (
  what: 'open' | 'close' | 'date',
  since: number,
  { to = 'x', time = null as string | null, leaf = 'leaf' as string | null } = {},
) => ({ step: what, rel: 'USED' as const, from: 'job', id: to, to, since, leaf, time })
const row = (since: number, until: number, time: string | null = null) => ({
  rel: 'USED',
  from: 'job',
  to: 'x',
  since,
  until,
  leaf: 'leaf',
  time,
})

it.each([
  ['an edge that comes', [step('open', 5)], { create: [row(5, OPEN)], change: [] }],
  ['an edge that ends', [step('close', 7)], { create: [], change: [row(0, 7)] }],
  [
    'one that comes and ends',
    [step('open', 5), step('close', 7)],
    { create: [row(5, 7)], change: [] },
  ],
  [
    'one that ends and comes back',
    [step('close', 5), step('open', 7)],
    { create: [row(7, OPEN)], change: [row(0, 5)] },
  ],
  [
    'one that comes, ends, and comes back',
    [step('open', 5), step('close', 6), step('open', 7)],
    { create: [row(5, 6), row(7, OPEN)], change: [] },
  ],
  [
    'one that ends, comes back, and ends again',
    [step('close', 5), step('open', 6), step('close', 7)],
    { create: [row(6, 7)], change: [row(0, 5)] },
  ],
  [
    'one whose time moves',
    [step('date', 5, { time: '2' })],
    { create: [], change: [row(0, OPEN, '2')] },
  ],
  [
    'one that comes and whose time moves',
    [step('open', 5), step('date', 6, { time: '2' })],
    { create: [row(5, OPEN, '2')], change: [] },
  ],
  [
    'one whose time moves and that ends',
    [step('date', 5, { time: '2' }), step('close', 6, { time: '2' })],
    { create: [], change: [row(0, 6, '2')] },
  ],
])('folds the steps of %s', (_what, steps, rows) => {
  expect(edgeRows(steps as never)).toEqual(rows)
})

it('refuses a header that no log can hold, however few its edges are', () => {
  // No kind of this release is named long enough for that; one to come may be.
  const long = 'k'.repeat(63)
  const links = Array.from({ length: 300 }, (_, i) => ({
    rel: 'R'.repeat(63) as Relation,
    id: `urn:selvedge:${long}:h:${String(i).padStart(43, 'A')}`,
    leaf: 'A'.repeat(43),
    time: null,
  }))
  const next = {
    id: `urn:selvedge:${long}:h:${'A'.repeat(43)}`,
    kind: 'K' as Kind,
    namespace: '',
    name: '',
    fields: {},
    links: new Map(links.map((link) => [linkKey(link.rel, link.id), link])),
  }
  const writing = {
    tenant: 't',
    at: '2026-03-31T09:15:02.113Z',
    actor: 'p_AAAAAAAAAAAAAAAAAAAAAA',
    secret: new Uint8Array(32),
    seq: 3,
  }
  expect(() => assertVersions(undefined, next, writing)).toThrow(withCode('PROOF_LEAF_TOO_LARGE'))
})
