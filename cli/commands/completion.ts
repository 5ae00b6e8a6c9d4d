import { Argument, type Command } from 'commander'
import { SHELLS, type Shell, scriptFor } from '../completion/shells.ts'
import { tableOf } from '../completion/table.ts'

export function define(command: Command): void {
  command
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .description(
      'Write what makes a shell complete the commands, options and choices of selvedge, and files\n' +
        'where files are taken (docs/how-to/completion.md).',
    )
    .action((shell: Shell) => {
      process.stdout.write(scriptFor(shell, tableOf(command.parent!)))
    })
}
