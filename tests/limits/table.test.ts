import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import { setImmediate } from 'node:timers/promises'
import { afterAll, expect, it } from 'vitest'
import { Problem } from '../../core/problem.ts'
import { readChanges } from '../../domains/changes/read-changes.ts'
import { erase } from '../../domains/erasure/erase.ts'
import { readWithholding } from '../../domains/evidence/withhold.ts'
import { type Walking, walk } from '../../domains/impact/walk.ts'
import { readUsage } from '../../domains/metering/cloud-event.ts'
import { parseBody } from '../../domains/openlineage/parse-body.ts'
import { parseEvent } from '../../domains/openlineage/parse-event.ts'
import { readSavedQuery } from '../../domains/saved-queries/saved-query.ts'
import { readUrl } from '../../domains/webhooks/webhook.ts'
import { checkNeighbourhood } from '../../lineage/neighbourhood.ts'
import { checkPaths } from '../../lineage/paths.ts'
import { checkSearch } from '../../lineage/search.ts'
import { checkQuestion } from '../../lineage/traversal.ts'
import { readUpstream } from '../../lineage/upstream.ts'
import { MOST_CATALOGUED } from '../../resolvers/catalogue.ts'
import { checkColumns } from '../../resolvers/columns.ts'
import { type Caller, type Context, openContext, type Services } from '../../resolvers/context.ts'
import { MOST_CHANGED } from '../../resolvers/diff.ts'
import { requireComparable } from '../../resolvers/diff-lineage.ts'
import { spendPage } from '../../resolvers/entity.ts'
import { MOST_VERSIONS } from '../../resolvers/history.ts'
import { MOST_AFFECTED } from '../../resolvers/impact.ts'
import { planChange } from '../../resolvers/impact-change.ts'
import { requireFewGrants } from '../../resolvers/impact-counts.ts'
import { readLicences } from '../../resolvers/impact-terms.ts'
import { checkRuns, requireOneDocument } from '../../resolvers/provenance.ts'
import { recordItems } from '../../resolvers/record.ts'
import { MOST_REASONS, MOST_TERMS } from '../../resolvers/terms.ts'
import { redeliver } from '../../resolvers/webhook.ts'
import { createApp } from '../../server/app.ts'
import { receiveAttachment } from '../../server/attachments.ts'
import { receiveUsage } from '../../server/events.ts'
import { receiveImport } from '../../server/imports.ts'
import { openHeld } from '../../server/limits/held.ts'
import { openLanes } from '../../server/limits/lanes.ts'
import { defaultLimits } from '../../server/limits/limits.ts'
import { openRates } from '../../server/limits/rates.ts'
import { listen } from '../../server/listen.ts'
import { receiveBatch, receiveEvent } from '../../server/openlineage.ts'
import { openSubscriptions } from '../../server/subscriptions/subscriptions.ts'
import { usage } from '../metering/support.ts'
import { head, runId } from '../openlineage/events.ts'
import { near } from '../schema/recording.ts'
import { termsCutBy } from '../terms/cuts.ts'

/** What is let through goes no further than here: these limits stand before any database. */
const further = new Problem('WENT_FURTHER', 'It was not refused.')
const away = () => Promise.reject(further)
const ledger = { submit: away, erase: away } as never
const database = { graph: () => ({ tenant: 'acme', read: away, write: away }) } as never
const limits = defaultLimits()

const app = createApp({ database, ledger, objects: undefined as never, report: () => {} })
const { port, close } = await listen(app, { host: '127.0.0.1', port: 0 })
afterAll(close)

const caller: Caller = {
  ...{ tenant: 'acme', subject: 'ada', issuer: 'development', roles: ['admin'], key: undefined },
  ...{ isServiceWide: true, minPosition: undefined },
}
const context = (): Context => openContext({ database, ledger } as unknown as Services, caller)

type Code = string | undefined

/** The code that something is refused with, be it thrown or told in an answer. */
async function codeOf(work: () => unknown): Promise<Code> {
  try {
    const result = await work()
    if (typeof (result as Response | undefined)?.json !== 'function') return undefined
    const told = (await (result as Response).json()) as {
      code?: string
      errors?: { extensions: { code: string } }[]
    }
    return told.code ?? told.errors?.[0]?.extensions.code
  } catch (error) {
    return (error as Problem).code
  }
}

const post = (body: string, headers = {}) =>
  new Request('http://localhost/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-selvedge-tenant': 'acme', ...headers },
    body,
  })
const ask =
  (query: string, headers = {}) =>
  () =>
    app.fetch(post(JSON.stringify({ query }), headers))
const times = <T>(n: number, make: (i: number) => T) => Array.from({ length: n }, (_, i) => make(i))

/** So many commas. */
const zeros = (commas: number) => `${'0,'.repeat(commas)}0`

const lineageCaller = {
  ...{ ledger, tenant: 'acme', subject: 'ada', report: () => {} },
  turns: {
    hold: () => {},
    write: <T>(work: () => Promise<T>) => work(),
    parse: async <T>(_: number, work: (pause: () => Promise<void>) => Promise<T> | T) =>
      work(setImmediate),
  },
}
const usageCaller = {
  graph: { tenant: 'acme', read: away, write: away },
  turns: lineageCaller.turns,
}
const events = (body: string, of = '') =>
  new Request('http://localhost/events', {
    method: 'POST',
    headers: { 'content-type': `application/cloudevents${of}+json` },
    body,
  })
const place = { key: 'record' }
const event = (more: object) =>
  parseEvent(
    {
      ...head('2026-01-01T00:00:00Z'),
      run: { runId: runId(1) },
      job: near('etl'),
      ...more,
    } as never,
    [],
  )
const facet = (bytes: number) => ({ note: 'x'.repeat(bytes - '{"note":""}'.length) })

const save = (more: object) => readSavedQuery({ name: 'a', document: '{ log { size } }', ...more })

const fromMany = (n: number) => ({
  ...near('out'),
  facets: {
    columnLineage: {
      fields: { a: { inputFields: times(n, (i) => ({ ...near(`t${i}`), field: 'a' })) } },
    },
  },
})

/** Asks for the whole queue of one line, and one turn more that is running. */
function wait(n: number) {
  const lanes = openLanes({ ...limits, readSlots: 1 })
  const until = { timeoutMs: 600_000, endsAt: performance.now() + 600_000 }
  const never = () => new Promise<never>(() => {})
  const [, ...waiting] = times(n + 1, () => lanes.inTurn('read', { party: 'a', until }, never))
  const last = waiting.at(-1)!
  return Promise.race([last, setImmediate()])
}

/** Holds one body of each tenant. */
function hold(bodies: number[]) {
  const held = openHeld(limits.bodyMemory)
  for (const [i, bytes] of bodies.entries()) held.take({}, `tenant ${i}`, bytes)
}

function count(n: number, of: 'address' | 'principal' | 'tenant') {
  const rates = openRates(limits, () => 0)
  const subject = (i: number) => (of === 'principal' ? 'ada' : `subject ${i}`)
  const tenant = of === 'tenant' ? 'acme' : undefined
  const take = (i: number) =>
    of === 'address'
      ? rates.ofAddress('192.0.2.1')
      : rates.ofCaller({ principal: subject(i), tenant })
  for (let i = 1; i < n; i++) take(i)
  if (take(n).some(({ standing }) => !standing.isWithin)) {
    throw Object.assign(new Error(), { code: 'RATE_LIMITED' })
  }
}

function follow(n: number, tenant: (i: number) => string) {
  const { enter, end } = openSubscriptions(limits)
  try {
    for (let i = 0; i < n; i++) enter(tenant(i), new AbortController().signal)
  } finally {
    end()
  }
}

/** Its length is looked at before any of it; what comes without one is counted (tests/attachments). */
function sendFile(bytes: number) {
  const headers = { 'content-type': 'text/plain', 'content-length': String(bytes) }
  const request = new Request('http://localhost/attachments', { method: 'POST', headers })
  const services = { database, ledger, objects: { spool: away } } as unknown as Services
  const most = limits.attachmentMaxBytes
  return receiveAttachment(request, openContext(services, caller), { door: {} as never, most })
}

/** The answer to lines of a file, with the code of the first where they are told of one by one. */
async function sendLines(lines: string) {
  const { turns, report } = lineageCaller
  const permitted = async () => context()
  const answer = await receiveImport(post(`[${lines}]`), { turns, report, permitted })
  const { results } = (await answer.json()) as { results: object[] }
  return Response.json(results[0])
}

async function withHeaders(n: number) {
  const socket = connect(port, '127.0.0.1')
  const more = 'X-A: a\r\n'.repeat(n - 2)
  socket.end(`GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${more}\r\n`)
  const [told = '{}'] = /\{.*\}/s.exec(await textOf(socket)) ?? []
  return Response.json(JSON.parse(told))
}

/** 99,902 for a page of pages, and the rest for another page. */
const costing = (price: number) =>
  `{ a: entities(first: 100) { nodes { ... on Job { runs(first: 996) { nodes { id } } } } } b: entities(first: ${price - 99_902 - 2}) { nodes { id } } }`

/** A walk that comes to so many things by one hop. */
const walkingTo = (n: number): Walking => ({
  ...{
    root: 'root',
    degree: n,
    size: n,
    strands: 1n,
    by: (hop) => (hop === 1 ? 'CARRYING' : undefined),
  },
  read: async () => times(n, (i) => ({ id: `${i}`, from: [0], degree: 0, about: [] })),
  admitted: async (_by, rows) => rows.map(() => 1n),
})

/** For each row of the table something that is of that size. */
const CASES: Record<string, (n: number) => () => unknown> = {
  'bytes of a GraphQL request': (n) => () =>
    app.fetch(post('{"query":"{ log { size } }"}'.padEnd(n))),
  'commas and opening brackets of its JSON': (n) => () =>
    app.fetch(post(`{"query":"{ log { size } }","variables":{"a":[${zeros(n - 4)}]}}`)),
  "tokens of an operation's text": (n) => ask(`{${'a '.repeat(n - 2)}}`),
  'brackets open at once in a text': (n) =>
    ask(`{ node(id: ${'['.repeat(n - 2)}${']'.repeat(n - 2)}) { id } }`),
  'fragments of a document': (n) =>
    ask(`{ ...f0 } ${times(n, (i) => `fragment f${i} on Query { __typename }`).join(' ')}`),
  'depth of an operation': (n) => ask(`${'{ a '.repeat(n)}${'}'.repeat(n)}`),
  'fields of an operation, fragments spread': (n) => ask(`{ log { ${'size '.repeat(n - 1)} } }`),
  'fields at its root': (n) => ask(`{ ${'__typename '.repeat(n)} }`),
  'aliases of an operation': (n) => ask(`{ log { ${times(n, (i) => `a${i}: size`).join(' ')} } }`),
  'price of an operation': (n) => ask(costing(n)),
  'things that the lists of a request may hold': (n) => () => context().spend(n),
  'things on a page of lineage': (n) => () => checkQuestion({ depth: 1, first: n }),
  'hops of lineage': (n) => () => checkQuestion({ depth: n, first: 1 }),
  'paths on a page': (n) => () => checkPaths({ depth: 1, first: n }),
  'terms on a page': (n) => () => spendPage(n, context(), MOST_TERMS),
  'reasons of an answer of `mayUse`': (n) => () => spendPage(n, context(), MOST_REASONS),
  'edges upstream of what terms are asked of': (n) => () =>
    readUpstream(
      async () => [{ edges: n, ids: [], marks: [], fars: [] }] as never,
      'urn:selvedge:dataset:h:x',
      null,
    ),
  'sets of what lifts some term of it': (n) => () => termsCutBy(n),
  'things on a page of `impact`': (n) => () => spendPage(n, context(), MOST_AFFECTED),
  'things downstream that one walk comes to': (n) => () => walk(walkingTo(n)),
  'licences of a clause that would change': (n) => () =>
    planChange({
      ...{ root: { id: 'urn:selvedge:clause:h:x', kind: 'Clause', retired: false } as never },
      ...{
        change: 'RETIRE',
        given: {},
        degree: 0,
        n: 9,
        clauses: [],
        licences: [],
        day: '2026-03-31',
      },
      said: { load: async () => {}, get: () => undefined },
      context: { graph: { read: async () => times(n, (i) => ({ id: `${i}` })) } } as never,
    }),
  'open grants that changes are counted by': (n) => () => requireFewGrants(n),
  'clauses or licences that a change names': (n) => () =>
    readLicences(
      times(n, () => `urn:selvedge:license:h:${'A'.repeat(43)}`),
      9,
      context(),
    ),
  'neighbours on a page': (n) => () => checkNeighbourhood({ first: n, shown: [] }),
  'columns on a page': (n) => () => checkColumns({ depth: 1, first: n }),
  'ids that `shown` takes': (n) => () =>
    checkNeighbourhood({ first: 1, shown: times(n, () => 'x') }),
  'hits on a page': (n) => () => checkSearch({ text: 'x', kinds: [] }, n),
  'characters of a search': (n) => () => checkSearch({ text: 'x'.repeat(n), kinds: [] }, 1),
  'words of a search': (n) => () =>
    checkSearch({ text: times(n, (i) => `word${i}`).join(' '), kinds: [] }, 1),
  'things on a page of a catalogue': (n) => () => spendPage(n, context(), MOST_CATALOGUED),
  'things on a page of another list': (n) => () => spendPage(n, context()),
  'versions on a page of history': (n) => () => spendPage(n, context(), MOST_VERSIONS),
  'entities on a page of `diff`': (n) => () => spendPage(n, context(), MOST_CHANGED),
  'entities of a lineage that `diff` compares': (n) => () => requireComparable(n),
  'items of `record`': (n) => () =>
    recordItems(
      { items: times(n, (i) => ({ dataset: near(`d${i}`) })) as never },
      context(),
      place,
    ),
  'bytes of the items of `record`': (n) => () => {
    const item = (name: string) => ({ dataset: { ...near('a'), description: name } })
    const room = n - Buffer.byteLength(JSON.stringify(['record', [item('')]]))
    return recordItems({ items: [item('x'.repeat(room))] as never }, context(), place)
  },
  'entities of a document in PROV': (n) => () => requireOneDocument(n),
  'runs of each job in one': (n) => () => checkRuns(n),
  'lines of one request of an import': (n) => () =>
    sendLines(times(n, (i) => `{"line":${i + 1},"item":7}`).join(',')),
  'bytes of one request of an import': (n) => () =>
    sendLines('{"line":1,"item":7}'.padEnd(n - '[]'.length)),
  'bytes of a line to import': (n) => () =>
    sendLines(`{"line":1,"item":"${'x'.repeat(n - '""'.length)}"}`),
  'commas and opening brackets of one': (n) => () =>
    sendLines(`{"line":1,"item":[${zeros(n - 1)}]}`),
  'bytes of an OpenLineage event, inflated': (n) => () =>
    receiveEvent(post('{}'.padEnd(n)), lineageCaller),
  'bytes of an OpenLineage batch, inflated': (n) => () =>
    receiveBatch(post('[]'.padEnd(n)), lineageCaller),
  'commas and opening brackets of an event': (n) => () =>
    receiveEvent(post(`[${zeros(n - 1)}]`), lineageCaller),
  'commas and opening brackets of a batch': (n) => () =>
    receiveBatch(post(`[[${zeros(n - 2)}]]`), lineageCaller),
  'events of an OpenLineage batch': (n) => () =>
    receiveBatch(post(JSON.stringify(times(n, () => 1))), lineageCaller),
  'bytes of an event of usage, inflated': (n) => () =>
    receiveUsage(events(`{}`.padEnd(n)), usageCaller),
  'bytes of a batch of usage, inflated': (n) => () =>
    receiveUsage(events('[]'.padEnd(n), '-batch'), usageCaller),
  'events of a batch of usage': (n) => () =>
    receiveUsage(events(JSON.stringify(times(n, () => 1)), '-batch'), usageCaller),
  'characters of an attribute of an event': (n) => () => readUsage(usage('x'.repeat(n)) as never),
  'characters of a unit of usage': (n) => () =>
    readUsage(usage('1', { data: { value: 1, unit: 'x'.repeat(n) } }) as never),
  'attributes of an event of usage': (n) => () =>
    readUsage(usage('1', Object.fromEntries(times(n - 7, (i) => [`x${i}`, 'y']))) as never),
  'bytes of a facet': (n) => () => event({ run: { runId: runId(1), facets: { big: facet(n) } } }),
  'inputs and outputs of an event': (n) => () => event({ inputs: times(n, (i) => near(`t${i}`)) }),
  'datasets that columns of an event come from': (n) => () => event({ outputs: [fromMany(n)] }),
  'bytes of a namespace or name': (n) => () => event({ job: near('x'.repeat(n)) }),
  'depth of JSON that others define': (n) => () =>
    parseBody(Buffer.from(`${'['.repeat(n)}${']'.repeat(n)}`)),
  'characters of the reason of an erasure': (n) => () =>
    erase(ledger, {
      ...{ tenant: 'acme', subject: 'ada', ground: 'court-order' as never, reason: 'x'.repeat(n) },
      what: { entity: 'urn:selvedge:dataset:h:x' },
    } as never),
  'characters of the address of a webhook': (n) => () =>
    readUrl(`https://example.com/${'x'.repeat(n - 20)}`, null),
  'dead letters named to be delivered again': (n) => () =>
    redeliver({ id: 'urn:selvedge:webhook:x', seqs: times(n, (i) => i) }, context()),
  'characters of the name of a saved query': (n) => () => save({ name: 'x'.repeat(n) }),
  'characters of its document': (n) => () => save({ document: 'x'.repeat(n) }),
  'characters of its title': (n) => () => save({ title: 'x'.repeat(n) }),
  'characters of its description': (n) => () => save({ description: 'x'.repeat(n) }),
  'characters of its variables, as JSON': (n) => () =>
    save({ variables: { value: { a: 'x'.repeat(n - 8) }, numbersAsText: [] } }),
  'bytes of an attachment': (n) => () => sendFile(n),
  'patterns of `withhold`': (n) => () => readWithholding(times(n, (i) => `field${i}`)),
  'characters of `x-selvedge-subject`': (n) =>
    ask('{ log { size } }', { 'x-selvedge-subject': 'a'.repeat(n) }),
  'headers of a request': (n) => () => withHeaders(n),
  'requests of an address at once': (n) => () => count(n, 'address'),
  'requests of a subject at once': (n) => () => count(n, 'principal'),
  'requests of a tenant at once': (n) => () => count(n, 'tenant'),
  'bytes of bodies held at once': (n) => () => hold([100_000_000, 100_000_000, n - 200_000_000]),
  'bytes of bodies of one tenant held at once': (n) => () => hold([n]),
  'subscriptions of one server': (n) => () => follow(n, (i) => `tenant ${i}`),
  'subscriptions of one tenant on it': (n) => () => follow(n, () => 'acme'),
  'changes that are read at once': (n) => () =>
    readChanges({ read: away }, { after: { epoch: 0, seq: 3 }, first: n }),
  'requests that wait in a line': (n) => () => wait(n),
}

const section = readFileSync('docs/limits.md', 'utf8').split('## All limits')[1]!.split('\n## ')[0]!
const rows = [
  ...section.matchAll(/^\| (?!what|-)(.+?) +\| ([\d,]+) +\| (.*?) *\| `([A-Z_]+)` +\|$/gm),
].map(([, what, most, setting, code]) => ({
  ...{ what: what!, most: Number(most!.replaceAll(',', '')), code: code! },
  setting: setting!.replaceAll('`', ''),
}))

it('has a row for each limit that is tried here, and no other', () => {
  expect(rows.map(({ what }) => what).sort()).toEqual(Object.keys(CASES).sort())
})

it.each(rows)(
  'takes $most $what, and refuses one more with $code',
  async ({ what, most, code }) => {
    const of = CASES[what]!
    expect(await codeOf(of(most))).not.toBe(code)
    expect(await codeOf(of(most + 1))).toBe(code)
  },
)
