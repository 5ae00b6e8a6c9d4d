import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { type Explanation, judge, readExplanations } from '../../supply-chain/findings.ts'
import { type Advisory, compare, matchAdvisories } from '../../supply-chain/osv.ts'
import { readTree } from '../../supply-chain/packages.ts'

const folder = mkdtempSync(join(tmpdir(), 'selvedge-audit-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

const { packages } = readTree('.')
const zod = packages.find(({ name }) => name === 'zod')!
const [major] = zod.version.split('.').map(Number)

/** A registry that knows one thing to say about `npm audit`'s question, and is asked by the real npm. */
async function registry(answer: (asked: Record<string, string[]>) => [number, object]) {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const isQuestion = request.url === '/-/npm/v1/security/advisories/bulk'
    const sent = Buffer.concat(chunks)
    const asked = () => JSON.parse(String(sent[0] === 0x1f ? gunzipSync(sent) : sent))
    const [status, body] = isQuestion ? answer(asked()) : [404, { error: 'not found' }]
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const audit = (...args: string[]) =>
  new Promise<{ code: number; told: string; report: Record<string, unknown> }>((resolve) => {
    const all = ['--disable-warning=ExperimentalWarning', 'supply-chain/main.ts', 'audit', '--json']
    execFile(process.execPath, [...all, ...args], (error, stdout, stderr) =>
      resolve({
        code: error === null ? 0 : Number(error.code),
        told: stderr,
        report: JSON.parse(stdout),
      }),
    )
  })

const advice = (vulnerable: string) => ({
  zod: [
    {
      id: 1_234_567,
      url: 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc',
      title: 'zod says yes to everything',
      severity: 'high',
      vulnerable_versions: vulnerable,
      cwe: [],
      cvss: { score: 0, vectorString: null },
    },
  ],
})

describe('an audit of the dependencies', () => {
  it('is clean where npm is told of nothing, having asked about every package', async () => {
    let about: Record<string, string[]> = {}
    const url = await registry((asked) => {
      about = asked
      return [200, {}]
    })
    const { code, report } = await audit('--registry', url)
    expect([code, report]).toEqual([0, { ok: true, unexplained: [], explained: [], stale: [] }])
    expect(about).toMatchObject({ zod: [zod.version], vitest: expect.any(Array) })
    expect(Object.keys(about).length).toBeGreaterThan(400)
  })

  it('names what npm is told of a package that is installed', async () => {
    const { code, told, report } = await audit(
      '--registry',
      await registry(() => [200, advice(`<${major! + 1}.0.0`)]),
    )
    expect(code).toBe(1)
    expect(report).toMatchObject({
      ok: false,
      unexplained: [{ advisory: 'GHSA-aaaa-bbbb-cccc', package: 'zod', severity: 'high' }],
    })
    expect(told).toContain('zod says yes to everything')
  })

  it('says loudly, and by a code of its own, that nobody could be asked', async () => {
    const refusing = await registry(() => [405, { error: 'Method Not Allowed' }])
    const { code, told, report } = await audit('--registry', refusing)
    expect([code, report.ok]).toEqual([3, null])
    expect(told).toMatch(/^NOT AUDITED: .*405/)
  })

  it('asks files in the OSV format instead, where there is no network', async () => {
    const files = join(folder, 'advisories', '2026')
    mkdirSync(files, { recursive: true })
    const advisory = (id: string, affected: Advisory['affected'], more = {}) =>
      writeFileSync(join(files, `${id}.json`), JSON.stringify({ id, affected, ...more }))
    const of = (events: object[], ecosystem = 'npm') =>
      [{ package: { ecosystem, name: 'zod' }, ranges: [{ type: 'SEMVER', events }] }] as never
    const now = [{ introduced: '0' }, { fixed: `${major! + 1}.0.0` }]
    advisory('GHSA-0001', of(now), { database_specific: { severity: 'HIGH' } })
    advisory('GHSA-0002', of([{ introduced: '0' }, { fixed: zod.version }]))
    advisory('GHSA-0003', of(now), { withdrawn: '2026-01-01T00:00:00Z' })
    advisory('GHSA-0004', of(now, 'PyPI'))
    const { code, report } = await audit('--advisories', join(folder, 'advisories'))
    expect(code).toBe(1)
    expect(report.unexplained).toEqual([
      {
        advisory: 'GHSA-0001',
        package: 'zod',
        versions: [zod.version],
        severity: 'high',
        title: '',
      },
    ])
  })

  it('counts a folder without advisories as nobody asked', async () => {
    const empty = mkdtempSync(join(folder, 'empty-'))
    expect(await audit('--advisories', empty)).toMatchObject({ code: 3 })
  })
})

describe('an advisory', () => {
  const affects = (version: string, events: object[], versions: string[] = []) => {
    const affected = { package: { ecosystem: 'npm', name: 'zod' }, versions }
    const ranges = [{ type: 'SEMVER', events }]
    const advisories = [{ id: 'X', affected: [{ ...affected, ranges }] }]
    return matchAdvisories([{ ...zod, version }], advisories).findings.length === 1
  }

  it.each<[string, object[], boolean]>([
    ['1.0.0', [{ introduced: '1.0.0' }, { fixed: '1.2.0' }], true],
    ['1.2.0', [{ introduced: '1.0.0' }, { fixed: '1.2.0' }], false],
    ['1.2.0-rc.1', [{ introduced: '1.0.0' }, { fixed: '1.2.0' }], true],
    ['0.9.9', [{ introduced: '1.0.0' }, { fixed: '1.2.0' }], false],
    ['1.2.0', [{ introduced: '1.0.0' }, { last_affected: '1.2.0' }], true],
    ['1.2.1', [{ introduced: '1.0.0' }, { last_affected: '1.2.0' }], false],
    ['0.0.0-alpha', [{ introduced: '0' }], true],
    [
      '2.5.0',
      [{ introduced: '0' }, { fixed: '1.2.0' }, { introduced: '2.0.0' }, { fixed: '3.0.0' }],
      true,
    ],
    [
      '1.5.0',
      [{ introduced: '2.0.0' }, { fixed: '3.0.0' }, { introduced: '0' }, { fixed: '1.2.0' }],
      false,
    ],
  ])('of %s within %j: %s', (version, events, affected) => {
    expect(affects(version, events)).toBe(affected)
  })

  it('holds for a version that it lists', () => {
    expect(affects('7.0.0', [], ['7.0.0'])).toBe(true)
    expect(affects('7.0.1', [], ['7.0.0'])).toBe(false)
  })
})

it('orders versions as Semantic Versioning 2.0.0 does', () => {
  // The example of its section 11, with what comes before and after.
  const order = ['0.0.0-0', '1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta']
  order.push('1.0.0-beta.2', '1.0.0-beta.11', '1.0.0-rc.1', '1.0.0', '1.0.1', '1.10.0', '2.0.0')
  for (const [i, a] of order.entries()) {
    for (const [j, b] of order.entries())
      expect([a, b, compare(a, b)]).toEqual([a, b, Math.sign(i - j)])
  }
  expect(compare('1.0.0+build', '1.0.0')).toBe(0)
  // «0» stands for whatever is first.
  expect(compare('0', '0.0.0-0')).toBe(0)
})

describe('an explanation', () => {
  const finding = { advisory: 'GHSA-1', package: 'a', versions: ['1'], severity: 'low', title: '' }
  const because: Explanation = {
    advisory: 'GHSA-1',
    package: 'a',
    why: 'never called',
    until: '2026-06-30',
  }

  it('holds to the end of its last day, and not longer', () => {
    const lastDay = judge([finding], [because], '2026-06-30')
    expect(lastDay).toEqual({ unexplained: [], explained: [finding], stale: [] })
    const nextDay = judge([finding], [because], '2026-07-01')
    expect(nextDay).toEqual({ unexplained: [finding], explained: [], stale: [because] })
  })

  it('is of one advisory and one package', () => {
    const other = { ...finding, package: 'b' }
    expect(judge([other], [because], '2026-01-01')).toMatchObject({
      unexplained: [other],
      stale: [because],
    })
  })

  it('is read from the table of the page', () => {
    const row = '| `GHSA-x1y2-z3a4-b5c6` | `@scope/name` | we never call it | 2026-06-30 |'
    expect(readExplanations(`# Audit\n\n${row}\n`)).toEqual([
      {
        advisory: 'GHSA-x1y2-z3a4-b5c6',
        package: '@scope/name',
        why: 'we never call it',
        until: '2026-06-30',
      },
    ])
    const page = readFileSync('docs/operations/audit.md', 'utf8')
    expect(page.match(/^\| *`?GHSA/gm) ?? []).toHaveLength(readExplanations(page).length)
  })
})
