import picocolors from 'picocolors'
import { sha256 } from '../../core/sha256.ts'
import { ProofError } from '../../proofs/error.ts'
import { EXIT, exitCode, type Group } from '../../proofs/report.ts'
import { type Trust, trustOfVkey } from '../../proofs/trust.ts'
import type { FormReport, Ruling } from '../../proofs/verify/signer.ts'
import { UsageError } from './arguments.ts'
import { readTrust, UnreadableError } from './files.ts'
import { failureJson, writeJson } from './json.ts'
import type { Terminal } from './run.ts'
import { checkLine, coloured, conclusion, safe, TITLES } from './text.ts'

/** What every form other than a bundle is given besides its files. */
export const FORM_OPTIONS = {
  trust: { type: 'string' },
  vkey: { type: 'string' },
  'accept-untrusted': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const

/** The values of these options. */
export interface FormValues {
  trust?: string | undefined
  vkey?: string | undefined
  'accept-untrusted': boolean
  json: boolean
}

/**
 * Verifies something that is no bundle and tells the report, in the style of a bundle's.
 *
 * @returns The exit code, as for a bundle.
 */
export async function runForm(
  title: string,
  values: FormValues,
  { terminal, verify }: { terminal: Terminal; verify(trust: Trust | null): Promise<FormReport> },
): Promise<number> {
  const { json } = values
  try {
    const report = await verify(trustOf(values))
    const exit = exitCode(report, values['accept-untrusted'])
    terminal.out(json ? formJson(report, exit) : formText(title, { report, exit }, terminal))
    return exit
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error
    if (json) terminal.out(failureJson(error, EXIT.unreadable))
    else terminal.err(`prov-verifier: ${safe(error.message)}\n`)
    return EXIT.unreadable
  }
}

function trustOf({ trust, vkey }: FormValues): Trust | null {
  if (trust !== undefined && vkey !== undefined) {
    throw new UsageError('give --trust or --vkey, not both')
  }
  if (trust !== undefined) return readTrust(sha256, trust)
  if (vkey === undefined) return null
  try {
    return trustOfVkey(sha256, vkey)
  } catch (cause) {
    if (!(cause instanceof ProofError)) throw cause
    throw new UsageError(`${vkey} is no vkey`, { cause })
  }
}

const rulings = ({ verdict }: FormReport) => Object.entries(verdict) as [string, Ruling][]

const formJson = (report: FormReport, exit: number) =>
  writeJson({
    ok: exit === EXIT.ok,
    exit,
    verdict: Object.fromEntries(rulings(report).map(([line, { result }]) => [line, result])),
    explained: Object.fromEntries(rulings(report).map(([line, { detail }]) => [line, detail])),
    checks: report.checks,
    about: report.about,
  })

function formText(
  title: string,
  { report, exit }: { report: FormReport; exit: number },
  { colours }: { colours: boolean },
) {
  const paint = picocolors.createColors(colours)
  const groups = (Object.keys(TITLES) as Group[]).filter((name) =>
    report.checks.some(({ group }) => group === name),
  )
  const about = Object.entries(report.about ?? {}).map(([name, value]) => `${name} ${value}`)
  return [
    paint.bold(safe(title)),
    ...(about.length > 0 ? [`  says: ${safe(about.join(', '))}`] : []),
    '',
    ...groups.flatMap((name) => [
      paint.bold(TITLES[name]),
      ...report.checks
        .filter(({ group }) => group === name)
        .map((check) => checkLine(check, paint)),
      '',
    ]),
    paint.bold('Verdict'),
    ...rulings(report).map(
      ([line, { result, detail }]) =>
        `  ${line.padEnd(11)}${coloured(result, result.padEnd(15), paint)}${safe(detail)}`,
    ),
    '',
    conclusion(report, exit, paint),
    '',
  ].join('\n')
}
