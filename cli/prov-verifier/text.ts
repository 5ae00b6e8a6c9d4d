import picocolors from 'picocolors'
import {
  CHECKS,
  type Check,
  EXIT,
  type Group,
  type Judged,
  LINES,
  type Line,
  type Report,
  type Result,
} from '../../proofs/report.ts'
import { LISTS, type List, type StatedRule, type StatedUnknown } from '../../proofs/terms/stated.ts'

/** What each group of checks is called. */
export const TITLES: Record<Group, string> = {
  container: 'Container',
  manifest: 'Manifest',
  log: 'Log',
  records: 'Records',
  state: 'State',
  lineage: 'Lineage',
  terms: 'Terms',
  authenticity: 'Authenticity',
  witnesses: 'Witnesses',
  replay: 'Replay',
}

const NAMES: Record<Line, string> = {
  intact: 'intact',
  authentic: 'authentic',
  witnessed: 'witnessed',
  current: 'current',
  completeUp: 'complete upstream',
  completeDown: 'complete downstream',
  terms: 'terms',
}

const MARKS: Record<Result, string> = { pass: '✓', fail: '✗', 'not evaluated': '–' }
const NAME_WIDTH = Math.max(...Object.keys(CHECKS).map((name) => name.length)) + 2
const LINE_WIDTH = Math.max(...Object.values(NAMES).map((name) => name.length)) + 2

/** What a conclusion is drawn from. */
interface Concluded extends Judged {
  checks: readonly Check<string>[]
}

type Paint = ReturnType<typeof picocolors.createColors>

/** Makes text harmless to a terminal: what a bundle says could otherwise move its cursor or turn its lines round. */
export const safe = (text: string) =>
  text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`)

/** Gives the report for a person: every check under its group, then the verdict, then one sentence. */
export function reportText(
  path: string,
  { report, exit }: { report: Report; exit: number },
  { colours }: { colours: boolean },
) {
  const paint = picocolors.createColors(colours)
  const groups = Object.keys(TITLES) as Group[]
  return [
    paint.bold(safe(path)),
    ...claims(report),
    '',
    ...groups.flatMap((group) => [
      paint.bold(TITLES[group]),
      ...checksOf(report, group, paint),
      '',
    ]),
    ...terms(report, paint),
    ...keptBack(report, paint),
    ...gone(report, paint),
    paint.bold('Verdict'),
    ...LINES.map((line) => verdictLine(line, report, paint)),
    '',
    conclusion(report, exit, paint),
    '',
  ].join('\n')
}

/** The terms that the bundle states, what denies first. */
function terms({ terms: stated }: Report, paint: Paint) {
  if (stated === null) return []
  const { day, total, transformations, texts } = stated
  const told = LISTS.flatMap((list) => stated[list].map((term) => `  ${termLine(list, term)}`))
  const lines = told.slice(0, MOST_TOLD)
  const held = texts.filter((text) => text.held).length
  return [
    paint.bold(`Terms on ${safe(day)}`),
    ...lines.map(safe),
    ...(total > lines.length ? [`  … and ${total - lines.length} more (--json names them)`] : []),
    `  ${transformations.length} transformations lift terms; ${held} of ${texts.length} texts of licences are here`,
    '',
  ]
}

const WORDS: Record<List, string> = {
  unknowns: 'unknown',
  prohibitions: 'prohibition',
  duties: 'duty',
  permissions: 'permission',
}

function termLine(list: List, term: StatedRule | StatedUnknown) {
  const { license, clause, spdx, path } = term
  const what = 'rule' in term ? term.rule.action : term.unknown
  const by = spdx ?? clause ?? license ?? path.at(-1) ?? ''
  return `${WORDS[list].padEnd(12)}${what}: ${by}, ${path.length - 1} steps away`
}

/** Names the fields that are kept back, of so many records as a person reads. */
const MOST_TOLD = 20

function keptBack({ withheld }: Report, paint: Paint) {
  if (withheld.length === 0) return []
  const told = withheld.slice(0, MOST_TOLD).map(({ id, names }) => `  ${id}: ${names.join(', ')}`)
  const more = withheld.length - told.length
  return [
    paint.bold('Withheld'),
    ...told.map(safe),
    ...(more > 0 ? [`  … and in ${more} more records (--json names them all)`] : []),
    '',
  ]
}

/** What is erased is told apart from what is withheld: nobody has it any more who made this bundle. */
function gone({ erased }: Report, paint: Paint) {
  if (erased.length === 0) return []
  const told = erased
    .slice(0, MOST_TOLD)
    .map(({ id, by, at }) => `  ${id}: by the record at ${by}, ${at}`)
  const more = erased.length - told.length
  return [
    paint.bold('Erased'),
    ...told.map(safe),
    ...(more > 0 ? [`  … and ${more} more records (--json names them all)`] : []),
    '',
  ]
}

function claims({ bundle }: Report) {
  if (bundle === null) return ['  no manifest could be read']
  const { tenant, origin, root, direction, depth, asOf, stateSize, size, records } = bundle
  return [
    `  says: ${direction} of ${root} to depth ${depth}, as of ${asOf}${stateSize === null ? '' : `, by the state at ${stateSize}`}`,
    `  tenant ${tenant}, log ${origin} at size ${size}, ${records} records`,
  ].map(safe)
}

const checksOf = ({ checks }: Report, group: Group, paint: Paint) =>
  checks.filter((check) => check.group === group).map((check) => checkLine(check, paint))

/** One check on one line. */
export function checkLine({ name, result, detail, code }: Check<string>, paint: Paint) {
  const tail = result === 'not evaluated' ? `not evaluated: ${detail}` : detail
  const told = safe(code === undefined ? tail : `${tail} (${code})`)
  return `  ${coloured(result, MARKS[result], paint)} ${name.padEnd(NAME_WIDTH)}${told}`
}

function verdictLine(line: Line, { verdict }: Report, paint: Paint) {
  const { result, detail } = verdict[line]
  const name = NAMES[line].padEnd(LINE_WIDTH)
  return `  ${name}${coloured(result, result.padEnd(15), paint)}${safe(detail)}`
}

/** Text in the colour of how something ended. */
export function coloured(result: Result, text: string, paint: Paint) {
  if (result === 'pass') return paint.green(text)
  return result === 'fail' ? paint.red(text) : paint.yellow(text)
}

/** The one sentence that it comes down to. */
export function conclusion({ checks, verdict }: Concluded, exit: number, paint: Paint) {
  if (exit === EXIT.unreadable) return paint.red('Unreadable: the file is no zip.')
  const first = checks.find(({ result }) => result === 'fail')
  if (first !== undefined) return paint.red(`Refused: ${first.name}: ${safe(first.detail)}.`)
  if (verdict.authentic.result === 'pass') return paint.green('Genuine: intact and authentic.')
  const cure = 'give a trust root with --trust FILE'
  return paint.yellow(`Intact, and nobody vouches for its keys: ${cure}.`)
}
