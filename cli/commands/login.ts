import { resolve } from 'node:path'
import type { Command } from 'commander'
import { readConfig } from '../../server/config.ts'
import { isSafeAddress } from '../../server/identity/address.ts'
import { servedAt } from '../client.ts'
import { type SignIn, writeLogin } from '../identity/login.ts'
import { addressUnsafe } from '../identity/problems.ts'
import { type Approval, signIn, signInByDevice } from '../identity/sign-in.ts'

interface Options extends Omit<SignIn, 'secretFile' | 'keyFile'> {
  clientSecretFile?: string
  clientKeyFile?: string
  server?: string
}

export function define(command: Command): void {
  command
    .description(
      'Get a token of an OpenID Connect issuer, and use it from now on.\n\n' +
        'A service account signs in with its secret or its key. Without either a person logs in, with a\n' +
        'browser on any device: the command shows where, and waits.\n\n' +
        'Commands send it to that one server, and get a new one when it ends. It is kept in login.json\n' +
        'in SELVEDGE_HOME, with the paths of those files and not what is in them. SELVEDGE_TOKEN goes\n' +
        'before it.',
    )
    .requiredOption('--issuer <url>', 'the issuer')
    .requiredOption('--client-id <id>', 'the name of the client')
    .option('--client-secret-file <file>', 'the file with its secret')
    .option('--client-key-file <file>', 'or with its private key, as JWK or PEM (private_key_jwt)')
    .option('--scope <scopes>', 'the scopes to ask for')
    .option(
      '--audience <name>',
      'for whom the token is to be, where the issuer asks for `audience`',
    )
    .option('--resource <url>', 'the same, where it asks for `resource` (RFC 8707)')
    .option(
      '--server <url>',
      'the server that it is for (default: the one that `npm start` starts)',
    )
    .action(async (options: Options) => {
      if (options.clientSecretFile !== undefined && options.clientKeyFile !== undefined) {
        command.error('error: name --client-secret-file or --client-key-file, and not both')
      }
      await login(options)
    })
}

async function login({ clientSecretFile, clientKeyFile, server, ...asked }: Options) {
  const config = readConfig()
  const url = server ?? servedAt(config)
  if (!isSafeAddress(url)) throw addressUnsafe(url)
  const by: SignIn = {
    ...asked,
    ...(clientSecretFile !== undefined && { secretFile: resolve(clientSecretFile) }),
    ...(clientKeyFile !== undefined && { keyFile: resolve(clientKeyFile) }),
  }
  const isAccount = by.secretFile !== undefined || by.keyFile !== undefined
  const token = isAccount ? await signIn(by) : await signInByDevice(by, showApproval)
  const { origin } = new URL(url)
  writeLogin(config.home, { ...by, server: origin, ...token })
  const until = new Date(token.expiresAt * 1000).toISOString()
  process.stdout.write(`${by.clientId} of ${by.issuer} at ${origin}, until ${until}\n`)
}

const showApproval = ({ url, code }: Approval) =>
  process.stderr.write(`Open ${url} in a browser and enter ${code}\n`)
