import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SHELLS, type Shell, scriptFor } from '../../cli/completion/shells.ts'
import { tableOf } from '../../cli/completion/table.ts'
import { selvedge } from '../setup/selvedge.ts'

const folder = mkdtempSync(join(tmpdir(), 'selvedge-completion-'))
afterAll(() => rmSync(folder, { recursive: true }))
const AWK = 'cli/completion/complete.awk'

beforeAll(async () => {
  const { code, stdout, stderr } = await selvedge(['completion', 'bash'])
  expect(code, stderr).toBe(0)
  writeFileSync(join(folder, 'selvedge.bash'), stdout)
  const table = tableOf(await everything())
  for (const shell of ['zsh', 'fish'] as const) {
    writeFileSync(join(folder, `selvedge.${shell}`), scriptFor(shell, table))
  }
  mkdirSync(join(folder, 'books'))
  writeFileSync(join(folder, 'policy.cedar'), '')
  writeFileSync(join(folder, 'quiet day.zip'), '')
})

/** Every command, as the files that define them have it. */
async function everything() {
  const program = new Command('selvedge').version('1')
  for (const file of readdirSync('cli/commands')) {
    const name = file.replace(/\.ts$/, '')
    const { define } = await import(`../../cli/commands/${name}.ts`)
    define(program.command(name))
  }
  return program
}

/** What the program that the shells share offers for words of which the last is being written. */
const offered = (table: string, words: readonly string[]) =>
  execFileSync('awk', ['-f', AWK, ...words], {
    env: { ...process.env, SELVEDGE_COMPLETION: table },
    encoding: 'utf8',
  })
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t')[0]!)

describe('what is offered', () => {
  it('is every command, subcommand, option and choice that is defined, and nothing else', async () => {
    const program = await everything()
    const table = tableOf(program)
    const look = (command: Command, path: string[]) => {
      const help = command.createHelp()
      const commands = help.visibleCommands(command).map((one) => one.name())
      const options = help.visibleOptions(command)
      const forms = options.flatMap(({ long, short }) => [long, short]).filter((one) => one != null)
      if (commands.length > 0)
        expect(offered(table, [...path, ''])).toEqual(expect.arrayContaining(commands))
      expect(offered(table, [...path, '-']), path.join(' ')).toEqual(forms)
      for (const { long, argChoices } of options) {
        if (argChoices) expect(offered(table, [...path, long!, ''])).toEqual(argChoices)
        if (argChoices) {
          expect(offered(table, [...path, `${long}=`])).toEqual(
            argChoices.map((word) => `${long}=${word}`),
          )
        }
      }
      for (const one of command.commands) look(one, [...path, one.name()])
    }
    look(program, [])
    expect(program.commands.length).toBeGreaterThan(30)
  })

  it('is the same by the command itself, which knows all commands', async () => {
    const written = readFileSync(join(folder, 'selvedge.bash'), 'utf8')
    for (const command of (await everything()).commands) {
      expect(written).toContain(`\n\tcommand\t${command.name()}\t`.replace(/^\n/, ''))
    }
  })

  it.each([
    [['export', '--tenant', 'demo', '--out', ''], [':file']],
    [['policy', 'put', 'own', ''], [':file']],
    [['export', '--tenant', ''], []],
    [['export', '--withhold', 'a', 'b', ''], []],
    [['export', '--withhold', 'a', '--fo'], ['--format']],
    [['export', '--', '--fo'], []],
    [['help', 'exp'], ['export']],
    [['no such', ''], []],
  ])('for %j is %j', async (words, want) => {
    expect(offered(tableOf(await everything()), words)).toEqual(want)
  })
})

it('is written as the how-to says, for each shell', () => {
  const page = readFileSync('docs/how-to/completion.md', 'utf8')
  const told = [...page.matchAll(/^selvedge completion (\w+) > (\S+)$/gm)].map(([, shell]) => shell)
  expect(told).toEqual(SHELLS)
  expect(page).toContain(AWK)
})

it('names the shells that there are where another is asked for', async () => {
  const { code, stderr } = await selvedge(['completion', 'tcsh'])
  expect([code, stderr]).toEqual([2, expect.stringContaining('bash, zsh, fish')])
})

/** Whether a shell is there; where not, says loudly what is not tested. */
function hasShell(shell: Shell) {
  if (spawnSync(shell, ['-c', 'true']).status === 0) return true
  process.stderr.write(`\n  SKIPPED: ${shell} is missing, so its completion is not tested\n\n`)
  return false
}

const LINES: [line: string, completed: string][] = [
  ['selvedge exp', 'selvedge export '],
  ['selvedge policy si', 'selvedge policy simulate '],
  ['selvedge export --dir', 'selvedge export --direction '],
  [
    'selvedge export --tenant demo --format prov-j',
    'selvedge export --tenant demo --format prov-json ',
  ],
  ['selvedge export --format=prov-j', 'selvedge export --format=prov-json '],
  ['selvedge export --format pro', 'selvedge export --format prov-'],
  ['selvedge export --out boo', 'selvedge export --out books/'],
  ['selvedge export --out qui', 'selvedge export --out quiet\\ day.zip '],
  ['selvedge policy put own pol', 'selvedge policy put own policy.cedar '],
  ['selvedge help exp', 'selvedge help export '],
  ['selvedge completion f', 'selvedge completion fish '],
  ['selvedge export --tenant de', 'selvedge export --tenant de'],
]

describe.each(['bash', 'zsh'] as const)('%s', (shell) => {
  it.skipIf(!hasShell(shell))(
    'completes lines that are typed at a terminal',
    () => {
      const script = resolve('tests/cli/type_lines.py')
      const { stdout, stderr } = spawnSync(
        'python3',
        [script, shell, join(folder, `selvedge.${shell}`), folder],
        {
          ...{
            input: JSON.stringify(LINES.map(([line]) => line)),
            encoding: 'utf8',
            timeout: 60_000,
          },
        },
      )
      expect(stderr).toBe('')
      expect(JSON.parse(stdout)).toEqual(LINES.map(([, completed]) => completed))
    },
    90_000,
  )
})

it.skipIf(!hasShell('fish'))(
  'fish completes lines',
  () => {
    for (const [line, completed] of LINES) {
      const told = execFileSync(
        'fish',
        ['--no-config', '-c', `source ${join(folder, 'selvedge.fish')}; complete -C '${line}'`],
        { cwd: folder, encoding: 'utf8' },
      )
      const words = told
        .split('\n')
        .filter((one) => one !== '')
        .map((one) => one.split('\t')[0]!)
      const wanted = completed
        .slice(line.lastIndexOf(' ') + 1)
        .trim()
        .replace('\\', '')
      if (completed === line) expect(words, line).toEqual([])
      else
        expect(
          words.every((word) => word.startsWith(wanted)) && words.length > 0,
          `${line}: ${told}`,
        ).toBe(true)
    }
  },
  60_000,
)
