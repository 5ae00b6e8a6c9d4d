import type { Manifest } from '../manifest.ts'
import type { Check, Line, Report, Result, Summary } from '../report.ts'
import type { Trust } from '../trust.ts'

/** What the verdict rests on, besides the checks. */
interface Ground {
  manifest: Manifest | null
  trust: Trust | null
}

type Ruling = { result: Result; detail: string }

/** Draws the verdict from the checks, one line for each question that people confuse (docs/specs/bundle.md). */
export function judge(checks: Check[], { manifest, trust }: Ground): Report {
  return {
    checks,
    verdict: {
      intact: sumUp(
        checks.filter(({ name, group }) => group !== 'authenticity' && name !== 'lineage-upstream'),
      ),
      authentic: sumUp(checks.filter(({ group }) => group === 'authenticity')),
      witnessed: notYet(witnesses(trust)),
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
  }
}

/** A "no" outweighs everything; a yes needs every check. */
function sumUp(checks: readonly Check[]): Ruling {
  const failed = checks.filter(({ result }) => result === 'fail')
  if (failed.length > 0) {
    return { result: 'fail', detail: `failed: ${failed.map(({ name }) => name).join(', ')}` }
  }
  const open = checks.find(({ result }) => result === 'not evaluated')
  if (open !== undefined) return notYet(open.detail)
  return { result: 'pass', detail: `${checks.length} checks` }
}

function upstream(checks: readonly Check[]): Ruling {
  const { result, detail } = checks.find(({ name }) => name === 'lineage-upstream')!
  if (result !== 'pass') return { result, detail }
  return { result, detail: `by the out-sets shown, as of the records shown: ${detail}` }
}

const notYet = (detail: string): Ruling => ({ result: 'not evaluated', detail })

const witnesses = (trust: Trust | null) =>
  trust?.witnessPolicy
    ? 'the trust root has a witness policy; this release reads it and does not evaluate it'
    : 'no witness policy was given'

const summarise = ({ predicate }: Manifest): Summary => ({
  tenant: predicate.tenant,
  origin: predicate.origin,
  ...predicate.question,
  asOf: predicate.asOf,
  size: predicate.size,
  records: predicate.records,
})
