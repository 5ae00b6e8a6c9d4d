import { type Command, InvalidArgumentError } from 'commander'
import { clientFor } from '../identity/client-for.ts'
import { sendGovernance } from '../seed/governance.ts'
import { sendWorld } from '../seed/send.ts'
import { sendTerms } from '../seed/terms.ts'

export function define(command: Command): void {
  command
    .description(
      'Send the seed world to a running server: real OpenLineage events, terms for them, and\n' +
        'who answers for them, models, assessments, decisions and usage (seeds/README.md).\n\n' +
        'The tenant is created where it does not exist. Sent again, the world changes nothing.',
    )
    .option('--tenant <name>', 'the tenant that gets it', 'demo')
    .option('--url <url>', 'the server (default: the one that `npm start` starts here)', httpUrl)
    .action(async ({ tenant, url }: { tenant: string; url?: string }) => {
      const client = clientFor({ url, tenant })
      await sendWorld(client, (sent) => {
        process.stdout.write(`${sent.file}: ${sent.events} events, ${sent.appended} log entries\n`)
      })
      const added = await sendTerms(client)
      process.stdout.write(`terms.json: sources, licences and their texts, ${added} of them new\n`)
      await sendGovernance(client, ({ file, lines, added }) => {
        process.stdout.write(`${file}: ${lines} lines, ${added} of them new\n`)
      })
    })
}

function httpUrl(given: string) {
  if (/^https?:/i.test(given) && URL.canParse(given)) return given
  throw new InvalidArgumentError('It must be a URL such as http://127.0.0.1:4600.')
}
