import { readFileSync } from 'node:fs'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { savedQueryNotFound } from '../../domains/saved-queries/problems.ts'
import { clientFor, type Place } from '../identity/client-for.ts'
import { type Asked, ask } from '../query/ask.ts'
import { listIn, tableOf } from '../query/table.ts'
import {
  LIST,
  type Listed,
  REMOVE,
  type Removed,
  SAVE,
  type Saved,
  type SavedQuery,
  SHOW,
  type Shown,
} from '../query/texts.ts'
import { type Variables, variableOf, variablesFrom } from '../query/variables.ts'
import { countOf } from '../time/moment.ts'
import { gather } from '../time/pages.ts'

interface Options extends Place {
  list?: true
  show?: string
  save?: string
  remove?: string
  document?: string
  operation?: string
  savedVersion?: number
  var?: Variables
  variables?: string
  title?: string
  description?: string
  limit: number
  json?: true
}

/** What is done instead of running a saved query; one of these at a time. */
const VERBS = ['list', 'show', 'save', 'remove', 'document'] as const

const versionOf = (given: string) => {
  if (/^[1-9]\d{0,14}$/.test(given)) return Number(given)
  throw new InvalidArgumentError('It must be a whole number from 1 on.')
}

export function define(command: Command): void {
  const alone = (flags: string, says: string, name: (typeof VERBS)[number]) =>
    new Option(flags, says).conflicts(VERBS.filter((verb) => verb !== name))
  command
    .argument('[name]', 'the saved query that is run; with --save, the file of its document')
    .description(
      'Run a saved query, or look after those of a tenant (docs/how-to/saved-queries.md). An answer that is\n' +
        'one list is told as a table, any other as JSON.',
    )
    .requiredOption('--tenant <name>', 'the tenant')
    .option('--url <url>', 'the server (default: the one that `npm start` starts here)')
    .option(
      '--var <name=value>',
      'a variable, as JSON or as a text; any number of them',
      variableOf,
    )
    .option('--variables <file>', 'variables, as a JSON object')
    .option('--operation <name>', 'the operation of the document, where it has several')
    .option('--saved-version <n>', 'what the saved query said in this version', versionOf)
    .addOption(
      alone('--document <file>', 'run this document instead, - for standard input', 'document'),
    )
    .addOption(alone('--list', 'list the saved queries', 'list'))
    .addOption(alone('--show <name>', 'print the document of a saved query', 'show'))
    .addOption(alone('--save <name>', 'save the document of a file under this name', 'save'))
    .addOption(alone('--remove <name>', 'remove a saved query', 'remove'))
    .option('--title <text>', 'with --save: what it is called')
    .option('--description <text>', 'with --save: what it is for')
    .option('--limit <n>', 'with --list: at most so many', countOf, 100)
    .option('--json', 'print one JSON object')
    .action((name: string | undefined, options: Options) => carryOut(name, options, command))
}

async function carryOut(name: string | undefined, options: Options, command: Command) {
  const { save, document } = options
  const takesName = VERBS.every((verb) => options[verb] === undefined) || save !== undefined
  if (takesName && name === undefined) {
    const what =
      save === undefined ? 'a saved query' : 'the file of its document, - for standard input'
    command.error(`error: name ${what} (--help tells more)`)
  }
  if (!takesName && name !== undefined) command.error(`error: what is ${name} for here?`)
  if (options.list) return list(options)
  if (options.show !== undefined) return show(options.show, options)
  if (options.remove !== undefined) return remove(options.remove, options)
  if (save !== undefined) return saveFrom(name!, save, options)
  return run(document === undefined ? { name: name! } : { document }, options)
}

const read = (file: string) => readFileSync(file === '-' ? 0 : file, 'utf8')

async function run(
  what: { name: string } | { document: string },
  { operation, savedVersion: version, variables: file, var: named, json, ...place }: Options,
) {
  const given = variablesFrom(file, named)
  const asked: Asked = {
    ...('name' in what
      ? { extensions: { savedQuery: { name: what.name, version } } }
      : { query: read(what.document) }),
    operationName: operation,
    ...(Object.keys(given).length > 0 && { variables: given }),
  }
  const { data, position } = await ask(clientFor(place), asked)
  const found = json ? null : listIn(data)
  print(
    json
      ? JSON.stringify({ ok: true, tenant: place.tenant, position, data })
      : found
        ? tableOf(found)
        : JSON.stringify(data, null, 2),
  )
}

async function list({ limit, json, ...place }: Options) {
  const client = clientFor(place)
  const { items, more } = await gather(
    limit,
    1_000,
    async (page) => (await client.graphql<Listed>(LIST, { ...page })).savedQueries,
  )
  if (json) print(JSON.stringify({ ok: true, tenant: place.tenant, savedQueries: items, more }))
  else if (items.length === 0) print('There is no saved query.')
  else
    print(
      `${tableOf({ rows: items.map(lineOf), more: false })}${more ? '\n(--limit shows more)' : ''}`,
    )
}

const lineOf = ({ name, version, recordedAt, variables, title }: SavedQuery) => ({
  name,
  version,
  saved: recordedAt,
  variables: Object.keys(variables ?? {}).join(',') || null,
  title,
})

async function show(name: string, { json, ...place }: Options) {
  const { savedQuery } = await clientFor(place).graphql<Shown>(SHOW, { name })
  if (!savedQuery) throw savedQueryNotFound(name)
  if (json) print(JSON.stringify({ ok: true, tenant: place.tenant, savedQuery }))
  else process.stdout.write((savedQuery.document ?? '').replace(/\n?$/, '\n'))
}

async function saveFrom(file: string, name: string, options: Options) {
  const { title, description, operation, variables, var: named, json, ...place } = options
  const input = {
    ...{ name, title, description, document: read(file), operationName: operation },
    variables: variablesFrom(variables, named),
  }
  const { savedQuerySave: saved } = await clientFor(place).graphql<Saved>(SAVE, { input })
  const { changed, savedQuery } = saved
  const told = changed ? 'is saved' : 'was saved just so already'
  if (json) print(JSON.stringify({ ok: true, tenant: place.tenant, ...saved }))
  else print(`${name} ${told}, as version ${savedQuery.version}.`)
}

async function remove(name: string, { json, ...place }: Options) {
  const { savedQueryRemove: removed } = await clientFor(place).graphql<Removed>(REMOVE, { name })
  if (json) print(JSON.stringify({ ok: true, tenant: place.tenant, name, ...removed }))
  else print(`${name} is removed.`)
}

const print = (text: string) => process.stdout.write(`${text}\n`)
