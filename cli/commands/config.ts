import type { Command } from 'commander'
import { Problem } from '../../core/problem.ts'
import { type ListedSetting, listConfig, unknownSettings } from '../../server/config.ts'
import { coloursOn } from '../colours.ts'

const colours = coloursOn(process.stdout)

export function define(command: Command): void {
  command
    .option('--json', 'print one JSON object')
    .addHelpText('after', () => `\n${table()}`)
    .action(showConfig)
}

function showConfig({ json }: { json?: boolean }) {
  const [settings, unknown] = [listConfig(), unknownSettings()]
  if (json) print(JSON.stringify({ settings, unknown }, null, 2))
  else print(table())
  const wrong = settings.find(({ wanted }) => wanted !== undefined)
  if (wrong) {
    throw new Problem('CONFIG_INVALID', `${wrong.name} must be ${wrong.wanted}`)
  }
}

const print = (text: string) => process.stdout.write(`${text}\n`)

function table(): string {
  const misspelt = unknownSettings().map(
    (name) => `${colours.yellow(name)}\n  is set, but there is no such setting\n`,
  )
  return ['Settings, read from the environment:\n', ...listConfig().map(show), ...misspelt].join(
    '\n',
  )
}

function show({ name, meaning, default: fallback, value, from, wanted }: ListedSetting): string {
  const lines = [colours.bold(name), `  ${meaning}`, `  default: ${fallback || '(nothing)'}`]
  if (from === 'environment') lines.push(`  now: ${colours.cyan(value ?? '')} (environment)`)
  if (wanted !== undefined) lines.push(colours.red(`  wrong: it must be ${wanted}`))
  return `${lines.join('\n')}\n`
}
