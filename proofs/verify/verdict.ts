import type { Manifest } from '../manifest.ts'
import type { ReadRecord } from '../records.ts'
import type { Check, Group, Line, Report, Result, Summary } from '../report.ts'
import { type Withheld, withheldIn } from '../withhold.ts'

/** What the verdict rests on, besides the checks. */
interface Ground {
  manifest: Manifest | null
  /** None where they could not be read. */
  records: readonly ReadRecord[]
}

type Ruling = { result: Result; detail: string }

/** What is about who vouches for the bundle, not about what is in it. */
const BESIDE: ReadonlySet<Group> = new Set(['authenticity', 'witnesses'])

/** Draws the verdict from the checks, one line for each question that people confuse (docs/specs/bundle.md). */
export function judge(checks: Check[], { manifest, records }: Ground): Report {
  const withheld = withheldIn(records)
  return {
    checks,
    verdict: {
      intact: tellWithheld(
        withheld,
        sumUp(
          checks.filter(({ name, group }) => !BESIDE.has(group) && name !== 'lineage-upstream'),
        ),
      ),
      authentic: sumUp(checks.filter(({ group }) => group === 'authenticity')),
      witnessed: witnessed(checks),
      current: notYet(
        'that these are the latest records takes a state proof, which this release has not',
      ),
      completeUp: upstream(checks),
      completeDown: notYet(
        'that nothing downstream is left out takes a state proof, which this release has not',
      ),
      terms: notYet('this release states no licence terms'),
    } satisfies Record<Line, Ruling>,
    bundle: manifest && summarise(manifest),
    withheld,
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
function tellWithheld(withheld: readonly Withheld[], { result, detail }: Ruling): Ruling {
  if (withheld.length === 0) return { result, detail }
  const fields = withheld.flatMap(({ names }) => names).length
  const records = withheld.length
  return {
    result,
    detail: `${detail}; ${fields} ${fields === 1 ? 'field' : 'fields'} withheld in ${records} ${records === 1 ? 'record' : 'records'}`,
  }
}

/** Says who cosigned, since that is what a reader asks next. */
function witnessed(checks: readonly Check[]): Ruling {
  const ruling = sumUp(checks.filter(({ group }) => group === 'witnesses'))
  if (ruling.result !== 'pass') return ruling
  return { ...ruling, detail: checks.find(({ name }) => name === 'witness-quorum')!.detail }
}

function upstream(checks: readonly Check[]): Ruling {
  const { result, detail } = checks.find(({ name }) => name === 'lineage-upstream')!
  if (result !== 'pass') return { result, detail }
  return { result, detail: `by the out-sets shown, as of the records shown: ${detail}` }
}

const notYet = (detail: string): Ruling => ({ result: 'not evaluated', detail })

/** Gives what a bundle says that it is. */
export const summarise = ({ predicate }: Manifest): Summary => ({
  tenant: predicate.tenant,
  origin: predicate.origin,
  ...predicate.question,
  asOf: predicate.asOf,
  size: predicate.size,
  records: predicate.records,
  withhold: predicate.withhold ?? [],
})
