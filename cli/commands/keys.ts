import { writeFileSync } from 'node:fs'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { HELD_USES, type HeldUse } from '../../ledger/keys.ts'
import { readConfig } from '../../server/config.ts'
import { jwks } from '../../server/jwks.ts'
import { openServiceKeys } from '../../server/open.ts'
import { tellFailure } from '../failure.ts'
import { changesText, type Done, listText } from '../keys/text.ts'
import {
  compromiseInLogs,
  type KeyWork,
  listKeys,
  retireInLogs,
  rotateInLogs,
} from '../keys/work.ts'

interface Options {
  tenant?: string[]
  use?: HeldUse
  json?: true
  keep?: true
  since?: string
  out?: string
}

const tenants = () =>
  new Option('--tenant <name...>', 'these tenants only; every tenant unless given')
const use = () => new Option('--use <use>', 'one use only').choices([...HELD_USES])
const json = () => new Option('--json', 'print one JSON object')

const AGAIN =
  'What was interrupted is taken up by calling it again: what is done is not done twice.\n' +
  'Ends with 0 where every log was changed or needed no change, with 1 where one was refused.'

export function define(command: Command): void {
  command.description(
    'The keys of the service: one set for all tenants, with records of their coming and going in\n' +
      "every tenant's log (docs/keys.md).",
  )
  command
    .command('list')
    .description('Show the keys, and with --tenant for which sizes each stands in that log.')
    .addOption(tenants())
    .addOption(json())
    .action(async (options: Options) => {
      const listed = await listKeys(options.tenant ?? [])
      print(options.json ? JSON.stringify({ ok: true, ...listed }, null, 2) : listText(listed))
    })
  command
    .command('rotate')
    .description(
      'Make a new key and bring it into every log: its record is signed by the old and the new key and\n' +
        'published under the old one before the new one signs; then the old one is retired. Bundles that\n' +
        `the old one signed stay as genuine as they were. Left out, those of both uses that stand in logs;\n` +
        `--use webhook makes another for events, which no log knows.\n\n${AGAIN}`,
    )
    .addOption(use())
    .addOption(tenants())
    .option('--keep', 'leave the old key standing; it signs nothing more')
    .addOption(json())
    .action(({ use, ...options }: Options) =>
      change(options, (work) =>
        use === 'webhook' ? rotateForWebhooks() : rotateInLogs(work, { ...options, use }),
      ),
    )
  command
    .command('retire')
    .argument('<kid>', 'the key, by its id')
    .description(`Retire a key that is not the last of its use.\n\n${AGAIN}`)
    .addOption(tenants())
    .addOption(json())
    .action((kid: string, options: Options) =>
      change(options, (work) => retireInLogs(work, { ...options, kid })),
    )
  command
    .command('compromise')
    .argument('<kid>', 'the key, by its id')
    .description(
      'Say in every log that somebody else may have a key. Where it signs, another takes its place\n' +
        'first. From then on it signs nothing here, whatever a restored database says. Hand on the\n' +
        'trust roots anew afterwards (docs/runbooks/compromised-key.md). One that signs events stands in\n' +
        `no log: it is published no more.\n\n${AGAIN}`,
    )
    .option(
      '--since <time>',
      'when somebody may have got it (RFC 3339); unknown unless given',
      momentOf,
    )
    .addOption(tenants())
    .addOption(json())
    .action((kid: string, options: Options) =>
      change(options, (work) => compromiseInLogs(work, { ...options, kid })),
    )
  command
    .command('export')
    .description('Write the public keys as a JWK Set. No private key ever leaves where it is.')
    .addOption(use())
    .option('--out <file>', 'write it there instead of printing it')
    .action(exportKeys)
}

/** Without an offset it would be another time wherever it is read. */
function momentOf(text: string): string {
  const isWhole = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text)
  const time = new Date(isWhole ? text : Number.NaN)
  if (!Number.isNaN(time.getTime())) return time.toISOString()
  throw new InvalidArgumentError('it must be a time such as 2026-03-31T09:15:00Z.')
}

/** No log knows of these, and no server keeps them in mind: the next event is signed by the new one. */
async function rotateForWebhooks(): Promise<Done> {
  const keys = await openServiceKeys(readConfig())
  const { kid } = await keys.webhook!.make()
  return { keys: { webhook: kid }, tenants: [] }
}

const print = (text: string) => process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)

async function change(
  { json }: Options,
  carryOut: (work: KeyWork) => Promise<Done>,
): Promise<void> {
  const done = await carryOut({ onRefused: (error) => tellFailure(error) })
  const ok = done.tenants.every(({ code }) => code === undefined)
  print(json ? JSON.stringify({ ok, ...done }, null, 2) : changesText(done))
  process.exitCode = ok ? 0 : 1
}

async function exportKeys({ use, out }: Options) {
  const keys = await openServiceKeys(readConfig(), { signing: false })
  const all = [...(await keys.list()), ...((await keys.webhook?.list()) ?? [])]
  const isMeant = ({ use: own, kid }: (typeof all)[number]) =>
    (use === undefined || own === use) && !(own === 'webhook' && keys.isBanned(kid))
  const held = all.filter(isMeant)
  const text = `${JSON.stringify(jwks(held), null, 2)}\n`
  if (out === undefined) process.stdout.write(text)
  else writeFileSync(out, text)
}
