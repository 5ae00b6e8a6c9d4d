import { spawn } from 'node:child_process'
import type { Finding } from './findings.ts'

/** What npm answered, or why it could not ask: the registry may have no endpoint for advisories. */
export type Asked = { findings: Finding[] } | { unasked: string }

interface Advice {
  source?: number
  url?: string
  name: string
  title: string
  severity: string
}

interface AuditReport {
  error?: { summary?: string; detail?: string }
  message?: string
  auditReportVersion?: number
  vulnerabilities?: Record<string, { via: readonly (string | Advice)[]; range: string }>
}

/**
 * Has npm ask its registry about what the lockfile names.
 *
 * @param registry Another than the one that npm is set up with.
 */
export async function askNpm(folder: string, registry?: string): Promise<Asked> {
  const args = ['audit', '--json', '--package-lock-only']
  const { output, error } = await run(
    [...args, ...(registry ? ['--registry', registry] : [])],
    folder,
  )
  if (error) return { unasked: `npm could not be run: ${error.message}` }
  const report = parse(output)
  // Only a report has this: every failure to ask is told in a form of its own.
  if (report?.auditReportVersion === undefined || !report.vulnerabilities) {
    const why = report?.error?.summary || report?.message || 'npm gave no report'
    return { unasked: why }
  }
  const findings = Object.values(report.vulnerabilities).flatMap(({ via, range }) =>
    // Where it names a package instead, that one's own entry has the advisory.
    via.filter((one) => typeof one !== 'string').map((advice) => findingOf(advice, range)),
  )
  return { findings }
}

const findingOf = ({ url, source, name, title, severity }: Advice, range: string): Finding => ({
  advisory: /GHSA-[\w-]+$/.exec(url ?? '')?.[0] ?? String(source),
  package: name,
  versions: [range],
  severity,
  title,
})

function parse(output: string): AuditReport | null {
  try {
    return JSON.parse(output) as AuditReport
  } catch {
    return null
  }
}

function run(args: readonly string[], cwd: string) {
  const child = spawn('npm', args, { cwd, stdio: ['ignore', 'pipe', 'ignore'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (part) => {
    output += part
  })
  return new Promise<{ output: string; error?: Error }>((resolve) => {
    child.once('error', (error) => resolve({ output, error }))
    child.once('close', () => resolve({ output }))
  })
}
