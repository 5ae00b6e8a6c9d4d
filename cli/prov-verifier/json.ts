import { EXIT, LINES, type Report } from '../../proofs/report.ts'

/** Gives the report as one JSON object on one line. */
export const reportJson = (
  { verdict, checks, bundle, terms, withheld, erased }: Report,
  exit: number,
) =>
  writeJson({
    ok: exit === EXIT.ok,
    exit,
    verdict: Object.fromEntries(LINES.map((line) => [line, verdict[line].result])),
    explained: Object.fromEntries(LINES.map((line) => [line, verdict[line].detail])),
    checks,
    bundle,
    terms,
    withheld,
    erased,
  })

/** Says as JSON why there is no report. */
export const failureJson = (error: Error, exit: number) =>
  writeJson({ ok: false, exit, error: error.message })

/** Writes JSON on one line, in ASCII: what a bundle says may hold characters that a terminal would obey. */
export const writeJson = (value: unknown) =>
  `${JSON.stringify(value).replace(/[\u007f-\uffff]/g, escaped)}\n`

const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
