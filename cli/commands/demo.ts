import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { Problem } from '../../core/problem.ts'
import { type Config, readConfig } from '../../server/config.ts'
import { progressTo } from '../../server/neo4j/progress.ts'
import type { Serving } from '../../server/serve.ts'
import { playAll, TENANT } from '../demo/play.ts'
import type { DemoResult } from '../demo/result.ts'
import { openStage } from '../demo/stage.ts'
import { tellFailure } from '../failure.ts'

interface Options {
  out?: string
  json?: boolean
  fast?: boolean
}

export function define(command: Command): void {
  command
    .description(
      'From real events to an answer that verifies offline, on a real Neo4j.\n\n' +
        'Starts what it needs, keeps its data under SELVEDGE_HOME (tenant demo), and stops all of it.\n' +
        'Ends with 0 only when everything held.',
    )
    .option(
      '--out <dir>',
      'where bundle.zip and trust.json are left (default: demo/ in SELVEDGE_HOME)',
    )
    .option('--json', 'print one JSON object; what is told to a person goes to stderr')
    .option('--fast', 'do not pause between scenes')
    .action(async (options: Options) => {
      process.exitCode = await demo(options, readConfig())
    })
}

async function demo({ out, json = false, fast = false }: Options, config: Config) {
  const result: DemoResult = { ok: false, tenant: TENANT, seconds: {} }
  const stage = openStage({ out: json ? process.stderr : process.stdout, fast: fast || json })
  let serving: Serving | null = null
  const release = stopOnSignal(() => serving)
  try {
    await playAll({
      config,
      stage,
      progress: progressTo(process.stderr),
      out: resolve(out ?? join(config.home, 'demo')),
      result,
      onServing: (now) => {
        serving = now
      },
    })
  } catch (error) {
    result.error = {
      code: error instanceof Problem ? error.code : 'INTERNAL_ERROR',
      message: (error as Error).message,
    }
    tellFailure(error)
  } finally {
    release()
  }
  const total = Object.values(result.seconds).reduce((sum, one) => sum + one, 0)
  result.seconds.total = Math.round(total * 1000) / 1000
  stage.say('', conclusion(result, stage.colours))
  if (json) process.stdout.write(`${JSON.stringify(result)}\n`)
  return result.ok ? 0 : 1
}

function conclusion({ ok, seconds }: DemoResult, { green, red }: { green: Paint; red: Paint }) {
  if (!ok) return red('Not everything held.')
  return green(
    `Everything held, in ${seconds.total!.toFixed(0)} s. All that was started is stopped.`,
  )
}

type Paint = (text: string) => string

/** Ctrl-C takes the server and its Neo4j along. */
function stopOnSignal(serving: () => Serving | null) {
  const stop = (signal: 'SIGINT' | 'SIGTERM') => {
    const code = signal === 'SIGINT' ? 130 : 143
    const end = () => process.exit(code)
    const server = serving()
    if (server) server.close().then(end, end)
    else end()
  }
  process.once('SIGINT', stop).once('SIGTERM', stop)
  return () => process.off('SIGINT', stop).off('SIGTERM', stop)
}
