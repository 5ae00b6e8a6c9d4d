import { execFile } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { describeLineage } from '../../domains/standards/prov/describe.ts'
import { writeProvN } from '../../domains/standards/prov/prov-n.ts'
import { resolveJars } from '../setup/maven.ts'
import { anyAnswer, edge, node } from './answers.ts'

/** ProvToolbox, whose authors wrote PROV-CONSTRAINTS. */
const TOOLBOX = ['prov-n', 'prov-validation'].map((name) => `org.openprovenance.prov:${name}:2.2.1`)
const jars = await resolveJars(TOOLBOX, 'nobody else judges PROV by its constraints')
const run = promisify(execFile)

const folder = mkdtempSync(join(tmpdir(), 'selvedge-prov-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What it finds in each text: statements, circles of events, failed merges, overlapping types, the rest well. */
async function judged(texts: readonly string[]): Promise<string[]> {
  const program = join(folder, 'CheckProv.java')
  copyFileSync('tests/standards/CheckProv.java.txt', program)
  const files = texts.map((text, i) => {
    const file = join(folder, `${i}.provn`)
    writeFileSync(file, text)
    return file
  })
  const { stdout } = await run('java', ['-cp', jars!, program, ...files], { timeout: 120_000 })
  return stdout.trim().split('\n')
}

it.skipIf(jars === null)(
  'is valid by PROV-CONSTRAINTS whatever the graph holds; what is derived from itself would not be',
  async () => {
    const answers = fc.sample(anyAnswer, 40)
    const texts = answers.map((answer) => [...writeProvN(describeLineage(answer))].join(''))
    const [a, b] = [node(1), node(2)]
    const plain = { ...answers[0]!, nodes: [a, b], runs: [], edges: [edge(a, b)] }
    const forth = [...writeProvN(describeLineage(plain))].join('')
    const both = forth.replace(
      'endDocument',
      forth
        .match(/wasDerivedFrom\((\S+), (\S+),/)!
        .slice(1)
        .reverse()
        .join(', ')
        .replace(/^.*$/, 'wasDerivedFrom($&)\nendDocument'),
    )
    const told = await judged([...texts, forth, both])
    const statements = texts.map(
      (text) => text.split('\n').filter((line) => /^\w+\(/.test(line)).length,
    )
    expect(told.slice(0, -2)).toEqual(statements.map((count) => `${count} 0 0 0 true`))
    expect(told.at(-2)).toBe('3 0 0 0 true')
    expect(told.at(-1)).toMatch(/^4 [1-9]/)
  },
  300_000,
)
