import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, it, vi } from 'vitest'

/** The compiler is started twice. */
vi.setConfig({ testTimeout: 240_000 })

const PAGE = readFileSync('docs/how-to/add-a-kind.md', 'utf8')
const copy = mkdtempSync(join(tmpdir(), 'selvedge-add-a-kind-'))
afterAll(() => rmSync(copy, { recursive: true, force: true }))

for (const folder of [
  ...['core', 'proofs', 'lineage', 'ledger', 'domains', 'loaders', 'resolvers', 'schema', 'server'],
  ...['cli', 'tests', 'package.json', 'tsconfig.json'],
]) {
  // What is installed below a folder is found by the link.
  const filter = (path: string) => !/(^|\/)(node_modules|dist|fixtures)(\/|$)/.test(path)
  cpSync(folder, join(copy, folder), { recursive: true, filter })
}
symlinkSync(resolve('node_modules'), join(copy, 'node_modules'))
writeFileSync(
  join(copy, 'tsconfig.kind.json'),
  JSON.stringify({
    extends: './tsconfig.json',
    include: ['schema/index.ts', 'domains/kinds/*.ts', 'tests/kinds/recording.ts'],
  }),
)

/** The blocks of the page, each with the file that it goes into, and where there. */
const blocks = [...PAGE.matchAll(/```ts\n\/\/ (\S+), (.+)\n([\s\S]*?)```/g)].map(
  ([, file, where, text]) => ({ file: file!, where: where!, text: text! }),
)

function follow({ file, where, text }: (typeof blocks)[number]) {
  const path = join(copy, file)
  if (where === 'anew') return writeFileSync(path, text)
  const source = readFileSync(path, 'utf8')
  if (where === 'above') return writeFileSync(path, text + source)
  const from = source.search(new RegExp(`^(export )?const ${where.replace('in ', '')}\\b`, 'm'))
  const end = source.slice(from).search(/^[}\]]/m)
  expect([where, from >= 0 && end > 0]).toEqual([where, true])
  writeFileSync(path, source.slice(0, from + end) + text + source.slice(from + end))
}

const run = promisify(execFile)

/** The files that the compiler finds something wrong with. */
async function named(): Promise<string[]> {
  const tsc = resolve('node_modules/.bin/tsc')
  const { stdout } = await run(tsc, ['--noEmit', '-p', 'tsconfig.kind.json'], { cwd: copy }).catch(
    (error: { stdout: string }) => error,
  )
  return [...new Set([...stdout.matchAll(/^(\S+\.ts)\(/gm)].map(([, file]) => file!))].sort()
}

it('leads from the name of a kind, by what the compiler names, to its API and its JSON Schema', async () => {
  expect(blocks.length).toBeGreaterThan(7)
  follow(blocks[0]!)
  const told = [...PAGE.matchAll(/^- `(\S+)`$/gm)].map(([, file]) => file!)
  expect(await named()).toEqual(told.sort())
  for (const block of blocks.slice(1)) follow(block)
  expect(await named()).toEqual([])
  writeFileSync(
    join(copy, 'show.ts'),
    `import { jsonSchemaOf } from './domains/kinds/json-schema.ts'
    import { schema } from './schema/index.ts'
    const fields = (name: string) => Object.keys((schema.getType(name) as any).getFields()).sort()
    console.log(JSON.stringify({
      mutations: fields('Mutation'), kind: fields('Dashboard'), body: fields('DashboardBody'),
      input: fields('DashboardInput'), needed: (jsonSchemaOf('Dashboard') as any).required,
    }))`,
  )
  const { stdout } = await run(process.execPath, ['show.ts'], { cwd: copy })
  expect(JSON.parse(stdout)).toEqual({
    mutations: expect.arrayContaining(['dashboardRecord']),
    kind: expect.arrayContaining(['id', 'body', 'licensedUnder']),
    body: ['audience', 'from', 'questions', 'title', 'until', 'url'],
    input: ['body', 'licensedUnder', 'name', 'namespace'],
    needed: ['title', 'audience'],
  })
})
