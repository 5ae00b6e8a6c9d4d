import type { Command } from 'commander'
import { readConfig } from '../../server/config.ts'
import { progressTo } from '../../server/neo4j/progress.ts'
import { type Serving, serve } from '../../server/serve.ts'

export function define(command: Command): void {
  command
    .description(
      'Serve on SELVEDGE_HOST and SELVEDGE_PORT until interrupted.\n\n' +
        'Neo4j is found, or started, as `selvedge neo4j start` does it.',
    )
    .action(start)
}

async function start() {
  const serving = await serve(readConfig(), { progress: progressTo(process.stderr) })
  process.stdout.write(`${serving.neo4j.describe}\nSelvedge serves at ${serving.url}\n`)
  await interrupted(serving)
}

/**
 * Stops in order at the first signal: what was accepted is answered. A second one does not wait. Ends
 * the process, for a listener or timer left behind must not keep it.
 */
function interrupted(serving: Serving): Promise<void> {
  return new Promise((resolve, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(130))
        serving.close().then(resolve, reject)
      })
    }
  })
}
