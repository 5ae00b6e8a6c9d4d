import { type Command, Option } from 'commander'
import { ROLES, type Role } from '../../domains/access/roles.ts'
import { readConfig } from '../../server/config.ts'
import { addClient } from '../../server/dev-issuer/clients.ts'
import { devIssuerDirectory } from '../../server/dev-issuer/mint.ts'
import { serveDevIssuer } from '../../server/dev-issuer/serve.ts'
import { coloursOn } from '../colours.ts'
import { untilInterrupted } from '../interrupted.ts'

export function define(command: Command): void {
  command
    .description(
      'Serve an OpenID Connect issuer for development, on this machine alone, until interrupted.\n\n' +
        'Its signatures are real; its key lies in SELVEDGE_HOME, beside what it guards. It serves\n' +
        'discovery, keys, and tokens for its clients (client_credentials, by secret or private_key_jwt),\n' +
        'on SELVEDGE_DEV_ISSUER_PORT. `selvedge token` needs no issuer that runs.',
    )
    .action(serveUntilInterrupted)
  command
    .command('add-client')
    .description('Make a service account, and the secret or the key that it signs in with.')
    .argument('<id>', 'its name, which is the subject of its tokens too')
    .requiredOption('--tenant <name>', 'the tenant that it speaks for; * for all of them')
    .addOption(
      new Option('--role <role...>', 'what it may do').choices(ROLES).makeOptionMandatory(),
    )
    .option('--key', 'let it sign in with a private key of its own (private_key_jwt)')
    .action((id: string, { tenant, role, key }: { tenant: string; role: Role[]; key?: true }) => {
      const directory = devIssuerDirectory(readConfig())
      const by = key ? 'key' : 'secret'
      const kept = addClient(directory, { id, tenant, roles: role }, by)
      process.stdout.write(`${kept}\n`)
    })
}

async function serveUntilInterrupted() {
  const issuer = await serveDevIssuer(readConfig())
  const interrupted = untilInterrupted(issuer.close)
  const { yellow } = coloursOn(process.stderr)
  process.stderr.write(
    yellow(
      'FOR DEVELOPMENT ONLY: whoever can read SELVEDGE_HOME can be anybody. Never trust this issuer\n' +
        'from a server that others reach.\n',
    ),
  )
  process.stdout.write(`The development issuer serves at ${issuer.url}\n`)
  await interrupted
}
