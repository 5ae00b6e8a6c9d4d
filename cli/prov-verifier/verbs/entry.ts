import picocolors from 'picocolors'
import { sha256 } from '../../../core/sha256.ts'
import { EXIT, exitCode, type Group } from '../../../proofs/report.ts'
import { type EntryReport, verifyEntry } from '../../../proofs/verify-entry.ts'
import { parsed, UsageError } from '../arguments.ts'
import { readBundle, readTrust } from '../files.ts'
import { writeJson } from '../json.ts'
import type { Verb } from '../run.ts'
import { checkLine, coloured, conclusion, safe, TITLES } from '../text.ts'
import { tellUnreadable } from '../unreadable.ts'

const OPTIONS = {
  proof: { type: 'string' },
  trust: { type: 'string' },
  'accept-untrusted': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const

/** `prov-verifier entry FILE --proof FILE`: verifies one file of a bundle by its stitch proof. */
export const run: Verb = async (args, terminal) => {
  const { values, positionals } = parsed(args, OPTIONS)
  const { proof, trust, json } = values
  const [file, ...more] = positionals
  if (file === undefined || more.length > 0) throw new UsageError('name one file')
  if (proof === undefined) throw new UsageError('name its proof with --proof')
  try {
    const report = await verifyEntry({
      sha256,
      bytes: readBundle(file),
      proof: readBundle(proof),
      trust: trust === undefined ? null : readTrust(sha256, trust),
    })
    const exit = exitCode(report, values['accept-untrusted'])
    terminal.out(json ? entryJson(report, exit) : entryText(file, { report, exit }, terminal))
    return exit
  } catch (error) {
    return tellUnreadable(error, { json }, terminal)
  }
}

const LINES = ['intact', 'authentic'] as const

const entryJson = ({ verdict, checks, entry, bundle }: EntryReport, exit: number) =>
  writeJson({
    ok: exit === EXIT.ok,
    exit,
    verdict: Object.fromEntries(LINES.map((line) => [line, verdict[line].result])),
    explained: Object.fromEntries(LINES.map((line) => [line, verdict[line].detail])),
    checks,
    entry,
    bundle,
  })

function entryText(
  file: string,
  { report, exit }: { report: EntryReport; exit: number },
  { colours }: { colours: boolean },
) {
  const paint = picocolors.createColors(colours)
  const { checks, verdict, entry, bundle } = report
  const groups = [...new Set(checks.map(({ group }) => group))]
  const checksOf = (group: Group) => checks.filter((check) => check.group === group)
  const claims = [
    entry && `  is ${entry.path}, ${entry.bytes} bytes, SHA-256 ${entry.sha256}`,
    bundle &&
      `  of a bundle that says: ${bundle.direction} of ${bundle.root}, as of ${bundle.asOf}`,
    bundle && `  tenant ${bundle.tenant}, log ${bundle.origin} at size ${bundle.size}`,
  ]
  return [
    paint.bold(safe(file)),
    ...claims.filter((line) => line !== null).map(safe),
    '',
    ...groups.flatMap((group) => [
      paint.bold(TITLES[group]),
      ...checksOf(group).map((check) => checkLine(check, paint)),
      '',
    ]),
    paint.bold('Verdict'),
    ...LINES.map((line) => {
      const { result, detail } = verdict[line]
      return `  ${line.padEnd(11)}${coloured(result, result.padEnd(15), paint)}${safe(detail)}`
    }),
    '',
    conclusion(report, exit, paint),
    '',
  ].join('\n')
}
