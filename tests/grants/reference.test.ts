import fc from 'fast-check'
import { expect, it } from 'vitest'
import { dataset, job, near, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { arbitraryPlan, type GrantPlan, type Plan, type TenantPlan } from './arbitrary.ts'
import { codeOf, type Given, give, type Page, patient, revoke, tryToRead } from './support.ts'
import { placeOf, type Question, seen, type WholeGraph, wholeGraph } from './whole-graph.ts'

/**
 * Random worlds of several tenants, random grants between them: whatever is asked by whomever, the
 * answer is what a filter over the whole graph lets through, worked out here in the plainest way.
 */
let clock: number | null = null
const test = patient(await testApp('on demand', { now: () => clock ?? Date.now() }))
const { ask, freshTenant, ledger, faults } = test

const NOW = Date.now() + 10 * 86_400_000
const at = (days: number) => new Date(NOW + days * 86_400_000).toISOString()
const TIMES: Record<GrantPlan['fate'], { begins?: string; until: string }> = {
  open: { until: at(1) },
  revoked: { until: at(1) },
  over: { until: at(-1) },
  'not yet': { begins: at(1), until: at(2) },
}

interface Tenant {
  name: string
  ids: string[]
  graph: WholeGraph
}

const d = (i: number) => near(`d${i}`)
const j = (i: number) => near(`j${i}`)

/** Plays a plan through the API and the ledger, as callers would. */
async function grow(plan: TenantPlan): Promise<Tenant> {
  const name = await freshTenant()
  const results = await recorded(test, name, [
    ...plan.datasets.map(({ derivedFrom, generatedBy }, i) =>
      dataset(`d${i}`, {
        description: `about d${i}`,
        derivedFrom: derivedFrom.map(d),
        generatedBy: generatedBy.map(j),
      }),
    ),
    ...plan.jobs.map(({ uses, partOf }, i) =>
      job(`j${i}`, { description: `about j${i}`, uses: uses.map(d), partOf: partOf.map(j) }),
    ),
  ])
  const ids = results.map(({ id }) => id)
  for (const [alias, canonical] of plan.merges) {
    if (alias === canonical) continue
    await ledger.submit({
      tenant: name,
      subject: 'test',
      request: `merge ${alias}`,
      ids: [ids[alias]!, ids[canonical]!],
      run: async (draft) => [draft.retire(ids[alias]!, ids[canonical]!)],
    })
  }
  for (const i of plan.retired) {
    await ask(`mutation { retire(id: "${ids[i]}") { position } }`, { tenant: name })
  }
  for (const i of plan.erased) {
    await ask(`mutation { erase(id: "${ids[i]}", ground: OTHER, reason: "x") { position } }`, {
      tenant: name,
    })
  }
  return { name, ids, graph: { nodes: new Map(), edges: [] } }
}

interface Made {
  plan: GrantPlan & { kinds: string[] }
  given: Given
}

async function growWorld({ tenants: plans, grants }: Plan) {
  clock = null
  const tenants = await Promise.all(plans.map(grow))
  const made: Made[] = []
  for (const plan of grants) {
    const [from, to] = [tenants[plan.from]!, tenants[plan.to]!]
    const root = from.ids[plan.root]!
    const kind = root.split(':')[2] === 'job' ? 'Job' : 'Dataset'
    const { direction, depth, fields } = plan
    const kinds = plan.ownKind ? [kind] : ['Dataset', 'Job']
    const terms = { to: to.name, root, direction, depth, kinds, fields, ...TIMES[plan.fate] }
    const given = await give(test, from.name, terms)
    if (plan.fate === 'revoked') await revoke(test, from.name, given.id)
    made.push({ plan: { ...plan, kinds }, given })
  }
  for (const tenant of tenants) tenant.graph = await wholeGraph(tenant.name)
  clock = NOW
  return { tenants, made }
}

/** All pages, put together. */
async function allPages(tenant: string, grant: string, asked: object, first: number) {
  const pages: Page[] = []
  for (let after: string | null = null; ; ) {
    const answer = await tryToRead(test, tenant, grant, { ...asked, first, after })
    if (answer.errors) return { code: codeOf(answer) }
    const page = answer.data.granted!.lineage!
    pages.push(page)
    if (!page.pageInfo.hasNextPage) break
    after = page.pageInfo.endCursor
  }
  const [head] = pages
  return {
    root: head!.root.id,
    nodes: pages.flatMap(({ nodes }) => nodes.map(({ entity, distance }) => [entity.id, distance])),
    edges: pages
      .flatMap(({ edges }) => edges.map(({ relation, from, to }) => `${relation} ${from} ${to}`))
      .sort(),
    totals: [...new Set(pages.map(({ total }) => total))],
    hidden: [...new Set(pages.map(({ hidden }) => hidden))],
  }
}

/** The same, filtered out of the whole graph. */
function expected(graph: WholeGraph, question: Question) {
  const found = seen(graph, question)
  if (!found) return { code: 'LINEAGE_ROOT_UNKNOWN' }
  const order = [...found.nodes].sort(([a, i], [b, k]) => i - k || (a < b ? -1 : 1))
  const { root, edges, hidden } = found
  return { root, nodes: order, edges, totals: [order.length], hidden: [hidden] }
}

/** What a question within a grant comes to, by the grant's terms alone. */
function expectedWithin(graph: WholeGraph, grant: Question, asked: Partial<Question>) {
  const ways = (direction: string) =>
    direction === 'BOTH' ? ['UPSTREAM', 'DOWNSTREAM'] : [direction]
  const isRoot = asked.root === undefined || asked.root === grant.root
  const places = isRoot
    ? new Map(ways(grant.direction).map((way) => [way, 0]))
    : placeOf(graph, grant, asked.root!)
  if (places.size === 0) return { code: 'LINEAGE_ROOT_UNKNOWN' }
  const direction = asked.direction ?? (places.size === 2 ? 'BOTH' : [...places.keys()][0]!)
  const wanted = ways(direction)
  if (!wanted.every((way) => places.has(way))) return { code: 'GRANT_EXCEEDED' }
  const most = Math.min(...wanted.map((way) => grant.depth - places.get(way)!))
  if ((asked.depth ?? most) > most) return { code: 'GRANT_EXCEEDED' }
  const question = { ...grant, direction, depth: asked.depth ?? most }
  if (isRoot) return expected(graph, question)
  // An entity is started from under its own name, wherever another name of it may lead.
  const alone = new Map(graph.nodes)
  alone.set(asked.root!, { ...alone.get(asked.root!)!, alias: null })
  return expected({ ...graph, nodes: alone }, { ...question, root: asked.root! })
}

const shows = (fields: readonly string[], kind: string, name: string) =>
  fields.some((one) => ['*', name, `${kind}.*`, `${kind}.${name}`].includes(one))

interface EntityShown {
  id: string
  kind: string
  name: string | null
  namespace: string | null
  description: string | null
  retired: boolean
  erased: boolean
}

/** Every entity of the granting tenant, asked for one by one through the grant. */
async function expectEntities({ plan, given }: Made, from: Tenant, to: Tenant) {
  const ids = [...from.graph.nodes.keys()]
  const parts = ids.map(
    (id, i) => `e${i}: entity(id: "${id}") { id kind name namespace description retired erased }`,
  )
  const { data, errors } = await ask<{ granted: Record<string, EntityShown | null> }>(
    `{ granted(grant: "${given.id}") { ${parts.join('\n')} } }`,
    { tenant: to.name },
  )
  expect(errors).toBeUndefined()
  for (const [i, id] of ids.entries()) {
    const shown = data.granted[`e${i}`]
    const node = from.graph.nodes.get(id)!
    if (placeOf(from.graph, { ...plan, root: given.root }, id).size === 0) {
      expect(shown).toBeNull()
      continue
    }
    const told = (name: string, value: string) =>
      shows(plan.fields, node.kind, name) && node.name !== '' ? value : null
    expect(shown).toMatchObject({
      id,
      kind: node.kind,
      name: told('name', node.name),
      namespace: told('namespace', 'db'),
      description: node.retired ? null : told('description', `about ${node.name}`),
      retired: node.retired,
    })
  }
}

async function expectGrant(made: Made, { from, to, others, asked }: GrantContext) {
  const { plan, given } = made
  for (const other of others) {
    expect(codeOf(await tryToRead(test, other.name, given.id))).toBe('GRANT_UNKNOWN')
  }
  if (plan.fate !== 'open') {
    expect(codeOf(await tryToRead(test, to.name, given.id))).toBe('GRANT_UNKNOWN')
    return
  }
  const grant = { ...plan, root: given.root }
  const questions: { asked: Partial<Question>; first: number }[] = [{ asked: {}, first: 500 }]
  for (const { root, direction, depth, first } of asked) {
    const ids = [...from.graph.nodes.keys()]
    const start = ids[root % ids.length]!
    questions.push({ asked: { direction, depth }, first })
    questions.push({ asked: { root: start }, first })
    questions.push({ asked: { root: start, direction, depth }, first })
  }
  for (const question of questions) {
    const answer = await allPages(to.name, given.id, question.asked, question.first)
    expect(answer).toEqual(expectedWithin(from.graph, grant, question.asked))
  }
  await expectEntities(made, from, to)
}

interface GrantContext {
  from: Tenant
  to: Tenant
  others: Tenant[]
  asked: Plan['asked']
}

interface Plain {
  entities: { nodes: { id: string }[] }
  grants: { nodes: { id: string; side: string; active: boolean }[] }
  nodes: ({ id: string } | null)[]
}

/** Nothing of what is granted shows in what a tenant asks of its own graph. */
async function expectPlain(
  tenant: Tenant,
  tenants: readonly Tenant[],
  made: readonly Made[],
  { asked }: Plan,
) {
  const foreign = tenants.filter((one) => one !== tenant).flatMap(({ ids }) => ids)
  const { data, errors } = await ask<Plain>(
    `query ($ids: [ID!]!) { entities(first: 500) { nodes { id } } grants { nodes { id side active } } nodes(ids: $ids) { id } }`,
    { tenant: tenant.name, variables: { ids: foreign } },
  )
  expect(errors).toBeUndefined()
  expect(data.entities.nodes.map(({ id }) => id)).toEqual([...tenant.graph.nodes.keys()].sort())
  expect(data.nodes).toEqual(foreign.map(() => null))
  expect(data.grants.nodes).toEqual(
    made
      .filter(({ given }) => [given.from, given.to].includes(tenant.name))
      .map(({ plan, given }) => ({
        id: given.id,
        side: given.from === tenant.name ? 'GIVEN' : 'RECEIVED',
        active: plan.fate === 'open',
      })),
  )
  for (const { root, direction, depth } of asked) {
    const start = tenant.ids[root % tenant.ids.length]!
    const answer = await ask<{ lineage: Page }>(
      `{ lineage(root: "${start}", direction: ${direction}, depth: ${depth}) { nodes { entity { id } distance } edges { relation from to } } }`,
      { tenant: tenant.name },
    )
    const found = seen(tenant.graph, { root: start, direction, depth })!
    const { nodes, edges } = answer.data.lineage
    expect(new Map(nodes.map(({ entity, distance }) => [entity.id, distance]))).toEqual(found.nodes)
    expect(edges.map(({ relation, from, to }) => `${relation} ${from} ${to}`).sort()).toEqual(
      found.edges,
    )
    const [stranger] = foreign
    const alien = await ask(`{ lineage(root: "${stranger}") { total } }`, { tenant: tenant.name })
    expect(codeOf(alien)).toBe('LINEAGE_ROOT_UNKNOWN')
  }
}

it('answers as a filter over the whole graph does, whatever is granted and asked', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryPlan, async (plan) => {
      const { tenants, made } = await growWorld(plan)
      for (const one of made) {
        const [from, to] = [tenants[one.plan.from]!, tenants[one.plan.to]!]
        const others = tenants.filter((tenant) => tenant !== to)
        await expectGrant(one, { from, to, others, asked: plan.asked })
      }
      for (const tenant of tenants) await expectPlain(tenant, tenants, made, plan)
      expect(faults).toEqual([])
    }),
    { numRuns: 6 },
  )
}, 400_000)
