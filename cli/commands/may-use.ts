import type { Command } from 'commander'
import { clientFor, type Place } from '../identity/client-for.ts'
import { type MayUseAnswer, mayUseLines } from '../terms/tell.ts'
import { MAY_USE } from '../terms/texts.ts'
import { countOf, dayOf, MOMENT_HELP, type Moment, momentOf } from '../time/moment.ts'

interface Options extends Place {
  action: string
  for: string
  to?: string
  in?: string
  at?: string
  asOf?: Moment
  first: number
  json?: true
}

export function define(command: Command): void {
  command
    .argument('<id>', 'the entity, by its URN')
    .description(
      'Whether something may be used in a way, and why. Everything that it is made of must permit it,\n' +
        'nothing may forbid it, and what nobody knows denies.\n\n' +
        'Ends with 0 where it is allowed, be it with duties, and with 1 where it is denied.\n\n' +
        MOMENT_HELP,
    )
    .requiredOption('--tenant <name>', 'the tenant')
    .requiredOption('--action <word>', 'what is to be done, such as reproduce')
    .requiredOption('--for <purpose>', 'what for, such as dpv:Marketing')
    .option('--to <recipient>', 'who gets it')
    .option('--in <place>', 'where: a country, a part of one, or EU')
    .option('--url <url>', 'the server (default: the one that `npm start` starts here)')
    .option('--at <day>', 'the day of the use, such as 2026-03-31 (default: today)', dayOf)
    .option('--as-of <moment>', 'by what was recorded then', momentOf)
    .option('--first <n>', 'at most so many reasons: 1 to 100', countOf, 20)
    .option('--json', 'print one JSON object')
    .action(tellMayUse)
}

/** What the command ends with where the use is denied. */
const DENIED = 1

async function tellMayUse(
  id: string,
  {
    action,
    for: purpose,
    to: recipient,
    in: jurisdiction,
    at,
    asOf,
    first,
    json,
    ...place
  }: Options,
) {
  const asked = { id, action, purpose, recipient, jurisdiction, at, asOf, first }
  const { mayUse } = await clientFor(place).graphql<{ mayUse: MayUseAnswer }>(MAY_USE, asked)
  const told = { ok: true, tenant: place.tenant, id, ...mayUse }
  process.stdout.write(json ? `${JSON.stringify(told)}\n` : `${mayUseLines(mayUse)}\n`)
  if (mayUse.answer === 'DENY') process.exitCode = DENIED
}
