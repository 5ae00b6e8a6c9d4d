#!/usr/bin/env -S node --disable-warning=ExperimentalWarning --max-semi-space-size=4
import { Command, CommanderError } from 'commander'
import { VERSION } from '../server/version.ts'
import { tellFailure } from './failure.ts'

/** Adds what a command takes and does to the empty command of its name. */
export type Define = (command: Command) => void

interface Entry {
  name: string
  summary: string
  /** Loaded only when the command is called, so that help does not wait for what it does not use. */
  load: () => Promise<{ define: Define }>
}

/** Every command, in the order of the help. */
const COMMANDS: readonly Entry[] = [
  {
    name: 'start',
    summary: 'serve until interrupted',
    load: () => import('./commands/start.ts'),
  },
  {
    name: 'demo',
    summary: 'from real events to an answer that verifies offline',
    load: () => import('./commands/demo.ts'),
  },
  {
    name: 'seed',
    summary: 'send the seed world to a running server',
    load: () => import('./commands/seed.ts'),
  },
  {
    name: 'token',
    summary: 'print a token of the development issuer',
    load: () => import('./commands/token.ts'),
  },
  {
    name: 'login',
    summary: 'get a token of an issuer, and use it from now on',
    load: () => import('./commands/login.ts'),
  },
  {
    name: 'logout',
    summary: 'forget the login',
    load: () => import('./commands/logout.ts'),
  },
  {
    name: 'dev-issuer',
    summary: 'serve an issuer of tokens for development',
    load: () => import('./commands/dev-issuer.ts'),
  },
  {
    name: 'trust',
    summary: 'write the trust root of a tenant',
    load: () => import('./commands/trust.ts'),
  },
  {
    name: 'history',
    summary: 'who changed an entity, when and how',
    load: () => import('./commands/history.ts'),
  },
  {
    name: 'diff',
    summary: 'what differs between two moments',
    load: () => import('./commands/diff.ts'),
  },
  {
    name: 'tail',
    summary: 'follow what is recorded, as it happens',
    load: () => import('./commands/tail.ts'),
  },
  {
    name: 'search',
    summary: 'find entities by words of what they say',
    load: () => import('./commands/search.ts'),
  },
  {
    name: 'owned',
    summary: 'list what somebody answers for, and what is missing from it',
    load: () => import('./commands/owned.ts'),
  },
  {
    name: 'path',
    summary: 'show all shortest ways upstream from one entity to another',
    load: () => import('./commands/path.ts'),
  },
  {
    name: 'terms',
    summary: 'on what terms something may be used, and what brings them',
    load: () => import('./commands/terms.ts'),
  },
  {
    name: 'may-use',
    summary: 'whether something may be used in a way, and why',
    load: () => import('./commands/may-use.ts'),
  },
  {
    name: 'impact',
    summary: 'what a change would do to everything downstream, before it is made',
    load: () => import('./commands/impact.ts'),
  },
  {
    name: 'columns',
    summary: 'show what a column of a dataset comes from, or what comes from it',
    load: () => import('./commands/columns.ts'),
  },
  {
    name: 'query',
    summary: 'run a saved query, or save one',
    load: () => import('./commands/query.ts'),
  },
  {
    name: 'export',
    summary: 'write the answer to a lineage question as a bundle that verifies offline',
    load: () => import('./commands/export.ts'),
  },
  {
    name: 'import',
    summary: 'record the lines of a CSV or NDJSON file',
    load: () => import('./commands/import.ts'),
  },
  {
    name: 'webhook',
    summary: 'tell other systems what is recorded, and what could not be delivered',
    load: () => import('./commands/webhook.ts'),
  },
  {
    name: 'metering',
    summary: 'list and seal windows of usage, and prove that events are in them',
    load: () => import('./commands/metering.ts'),
  },
  {
    name: 'attach',
    summary: 'attach a file, on its own or to an entity that it documents',
    load: () => import('./commands/attach.ts'),
  },
  {
    name: 'attachment',
    summary: 'fetch the file of an attachment',
    load: () => import('./commands/attachment.ts'),
  },
  {
    name: 'keys',
    summary: 'list, rotate and retire the keys that sign, or say that one is compromised',
    load: () => import('./commands/keys.ts'),
  },
  {
    name: 'log',
    summary: 'export the log of a tenant as files',
    load: () => import('./commands/log.ts'),
  },
  {
    name: 'fsck',
    summary: 'derive everything stored anew from the records, and name what differs',
    load: () => import('./commands/fsck.ts'),
  },
  {
    name: 'backup',
    summary: 'write an encrypted backup of the database, or verify one',
    load: () => import('./commands/backup.ts'),
  },
  {
    name: 'restore',
    summary: 'go on under a new origin where the database was set back',
    load: () => import('./commands/restore.ts'),
  },
  {
    name: 'witness',
    summary: 'cosign the checkpoints of logs, as a witness of its own',
    load: () => import('./commands/witness.ts'),
  },
  {
    name: 'erasures',
    summary: 'what was erased, and whether backups may still hold it',
    load: () => import('./commands/erasures.ts'),
  },
  {
    name: 'schema',
    summary: 'the JSON Schema of what things of a kind say of themselves',
    load: () => import('./commands/schema.ts'),
  },
  {
    name: 'policy',
    summary: 'who may do what in a tenant, and what a change would mean',
    load: () => import('./commands/policy.ts'),
  },
  {
    name: 'objects',
    summary: 'list and verify the files of exports and attachments, and delete what nobody needs',
    load: () => import('./commands/objects.ts'),
  },
  {
    name: 'neo4j',
    summary: 'start, stop and look at the Neo4j of this home',
    load: () => import('./commands/neo4j.ts'),
  },
  {
    name: 'config',
    summary: 'list every setting, its value and where it came from',
    load: () => import('./commands/config.ts'),
  },
  {
    name: 'completion',
    summary: 'write what makes a shell complete these commands',
    load: () => import('./commands/completion.ts'),
  },
]

/** This one writes down what all the others take. */
const COMPLETION = 'completion'

/** Only the command that is called gets its options: the others stand in the help by their summary. */
async function build(called: string | undefined): Promise<Command> {
  const program = new Command('selvedge')
    .description('Lineage you can prove.')
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError('(selvedge --help lists the commands)')
  for (const { name, summary, load } of COMMANDS) {
    const command = program.command(name).summary(summary).description(summary)
    if (name === called || called === COMPLETION) (await load()).define(command)
  }
  return program
}

/** Commander's own exits: help and version are a success, any misuse is 2. */
const codeOf = ({ exitCode }: CommanderError) => (exitCode === 0 ? 0 : 2)

try {
  const args = process.argv.slice(2)
  const [first, second] = args.filter((arg) => !arg.startsWith('-'))
  const program = await build(first === 'help' ? second : first)
  await program.parseAsync(args, { from: 'user' })
} catch (error) {
  process.exitCode = error instanceof CommanderError ? codeOf(error) : tellFailure(error)
}
