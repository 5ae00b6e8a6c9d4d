import type { Argument, Command, Option } from 'commander'

/**
 * What can stand where on a line, as a table of texts: a row for each command, option and argument of
 * each command, its fields apart by tabs. It is read by `complete.awk`, in whatever shell.
 *
 * | a row begins with the path of a command, and | then come |
 * | --- | --- |
 * | `command` | its name, what it is for |
 * | `option` | its long or short form, what it takes, `*` where any number, what it is for |
 * | `argument` | its place from 0, what it takes, `*` where it is the last, and any number |
 *
 * What is taken: `-` nothing, `word` what nobody can guess, `file`, `folder`, or `=` with the words that
 * there are, apart by spaces.
 */
export function tableOf(program: Command): string {
  const rows = rowsOf(program, '')
  const helped = program.commands.map((one) => ['help', 'command', one.name(), one.summary()])
  return [...rows, ...helped].map((row) => row.map(plain).join('\t')).join('\n')
}

type Row = readonly string[]

function rowsOf(command: Command, path: string): Row[] {
  const help = command.createHelp()
  const commands = help.visibleCommands(command)
  return [
    ...commands.map((one) => [path, 'command', one.name(), one.summary() || one.description()]),
    ...help.visibleOptions(command).flatMap((option) => optionRows(option, path)),
    ...command.registeredArguments.map((argument, i) => [
      ...[path, 'argument', String(i), takenBy(argument, argument.name())],
      argument.variadic ? '*' : '',
    ]),
    ...commands
      .filter((one) => command.commands.includes(one))
      .flatMap((one) => rowsOf(one, path === '' ? one.name() : `${path} ${one.name()}`)),
  ]
}

function optionRows(option: Option, path: string): Row[] {
  const takes = option.required || option.optional ? takenBy(option, placeholder(option)) : '-'
  const { description, variadic } = option
  return [option.long, option.short]
    .filter((form) => form != null)
    .map((form) => [path, 'option', form, takes, variadic ? '*' : '', description])
}

const placeholder = ({ flags }: Option) => /[<[]([^\]>]*?)(?:\.\.\.)?[\]>]/.exec(flags)?.[1] ?? ''

function takenBy({ argChoices }: Pick<Option | Argument, 'argChoices'>, called: string) {
  if (argChoices) return `=${argChoices.join(' ')}`
  if (/^(?:file|path|bundle)s?$/.test(called)) return 'file'
  return /^(?:dir|folder)$/.test(called) ? 'folder' : 'word'
}

/** On one line, and the first sentence of it. */
const plain = (text: string) => text.replace(/\n[\s\S]*/, '').replaceAll('\t', ' ')
