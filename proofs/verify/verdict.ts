import type { Erased } from '../erasures.ts'
import type { Manifest } from '../manifest.ts'
import type { ReadRecord } from '../records.ts'
import type { Check, CheckName, Group, Line, Report, Result, Summary } from '../report.ts'
import type { StatedTerms } from '../terms/stated.ts'
import { withheldIn } from '../withhold.ts'

/** What the verdict rests on, besides the checks. */
interface Ground {
  manifest: Manifest | null
  /** None where they could not be read. */
  records: readonly ReadRecord[]
  erased: Erased[]
  /** Records whose bodies are not shown, though nothing erased them. */
  keptBack: readonly ReadRecord[]
  /** `null` where none are stated. */
  terms: StatedTerms | null
}

type Ruling = { result: Result; detail: string }

/** What has lines of its own: who vouches for the bundle, and what follows from what is in it. */
const BESIDE: ReadonlySet<Group> = new Set(['authenticity', 'replay', 'witnesses', 'terms'])

/** What has a line of its own. */
const COMPLETE: ReadonlySet<string> = new Set(['lineage-upstream', 'lineage-downstream'])

/**
 * What must hold before a state part says anything: that its leaves are in the log, at the size that its
 * place goes by, and that each entity is shown by one record.
 */
const IN_THE_LOG: ReadonlySet<string> = new Set([
  'checkpoint-match',
  'proof-positions',
  'proof-inclusion',
  'record-entities',
])

/** Draws the verdict from the checks, one line for each question that people confuse (docs/specs/bundle.md). */
export function judge(
  checks: Check[],
  { manifest, records, erased, keptBack, terms }: Ground,
): Report {
  const withheld = withheldIn(records)
  return {
    checks,
    verdict: {
      intact: tellMissing(
        { withheld, erased, keptBack },
        sumUp(
          // A bundle without a state proof is no less whole; whatever failed fails by its own name.
          checks.filter(
            ({ name, group, result }) =>
              !BESIDE.has(group) &&
              !COMPLETE.has(name) &&
              !(group === 'state' && result === 'not evaluated'),
          ),
        ),
      ),
      authentic: sumUp(checks.filter(({ group }) => group === 'authenticity')),
      witnessed: witnessed(checks),
      current: current(checks),
      completeUp: upstream(checks),
      completeDown: downstream(checks),
      terms: termsLine(checks),
    } satisfies Record<Line, Ruling>,
    bundle: manifest && summarise(manifest),
    records,
    terms,
    withheld,
    erased,
  }
}

/** A "no" outweighs everything; a yes needs every check. */
export function sumUp(checks: readonly Check<string>[]): Ruling {
  const failed = checks.filter(({ result }) => result === 'fail')
  if (failed.length > 0) {
    return { result: 'fail', detail: `failed: ${failed.map(({ name }) => name).join(', ')}` }
  }
  const open = checks.find(({ result }) => result === 'not evaluated')
  if (open !== undefined) return notYet(open.detail)
  return { result: 'pass', detail: `${checks.length} checks` }
}

/** A bundle may be whole and yet not show everything; whoever reads the verdict alone must see that. */
function tellMissing(
  { withheld, erased, keptBack }: Pick<Report, 'withheld'> & Pick<Ground, 'erased' | 'keptBack'>,
  { result, detail }: Ruling,
): Ruling {
  const fields = count(withheld.flatMap(({ names }) => names).length, 'field')
  const told = [
    withheld.length > 0 && `${fields} withheld in ${count(withheld.length, 'record')}`,
    keptBack.length > 0 && `the bodies of ${count(keptBack.length, 'record')} not shown`,
    erased.length > 0 && `the bodies of ${count(erased.length, 'record')} erased`,
  ]
  return { result, detail: [detail, ...told.filter((one) => one !== false)].join('; ') }
}

const count = (many: number, what: string) => `${many} ${many === 1 ? what : `${what}s`}`

/** Says who cosigned, since that is what a reader asks next. */
function witnessed(checks: readonly Check[]): Ruling {
  const ruling = sumUp(checks.filter(({ group }) => group === 'witnesses'))
  if (ruling.result !== 'pass') return ruling
  return { ...ruling, detail: checks.find(({ name }) => name === 'witness-quorum')!.detail }
}

/** Whether the records shown are the latest, as the state has it. */
function current(checks: readonly Check[]): Ruling {
  const form = find(checks, 'state-form')
  if (form.result === 'not evaluated' && find(checks, 'proof-form').result === 'pass') {
    return notYet(`${form.detail}: that these are the latest records is the operator's word`)
  }
  const due = checks.filter(({ name, group }) => group === 'state' || IN_THE_LOG.has(name))
  const ruling = sumUp(due)
  if (ruling.result !== 'pass') return ruling
  return { ...ruling, detail: `${find(checks, 'state-current').detail} (${word(checks)})` }
}

function upstream(checks: readonly Check[]): Ruling {
  const ruling = followed(checks, 'lineage-upstream')
  if (ruling.result !== 'pass') return ruling
  const { result, detail } = ruling
  return current(checks).result === 'pass'
    ? { result, detail: `${word(checks)}: ${detail}` }
    : { result, detail: `by the out-sets shown, as of the records shown: ${detail}` }
}

/** Unlike upstream, nothing can be said of it without the state: a header does not list who points to it. */
function downstream(checks: readonly Check[]): Ruling {
  const ruling = followed(checks, 'lineage-downstream')
  if (ruling.result !== 'pass') return ruling
  const { result, detail } = ruling
  const now = current(checks)
  return now.result === 'pass' ? { result, detail: `${word(checks)}: ${detail}` } : now
}

/** Whether a way was followed to its end, by edges that the headers bind. */
function followed(checks: readonly Check[], way: CheckName): Ruling {
  const { result, detail } = find(checks, way)
  if (result !== 'pass') return { result, detail }
  const whole = sumUp([find(checks, 'out-sets')])
  return whole.result === 'pass' ? { result, detail } : whole
}

/** What terms follow from: what the records say, which edges they have, and that they are of this log. */
const UNDER_TERMS: ReadonlySet<CheckName> = new Set(['out-sets', 'bodies', 'erasures'])

/** Whether the terms are as stated: whatever they are, and whatever is unknown of them. */
function termsLine(checks: readonly Check[]): Ruling {
  const own = sumUp(checks.filter(({ group }) => group === 'terms'))
  if (own.result !== 'pass') return own
  const ground = sumUp(checks.filter(({ name }) => UNDER_TERMS.has(name) || IN_THE_LOG.has(name)))
  if (ground.result !== 'pass') return ground
  return { ...own, detail: find(checks, 'terms-stated').detail }
}

/** Whose word it is that the state follows from the log. */
function word(checks: readonly Check[]) {
  const { result, detail } = find(checks, 'replay-signature')
  return result === 'pass' ? `replayed by ${detail}` : 'as signed'
}

const find = (checks: readonly Check[], wanted: CheckName) =>
  checks.find(({ name }) => name === wanted)!

const notYet = (detail: string): Ruling => ({ result: 'not evaluated', detail })

/** Gives what a bundle says that it is. */
export const summarise = ({ predicate }: Manifest): Summary => ({
  tenant: predicate.tenant,
  origin: predicate.origin,
  ...predicate.question,
  asOf: predicate.asOf,
  stateSize: predicate.stateSize,
  size: predicate.size,
  records: predicate.records,
  withhold: predicate.withhold ?? [],
})
