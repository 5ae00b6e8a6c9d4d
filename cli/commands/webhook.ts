import { type Command, InvalidArgumentError, Option } from 'commander'
import { KINDS } from '../../lineage/kinds.ts'
import { clientFor, type Place } from '../identity/client-for.ts'
import { countOf } from '../time/moment.ts'
import { gather } from '../time/pages.ts'
import { letterLines, webhookLines } from '../webhook/tell.ts'
import {
  ADD,
  type Again,
  type Changed,
  DEAD_LETTERS,
  type Letters,
  LIST,
  type Listed,
  PAUSE,
  REDELIVER,
  REMOVE,
  RESUME,
} from '../webhook/texts.ts'

interface Options extends Place {
  json?: true
}

const place = (command: Command) =>
  command
    .requiredOption('--tenant <name>', 'the tenant')
    .option('--url <url>', 'the server (default: the one that `npm start` starts here)')
    .option('--json', 'print one JSON object')

const seqOf = (given: string) => {
  if (/^\d{1,15}$/.test(given)) return Number(given)
  throw new InvalidArgumentError('It must be a place in the log.')
}

export function define(command: Command): void {
  command.description(
    'Who is told what is recorded, as signed CloudEvents (docs/how-to/webhooks.md).',
  )
  place(command.command('add'))
    .argument('<endpoint>', 'an https URL')
    .description('Have records told to an endpoint, once it agrees.')
    .addOption(new Option('--kind <kind...>', 'only records of these kinds').choices([...KINDS]))
    .option('--from <seq>', 'from this place of the log on; 0 for all of it', seqOf)
    .action(add)
  place(command.command('list'))
    .description('List webhooks, and how far they have been told.')
    .option('--limit <n>', 'at most so many', countOf, 100)
    .action(list)
  const verbs = [
    ['pause', PAUSE, 'Send nothing to a webhook until it is resumed.'],
    ['resume', RESUME, 'Go on with a webhook that is paused, has ended or is failing.'],
    ['remove', REMOVE, 'Delete a webhook with its dead letters.'],
  ] as const
  for (const [verb, text, says] of verbs) {
    place(command.command(verb))
      .argument('<webhook>', 'its id')
      .description(says)
      .action((id: string, options: Options) => change(text, id, options))
  }
  place(command.command('dead-letters'))
    .argument('<webhook>', 'its id')
    .description('List the events that could not be delivered to a webhook.')
    .option('--limit <n>', 'at most so many', countOf, 100)
    .action(deadLetters)
  place(command.command('redeliver'))
    .argument('<webhook>', 'its id')
    .description('Deliver dead letters again, each once: all of them, or those named.')
    .option('--seq <seq...>', 'the place of a record', (one: string, before: number[] = []) => [
      ...before,
      seqOf(one),
    ])
    .action(redeliver)
}

interface AddOptions extends Options {
  kind?: string[]
  from?: number
}

async function add(endpoint: string, { kind: kinds, from, json, ...where }: AddOptions) {
  const input = { url: endpoint, kinds, from }
  const { changed } = await clientFor(where).graphql<Changed>(ADD, { input })
  tell({ json, ...where }, changed, webhookLines([changed.webhook], false))
}

async function list({ limit, json, ...where }: Options & { limit: number }) {
  const client = clientFor(where)
  const { items, more } = await gather(
    limit,
    1_000,
    async (page) => (await client.graphql<Listed>(LIST, { ...page })).webhooks,
  )
  tell({ json, ...where }, { webhooks: items, more }, webhookLines(items, more))
}

async function change(text: string, id: string, { json, ...where }: Options) {
  const { changed } = await clientFor(where).graphql<Changed>(text, { id })
  tell({ json, ...where }, changed, webhookLines([changed.webhook], false))
}

async function deadLetters(id: string, { limit, json, ...where }: Options & { limit: number }) {
  const client = clientFor(where)
  const { items, more } = await gather(
    limit,
    1_000,
    async (page) => (await client.graphql<Letters>(DEAD_LETTERS, { id, ...page })).deadLetters,
  )
  tell({ json, ...where }, { deadLetters: items, more }, letterLines(items, more))
}

async function redeliver(id: string, { seq: seqs, json, ...where }: Options & { seq?: number[] }) {
  const answer = await clientFor(where).graphql<Again>(REDELIVER, { id, seqs })
  const { count } = answer.webhookRedeliver
  const text = count === 1 ? '1 event is delivered again.' : `${count} events are delivered again.`
  tell({ json, ...where }, { count }, text)
}

const tell = ({ json, tenant }: Options, told: object, text: string) =>
  process.stdout.write(`${json ? JSON.stringify({ ok: true, tenant, ...told }) : text}\n`)
