import { type Command, InvalidArgumentError, Option } from 'commander'
import { ROLES, type Role } from '../../domains/access/roles.ts'
import { readConfig } from '../../server/config.ts'
import { mintToken } from '../../server/dev-issuer/mint.ts'

interface Options {
  tenant: string
  role: Role[]
  subject: string
  ttl: number
}

export function define(command: Command): void {
  command
    .description(
      'Print a token of the development issuer of this home.\n\n' +
        'For development on this machine: `npm start` takes it as long as no issuers are configured.\n' +
        'The key that signs it is made at first use, under dev-issuer/ in SELVEDGE_HOME.',
    )
    .requiredOption('--tenant <name>', 'the tenant that it speaks for; * for all of them')
    .addOption(
      new Option('--role <role...>', 'what its bearer may do').choices(ROLES).makeOptionMandatory(),
    )
    .option('--subject <name>', 'whom it stands for', 'local')
    .option('--ttl <seconds>', 'how long it lives: 1 to 86,400', secondsOf, 3_600)
    .action(async ({ tenant, role, subject, ttl }: Options) => {
      const grant = { tenant, roles: role, subject, ttlSeconds: ttl }
      process.stdout.write(`${await mintToken(readConfig(), grant)}\n`)
    })
}

function secondsOf(text: string) {
  const seconds = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (seconds >= 1 && seconds <= 86_400) return seconds
  throw new InvalidArgumentError('It must be a whole number from 1 to 86400.')
}
