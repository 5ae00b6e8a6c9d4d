import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, expect, it } from 'vitest'
import { logSize, near } from '../imports/sending.ts'
import { testApp } from '../setup/app.ts'
import { listening } from '../setup/listening.ts'
import { selvedge, spawnSelvedge } from '../setup/selvedge.ts'

const test = await testApp()
const url = await listening(test.app)
const folder = mkdtempSync(join(tmpdir(), 'selvedge-import-cli-'))

afterAll(() => {
  rmSync(folder, { recursive: true })
})

const fileOf = (name: string, content: string) => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const argsFor = (tenant: string, file: string, ...more: string[]) => [
  ...['import', file, '--tenant', tenant, '--url', url],
  ...more,
]
const run = (tenant: string, file: string, ...more: string[]) =>
  selvedge(argsFor(tenant, file, ...more), { SELVEDGE_HOME: folder })

const license = (name: string, body: object = { title: name }) =>
  JSON.stringify({ kind: 'License', ...near(name), body })

it('records a file, tells of it in a line, and says by its code how much went in', async () => {
  const tenant = await test.freshTenant()
  const before = await logSize(test, tenant)
  const file = fileOf('some.ndjson', [license('a'), license('b', {}), license('a')].join('\n'))
  const dry = await run(tenant, file, '--dry-run')
  expect(await logSize(test, tenant)).toBe(before)
  const { code, stdout, stderr } = await run(tenant, file)
  expect([dry.code, code], stderr).toEqual([3, 3])
  expect(dry.stderr).toBe(stderr)
  expect(stderr.split('\n')).toEqual([
    'line 2: BODY_INVALID: body/title: it must be said.',
    'line 3: IMPORT_LINE_TWICE: Line 1 is about the same thing: say all of it in one line.',
    '',
  ])
  expect(stdout).toBe('3 lines: 1 recorded, 0 said nothing new, 0 were in already, 2 refused\n')
  expect(await logSize(test, tenant)).toBe(before + 1)
})

it('reads CSV from standard input, keeps what is refused in a file, and tells programs by events', async () => {
  const tenant = await test.freshTenant()
  const errors = join(folder, 'errors.ndjson')
  const args = argsFor(tenant, '-', '--format', 'csv', '--kind', 'License', '--json')
  const given = 'namespace,name,body.title\r\nn,a,A\r\nn,b\r\n'
  const { code, stdout } = await selvedge(
    [...args, '--errors', errors],
    { SELVEDGE_HOME: folder },
    undefined,
    given,
  )
  expect(code).toBe(3)
  const refused = { line: 3, code: 'IMPORT_ROW_INVALID', fields: 2, columns: 3 }
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    // A machine that is busy has time for more of these.
    .filter(({ event }) => event !== 'progress')
  expect(events).toMatchObject([
    { event: 'refused', ...refused },
    { event: 'ended', ok: false, tenant, isWhole: true, lines: 2, recorded: 1, refused: 1 },
  ])
  expect(JSON.parse(readFileSync(errors, 'utf8'))).toMatchObject(refused)
})

it.each([
  [
    'a file of another encoding',
    'latin.ndjson',
    Buffer.from('"\xe9"', 'latin1').toString('latin1'),
    1,
    /^IMPORT_ENCODING_INVALID: .*line 1/,
  ],
  [
    'a column that nothing has',
    'column.csv',
    'kind,namespace,name,body.titel\nLicense,n,a,b\n',
    1,
    /^IMPORT_COLUMN_UNKNOWN: .*«body.titel»/,
  ],
  ['a file that says nothing', 'empty.ndjson', '\n\n', 1, /^IMPORT_FILE_EMPTY: /],
  [
    'lines that are all refused',
    'none.ndjson',
    '{}\n7\n',
    1,
    /^line 1: IMPORT_KIND_UNKNOWN: .*\nline 2: IMPORT_LINE_INVALID: /,
  ],
  [
    'a file of no known ending',
    'some.txt',
    license('a'),
    2,
    /say whether it is --format csv or ndjson/,
  ],
])('refuses %s, and records nothing', async (_what, name, content, exit, wrong) => {
  const tenant = await test.freshTenant()
  const before = await logSize(test, tenant)
  const path = join(folder, name)
  writeFileSync(path, content, name === 'latin.ndjson' ? 'latin1' : 'utf8')
  const { code, stderr } = await run(tenant, path)
  expect(code, stderr).toBe(exit)
  expect(stderr).toMatch(wrong)
  expect(await logSize(test, tenant)).toBe(before)
})

it.each(['SIGKILL', 'SIGINT'] as const)(
  'goes on after %s in the midst where it was, and records nothing twice',
  async (signal) => {
    const tenant = await test.freshTenant()
    const before = await logSize(test, tenant)
    const all = 1_200
    const lines = Array.from({ length: all }, (_, i) => license(`licence ${i}`))
    const file = fileOf(`${signal}.ndjson`, lines.join('\n'))
    const child = spawnSelvedge(argsFor(tenant, file), { SELVEDGE_HOME: folder })
    let said = ''
    child.stdout!.on('data', (part) => {
      said += part
    })
    const ended = once(child, 'close')
    while ((await logSize(test, tenant)) < before + 200) await wait(10)
    child.kill(signal)
    const [code, by] = await ended
    expect(signal === 'SIGKILL' ? by : code).toBe(signal === 'SIGKILL' ? 'SIGKILL' : 3)
    if (signal === 'SIGINT') expect(said).toMatch(/the same command again goes on from there\.\n$/)
    const { code: end, stdout, stderr } = await run(tenant, file, '--json')
    expect(end, stderr).toBe(0)
    const told = JSON.parse(stdout.trim().split('\n').at(-1)!)
    expect(told).toMatchObject({ ok: true, lines: all, unchanged: 0, refused: 0 })
    expect(told.earlier).toBeGreaterThan(0)
    expect(told.earlier + told.recorded).toBe(all)
    expect(await logSize(test, tenant)).toBe(before + all)
  },
)

it('follows the page that says how', async () => {
  const tenant = await test.freshTenant()
  const page = readFileSync('docs/how-to/import.md', 'utf8')
  const files = [...page.matchAll(/^```(csv|ndjson)\n(.*?)^```$/gms)]
  const commands = [...page.matchAll(/^npm run -s selvedge -- (import .*)$/gm)]
  for (const [, format, content] of files) fileOf(`sources.${format}`, content!)
  for (const [, line] of commands) {
    const args = line!.replaceAll(' demo', ` ${tenant}`).split(' ')
    const { code, stderr } = await selvedge(
      [...args, '--url', url],
      { SELVEDGE_HOME: folder },
      folder,
    )
    expect(code, `${line}\n${stderr}`).toBe(0)
  }
  expect([files.length, commands.length]).toEqual([2, 3])
  const { data } = await test.ask<{ entities: { nodes: { name: string }[] } }>(
    '{ entities(first: 50, kind: Source) { nodes { name } } }',
    { tenant },
  )
  expect(data.entities.nodes.map(({ name }) => name).sort()).toEqual(['orders', 'weather'])
})
