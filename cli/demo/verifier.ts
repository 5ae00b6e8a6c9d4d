import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Check, Summary } from '../../proofs/report.ts'

const VERIFIER = fileURLToPath(new URL('../prov-verifier.ts', import.meta.url))

/** What `prov-verifier --json` prints, as far as the demo tells it. */
export interface Verified {
  ok: boolean
  exit: number
  verdict: Record<string, string>
  explained: Record<string, string>
  checks: Check[]
  bundle: Summary | null
}

/**
 * Runs the verifier as a process of its own, which is given two files and nothing of the service.
 *
 * @throws {Error} Where it printed no report.
 */
export async function runVerifier(bundle: string, trust: string): Promise<Verified> {
  const { printed, exit } = await run([bundle, '--trust', trust])
  const report = JSON.parse(printed || '{}') as Verified & { error?: string }
  if (!report.checks) throw new Error(`prov-verifier: ${report.error ?? 'it printed no report'}`)
  if (report.exit !== exit) throw new Error(`prov-verifier said ${report.exit} and ended ${exit}`)
  return report
}

/** What is proven of an event of usage, against the record that a bundle shows. */
export async function runUsageVerifier(
  proof: string,
  { bundle, trust }: { bundle: string; trust: string },
): Promise<{ ok: boolean; value: string | null }> {
  const { printed, exit } = await run(['usage', proof, '--bundle', bundle, '--trust', trust])
  const report = JSON.parse(printed || '{}') as {
    ok?: boolean
    event?: { data: { value: unknown } }
  }
  return {
    ok: exit === 0 && report.ok === true,
    value: report.event ? String(report.event.data.value) : null,
  }
}

async function run(args: readonly string[]) {
  const node = ['--disable-warning=ExperimentalWarning', VERIFIER]
  const child = spawn(process.execPath, [...node, ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    printed += chunk
  })
  const exit = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  return { printed, exit }
}
