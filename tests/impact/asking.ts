import type { ImpactQuestion } from './arbitrary.ts'

export const IMPACT = `query Impact(
  $id: ID!, $change: ImpactChange!, $terms: ImpactTermsInput, $at: DateTime,
  $first: Int!, $after: String, $asOf: AsOf, $counted: Boolean = false
) {
  impact(
    id: $id, change: $change, terms: $terms, at: $at, first: $first, after: $after, asOf: $asOf
  ) {
    root { id } at
    nodes {
      entity { id kind name } distance effect reasonCount
      reasons { cause effect rule { type action } unknown license { id } clause { id } spdx }
      owners { id }
    }
    counts @include(if: $counted) { total byEffect { effect count } byOwner { owner { id } count } }
    pageInfo { hasNextPage endCursor }
  }
}`

interface Reason {
  cause: string
  effect: string
  rule: { type: string; action: string } | null
  unknown: string | null
  license: { id: string } | null
  clause: { id: string } | null
  spdx: string | null
}

export interface ImpactAnswer {
  impact: {
    at: string
    nodes: {
      entity: { id: string; kind: string; name: string }
      distance: number
      effect: string
      reasonCount: number
      reasons: Reason[]
      owners: { id: string }[]
    }[]
    counts?: {
      total: number
      byEffect: { effect: string; count: number }[]
      byOwner: { owner: { id: string } | null; count: number }[]
    }
    pageInfo: { hasNextPage: boolean; endCursor: string | null }
  }
}

function reasonTold({ cause, effect, rule, unknown, license, clause, spdx }: Reason) {
  const what = rule ? `${rule.type} ${rule.action}` : unknown
  const [of, by] = [license?.id ?? null, clause?.id ?? null]
  if (what) return [cause, effect, what, of, by, spdx].map(String).join(' ')
  return cause === 'WORDING_CHANGES' ? `${cause} ${effect} ${of} ${by}` : `${cause} ${effect}`
}

/** A row as the reference writes it. */
export const told = ({
  entity,
  distance,
  effect,
  reasons,
}: ImpactAnswer['impact']['nodes'][number]) => ({
  ...{ id: entity.id, distance, effect },
  reasons: reasons.map(reasonTold).sort(),
})

const termsOf = (change: ImpactQuestion['change']) => {
  if (change.do !== 'TERMS') return undefined
  if ('licensedUnder' in change) return { licensedUnder: change.licensedUnder }
  return change
}

/** What is asked, as variables. */
export function variablesOf({ root, change, at }: Omit<ImpactQuestion, 'at'> & { at?: string }) {
  const given = termsOf(change)
  const isClause = root.includes(':clause:')
  const terms = given && {
    ...('licensedUnder' in given
      ? given
      : isClause
        ? { clause: given.body }
        : { license: given.body, clauses: given.clauses }),
  }
  return { id: root, change: change.do, terms, at }
}
