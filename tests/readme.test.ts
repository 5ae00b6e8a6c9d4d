import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openClient } from '../cli/client.ts'
import { sendWorld } from '../cli/seed/send.ts'
import { trustRoot } from '../domains/evidence/trust-root.ts'
import { formatTrust } from '../proofs/trust.ts'
import { testApp } from './setup/app.ts'
import { selvedge } from './setup/selvedge.ts'

const README = readFileSync('README.md', 'utf8')
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  scripts: Record<string, string>
}

/** The code blocks of one language, in order. */
const blocks = (language: string) =>
  [...README.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, named]) => named === language)
    .map(([, , code]) => code!)
const commands = blocks('sh').flatMap((block) => block.trim().split(/\n| && /))

const { app, database } = await testApp()
const tenant = `readme-${crypto.randomUUID().slice(0, 8)}`
const client = openClient('http://localhost', tenant, { send: app.fetch })
await sendWorld(client)
const [find, upstream] = blocks('graphql')
const { entity } = await client.graphql<{ entity: { id: string } }>(find!)

const out = mkdtempSync(join(tmpdir(), 'selvedge-readme-'))
afterAll(() => rmSync(out, { recursive: true, force: true }))

describe('the README', () => {
  it('asks what the seed world answers', async () => {
    const answer = await client.graphql(upstream!, { root: entity.id })
    expect(answer).toEqual(JSON.parse(blocks('json')[0]!))
  })

  it('verifies a bundle with the verdict that it shows', async () => {
    const { exportBundle } = await client.graphql<{ exportBundle: { url: string } }>(
      'mutation Export($root: ID!) { exportBundle(root: $root) { url } }',
      { root: entity.id },
    )
    writeFileSync(join(out, 'bundle.zip'), await client.get(exportBundle.url))
    writeFileSync(
      join(out, 'trust.json'),
      formatTrust(await trustRoot(database.graph(tenant).read, tenant)),
    )
    const command = commands
      .find((one) => one.includes('prov-verifier'))!
      .replaceAll('out/', `${out}/`)
    const printed = execFileSync(command, { shell: true, encoding: 'utf8' })
    const verdict = printed.slice(printed.indexOf('Verdict'), printed.lastIndexOf('\n\n'))
    const lines = blocks('text')[0]!.trim().split('\n')
    expect(verdict.split('\n').map((line, i) => line.slice(0, lines[i]?.length))).toEqual(lines)
  })

  it.each(commands)('names a script that there is: %s', (command) => {
    const [, script = command.split(' ')[1]!] = /^npm run (?:-s )?([\w-]+)/.exec(command) ?? []
    if (!['ci'].includes(script)) expect(Object.keys(scripts)).toContain(script)
  })

  it('names commands of the CLI that there are', async () => {
    const named = README.matchAll(/npm run -s selvedge -- (\w+)/g)
    for (const name of new Set([...named].map(([, command]) => command!))) {
      expect(await selvedge([name, '--help'])).toMatchObject({ code: 0 })
    }
  })

  it('shows the floors that there are', () => {
    const shown = [...README.matchAll(/^ {4}(\w+)\/ {2,}/gm)].map(([, floor]) => floor!)
    expect(shown).toHaveLength(8)
    for (const floor of shown) expect(readdirSync(floor)).not.toEqual([])
    const [, rooms = ''] = /^ {4}domains\/ .*, such as (.*)$/m.exec(README) ?? []
    const named = rooms.replaceAll(/ \(.*?\)/g, '').split(', ')
    expect(readdirSync('domains')).toEqual(expect.arrayContaining(named))
  })
})

const inFolder = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))
const pages = ['README.md', 'NEWS.md', ...['docs', 'seeds', 'domains'].flatMap(inFolder)]

it.each(pages.filter((page) => page.endsWith('.md')))(
  'every link of %s leads to a file',
  (page) => {
    const links = [...readFileSync(page, 'utf8').matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
    const missing = links
      .map(([, to]) => to!)
      .filter((to) => !/^https?:/.test(to) && !existsSync(join(page, '..', to)))
    expect(missing).toEqual([])
  },
)

it('lists every decision', () => {
  const index = readFileSync('docs/README.md', 'utf8')
  for (const file of readdirSync('docs/decisions')) expect(index).toContain(file)
})
