import type { Command } from 'commander'
import { readConfig } from '../../server/config.ts'
import { forgetLogin } from '../identity/login.ts'

export function define(command: Command): void {
  command
    .description(
      'Forget the login of this home. A token that was given out lives until its own end.',
    )
    .action(() => {
      const was = forgetLogin(readConfig().home)
      process.stdout.write(was ? 'logged out\n' : 'there was no login\n')
    })
}
