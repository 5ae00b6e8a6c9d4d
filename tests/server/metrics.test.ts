import { readFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { Problem } from '../../core/problem.ts'
import type { Database } from '../../lineage/graph.ts'
import { createApp } from '../../server/app.ts'
import { openHeaderIdentity } from '../../server/identity/open.ts'
import { openDoor } from '../../server/limits/door.ts'
import { defaultLimits } from '../../server/limits/limits.ts'
import { openMetrics } from '../../server/metrics/metrics.ts'

const ZERO = { logs: 0, records: 0, oldestSeconds: 0, merges: 0 }

/** An app on a database that is away, which is measured. */
function measured(
  lag: Parameters<ReturnType<typeof openMetrics>['watch']>[0]['lag'] = async () => ZERO,
) {
  const fail = () => Promise.reject(new Problem('DATABASE_UNAVAILABLE', 'away', { status: 503 }))
  const metrics = openMetrics({ version: '1.2.3' })
  metrics.watch({
    pool: () => ({ most: 32, busy: 3 }),
    waiting: () => ({ commands: 4, witnesses: 5 }),
    issuers: () => ({ corp: 'ready', partner: 'stale', other: 'unreachable' }),
    checks: async () => ({ serving: 'ok', objects: 'degraded', database: 'missing' }),
    lag,
    deliveries: async () => ({ webhooks: 2, records: 9, dead: 1 }),
  })
  const app = createApp({
    database: {
      graph: (tenant: string) => ({ tenant, read: fail, write: fail }),
    } as unknown as Database,
    ledger: undefined as never,
    objects: undefined as never,
    metrics,
  })
  const send = (path: string, init?: RequestInit) =>
    app.fetch(new Request(`http://localhost${path}`, init))
  const ask = (query: string, more: object = {}, tenant = 'acme') =>
    send('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-selvedge-tenant': tenant },
      body: JSON.stringify({ query, ...more }),
    })
  const lines = async () => (await metrics.text()).split('\n')
  /** The value of one series, as it is written. */
  const told = async (series: string) =>
    (await lines()).find((line) => line.startsWith(`${series} `))?.slice(series.length + 1)
  return { metrics, send, ask, lines, told }
}

/** Our series, without what the process and the clock add to them. */
const seriesOf = (lines: string[]) =>
  lines
    .filter((line) => /^selvedge_(request|problem|quer)/.test(line))
    .map((line) => line.split(' ')[0])

describe('the metrics', () => {
  it('say of each issuer of tokens whether its keys are held', async () => {
    const { told } = measured()
    const of = (issuer: string) => told(`selvedge_issuer_keys{issuer="${issuer}"}`)
    expect([await of('corp'), await of('partner'), await of('other')]).toEqual(['1', '0.5', '0'])
  })

  it('say of each check of /readyz what it finds', async () => {
    const { told } = measured()
    const of = (check: string) => told(`selvedge_check{check="${check}"}`)
    expect([await of('serving'), await of('objects'), await of('database')]).toEqual([
      '1',
      '0.5',
      '0',
    ])
  })

  it('count requests by route and root field, with the class of their status and their problem', async () => {
    const { ask, send, told } = measured()
    await ask('query Mine { log { size } }')
    await ask('{ log { size } again: log { size } }')
    await send('/exports/urn:mallory', { headers: { 'x-selvedge-tenant': 'acme' } })
    await send('/mallory')
    const series = await Promise.all([
      told(
        'selvedge_requests_total{route="/graphql",operation="query log",method="POST",status="5xx"}',
      ),
      told(
        'selvedge_requests_total{route="/graphql",operation="query several",method="POST",status="5xx"}',
      ),
      told('selvedge_requests_total{route="none",operation="none",method="GET",status="4xx"}'),
      told(
        'selvedge_problems_total{route="/graphql",operation="query log",code="DATABASE_UNAVAILABLE"}',
      ),
      told('selvedge_problems_total{route="none",operation="none",code="ROUTE_UNKNOWN"}'),
      told('selvedge_request_seconds_count{route="/exports/{id}",operation="none"}'),
      told('selvedge_requests_in_flight'),
    ])
    expect(series).toEqual(['1', '1', '1', '1', '1', '1', '0'])
  })

  it('have no more series, whatever callers make up', async () => {
    const { ask, send, lines } = measured()
    const everything = async (word: string) => {
      const name = word.replace(/\W/g, '') || 'x'
      await ask(`query q${name} { log { size } }`, { operationName: `q${name}` }, word)
      await ask(`query q${name} { ${name}x: log { size } }`, { operationName: 'other' })
      await ask(`{ ${name}Nothing }`)
      await send(`/${encodeURIComponent(word)}`)
      await send(`/exports/${encodeURIComponent(word)}?${name}`, {
        method: `M${name}`.slice(0, 20),
      })
      await send(`/log/${name}/checkpoint`, { headers: { 'x-selvedge-tenant': name } })
    }
    await everything('first')
    const before = seriesOf(await lines())
    await fc.assert(
      fc.asyncProperty(fc.stringMatching(/^[A-Za-z0-9 _"{}\\-]{1,30}$/), everything),
      { numRuns: 25 },
    )
    const extra = seriesOf(await lines()).filter((series) => !before.includes(series))
    // The class of a status may be another; no series holds a word that was sent.
    expect(new Set(extra.map((one) => one?.replace(/(status|code)="\w+"/, ''))).size).toBeLessThan(
      6,
    )
  })

  it('measure Cypher texts by their names, and count those that fail', async () => {
    const { metrics, told } = measured()
    metrics.onQuery({ name: 'entities by id' }, 'read')()
    metrics.onQuery({ name: 'entities by id' }, 'read')(new Error('no'))
    const labels = '{query="entities by id",access="read"}'
    expect(await told(`selvedge_query_seconds_count${labels}`)).toBe('2')
    expect(await told(`selvedge_query_failures_total${labels}`)).toBe('1')
  })

  it('tell what waits, the pool and the lag as they are now', async () => {
    const { told } = measured(async () => ({
      logs: 2,
      records: 7,
      oldestSeconds: 1.5,
      merges: 1,
    }))
    const names = ['commands_waiting', 'witness_waiting', 'database_connections_busy']
      .concat('database_connections_most', 'log_unsigned_records', 'log_unsigned')
      .concat('checkpoint_age_seconds', 'merges_open', 'database_answers')
    expect(await Promise.all(names.map((name) => told(`selvedge_${name}`)))).toEqual([
      '4',
      '5',
      '3',
      '32',
      '7',
      '2',
      '1.5',
      '1',
      '1',
    ])
  })

  it('tell who has a turn and who waits for it, by what for, and what is held meanwhile', async () => {
    const metrics = openMetrics({ version: '1.2.3' })
    const limits = { ...defaultLimits(), readSlots: 1 }
    const door = openDoor({ limits, identity: openHeaderIdentity() })
    metrics.watchQueues(door)
    const request = new Request('http://localhost/')
    let end = () => {}
    const until = new Promise<void>((resolve) => {
      end = resolve
    })
    const reading = [1, 2, 3].map(() => door.inTurn(request, 'read', () => until))
    door.turnsOf(request).hold(5_000)
    await setImmediate()
    const told = async (name: string) =>
      (await metrics.text()).split('\n').find((line) => line.startsWith(`${name} `))
    expect(await told('selvedge_turns_running{lane="read"}')).toMatch(/ 1$/)
    expect(await told('selvedge_turns_waiting{lane="read"}')).toMatch(/ 2$/)
    expect(await told('selvedge_turns_waiting{lane="parse"}')).toMatch(/ 0$/)
    expect(await told('selvedge_body_bytes_held')).toMatch(/ 5000$/)
    end()
    await Promise.all(reading)
    door.leave(request, new Headers())
    // The turn of a reader lasts until its answer is written.
    await expect.poll(() => told('selvedge_turns_running{lane="read"}')).toMatch(/ 0$/)
    expect(await told('selvedge_body_bytes_held')).toMatch(/ 0$/)
  })

  it('look at the database once each time, and tell no lag that they do not know', async () => {
    const answers = [ZERO, null, { ...ZERO, records: 9 }]
    let looks = 0
    const { told } = measured(async () => {
      looks += 1
      const answer = answers.shift()
      if (!answer) throw new Error('away')
      return answer
    })
    expect(await told('selvedge_log_unsigned_records')).toBe('0')
    expect(await told('selvedge_log_unsigned_records')).toBeUndefined()
    expect(looks).toBe(2)
    expect(await told('selvedge_log_unsigned_records')).toBe('9')
  })

  it('are served to who serves every tenant, and to nobody else', async () => {
    const { send } = measured()
    const response = await send('/metrics')
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    expect(await response.text()).toContain('selvedge_info{version="1.2.3"} 1')
    const reader = await send('/metrics', { headers: { 'x-selvedge-roles': 'reader' } })
    expect([reader.status, await reader.json()]).toMatchObject([403, { code: 'PERMISSION_DENIED' }])
  })
})

describe('what is queried', () => {
  const DASHBOARD = JSON.parse(readFileSync('docs/operations/grafana-dashboard.json', 'utf8')) as {
    panels: { title: string; targets: { expr: string }[] }[]
    templating: { list: { query: string }[] }
  }
  const ALERTS = parse(readFileSync('docs/operations/prometheus-alerts.yml', 'utf8')) as {
    groups: { rules: { alert: string; expr: string }[] }[]
  }
  const expressions = [
    ...DASHBOARD.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr])),
    ...DASHBOARD.templating.list.map(({ query }) => ['a variable', query]),
    ...ALERTS.groups.flatMap(({ rules }) => rules.map(({ alert, expr }) => [alert, expr])),
  ] as [string, string][]

  /** By name, the labels that a series of it has: its own, and what a scrape adds. */
  async function exposed() {
    const { ask, metrics } = measured()
    await ask('{ log { size } }')
    metrics.onQuery({ name: 'entities by id' }, 'read')(new Error('no'))
    metrics.onDelivery('delivered')
    const series = (await metrics.text()).matchAll(/^(selvedge_\w+)(?:\{(.*)\})? \S+$/gm)
    return new Map(
      [...series].map(([, name, labels = '']) => [
        name!,
        new Set(
          [...labels.matchAll(/(\w+)="/g)].map(([, label]) => label!).concat('instance', 'job'),
        ),
      ]),
    )
  }

  it.each(expressions)('exists, with its labels: %s: %s', async (_title, expr) => {
    const known = await exposed()
    const asked = [...expr.matchAll(/(selvedge_\w+)(?:\{([^}]*)\})?/g)]
    for (const [, name, matchers = ''] of asked) {
      expect([...known.keys()]).toContain(name)
      const grouped = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, by]) => by!.split(', '))
      const matched = [...matchers.matchAll(/(\w+)\s*=/g)].map(([, label]) => label!)
      for (const label of [...matched, ...grouped]) expect(known.get(name!)).toContain(label)
    }
    if (/selvedge/.test(expr)) expect(asked.length).toBeGreaterThan(0)
  })

  it('is something in every panel', () => {
    expect(DASHBOARD.panels.length).toBeGreaterThan(10)
    expect(DASHBOARD.panels.filter(({ targets }) => targets.length === 0)).toEqual([])
  })
})
