import type { Command } from 'commander'
import { readConfig, unknownSettings } from '../../server/config.ts'
import { isText, openLog } from '../../server/log.ts'
import { progressInLines, progressTo } from '../../server/neo4j/progress.ts'
import { serve } from '../../server/serve.ts'
import { tellFailure } from '../failure.ts'
import { addSettingFlags, flagsIn } from '../flags.ts'
import { untilInterrupted } from '../interrupted.ts'

export function define(command: Command): void {
  command
    .description(
      'Serve on SELVEDGE_HOST and SELVEDGE_PORT until interrupted.\n\n' +
        'Neo4j is found, or started, as `selvedge neo4j start` does it.',
    )
    .action(start)
  addSettingFlags(command)
}

async function start(options: Record<string, string>) {
  const config = readConfig(process.env, flagsIn(options))
  const log = openLog(config)
  for (const setting of unknownSettings()) log.warn({ setting }, 'there is no such setting')
  // Whoever reads JSON lines reads nothing else.
  const progress = isText(config.logFormat)
    ? progressTo(process.stderr)
    : progressInLines((line) => log.info(line))
  const serving = await serve(config, { progress, log })
  // Before anyone is told that it serves, and may end it.
  const interrupted = untilInterrupted(() => serving.close(), serving.reload)
  process.stdout.write(`${serving.neo4j.describe}\nSelvedge serves at ${serving.url}\n`)
  try {
    await interrupted
  } catch (error) {
    // What could not be ended keeps the process, and whoever waits for it, for as long as it likes.
    process.exit(tellFailure(error))
  }
}
