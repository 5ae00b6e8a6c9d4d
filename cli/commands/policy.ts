import { readFileSync } from 'node:fs'
import { type Command, InvalidArgumentError } from 'commander'
import { clientFor, type Place as ServerOf } from '../identity/client-for.ts'
import { type PolicyEntry, policyLines, type Simulation, simulationLines } from '../policy/tell.ts'
import { POLICIES, PUT, RETIRE, SIMULATE } from '../policy/texts.ts'

interface Place extends ServerOf {
  json?: true
}

interface Change {
  name: string
  text: string | null
}

export function define(command: Command): void {
  command.description('Who may do what in a tenant, by Cedar policies (docs/how-to/policies.md).')
  atServer(command.command('list'))
    .description(
      'List the policies in force: those shipped with Selvedge, then those of the tenant.',
    )
    .option('--text', 'with what they say')
    .action(list)
  atServer(command.command('put <name> <file>'))
    .description('Put a policy in force, in the place of the one of that name. `-` reads stdin.')
    .action(put)
  atServer(command.command('retire <name>'))
    .description('Retire a policy: it decides nothing any more.')
    .action(retire)
  atServer(command.command('simulate'))
    .description(
      'Show which decisions changes would turn, and put nothing in force.\n\n' +
        'Looks at every role with every permission, unless --recent or --requests says what to look at.',
    )
    .option('--put <name=file>', 'a policy to put in force; can be repeated', collectPut, [])
    .option('--retire <name>', 'a policy to retire; can be repeated', collect, [])
    .option('--recent <n>', 'look at up to so many decisions that the server made of late', number)
    .option('--requests <file>', 'look at the requests in a JSON file')
    .action(simulate)
  command
    .command('schema')
    .description('Print the Cedar schema: who asks, and every permission with what needs it.')
    .action(async () => {
      // The whole surface, which no other verb needs.
      const { decisionEngine } = await import('../../server/surface.ts')
      process.stdout.write(decisionEngine().schema)
    })
}

const atServer = (command: Command) =>
  command
    .requiredOption('--tenant <name>', 'the tenant')
    .option('--url <url>', 'the server (default: the one that `npm start` starts here)')
    .option('--json', 'print one JSON object')

const tell = ({ json, tenant }: Place, told: object, text: string) =>
  process.stdout.write(json ? `${JSON.stringify({ ok: true, tenant, ...told })}\n` : text)

async function list({ text, ...place }: Place & { text?: true }) {
  const client = clientFor(place)
  const { policies } = await client.graphql<{ policies: PolicyEntry[] }>(POLICIES)
  tell(place, { policies }, policyLines(policies, { withText: text === true }))
}

async function put(name: string, file: string, place: Place) {
  const client = clientFor(place)
  const { policyPut } = await client.graphql<{ policyPut: { position: string } }>(PUT, {
    name,
    text: readText(file),
  })
  tell(place, { name, ...policyPut }, `${name} is in force from ${policyPut.position} on\n`)
}

async function retire(name: string, place: Place) {
  const client = clientFor(place)
  const { policyRetire } = await client.graphql<{ policyRetire: { position: string } }>(RETIRE, {
    name,
  })
  tell(place, { name, ...policyRetire }, `${name} is retired from ${policyRetire.position} on\n`)
}

interface SimulateOptions extends Place {
  put: Change[]
  retire: string[]
  recent?: number
  requests?: string
}

async function simulate({ put: puts, retire: names, recent, requests, ...place }: SimulateOptions) {
  const client = clientFor(place)
  const { policySimulate } = await client.graphql<{ policySimulate: Simulation }>(SIMULATE, {
    changes: [...puts, ...names.map((name) => ({ name, text: null }))],
    recentDecisions: recent,
    requests: requests && (JSON.parse(readText(requests)) as unknown),
  })
  tell(place, policySimulate, simulationLines(policySimulate))
}

const readText = (file: string) => readFileSync(file === '-' ? 0 : file, 'utf8')

const collect = (given: string, before: string[]) => [...before, given]

function collectPut(given: string, before: Change[]): Change[] {
  const [, name, file] = /^([^=]+)=(.+)$/s.exec(given) ?? []
  if (!name || !file) throw new InvalidArgumentError('It must be a name and a file, name=file.')
  return [...before, { name, text: readText(file) }]
}

function number(given: string) {
  if (/^\d{1,4}$/.test(given)) return Number(given)
  throw new InvalidArgumentError('It must be a whole number.')
}
