/** A page of what a change would do; how much there is in all only where that is asked for. */
export const IMPACT = `query Impact(
  $id: ID!, $change: ImpactChange!, $terms: ImpactTermsInput, $at: DateTime, $asOf: AsOf,
  $first: Int!, $after: String, $counted: Boolean!
) {
  impact(
    id: $id, change: $change, terms: $terms, at: $at, asOf: $asOf, first: $first, after: $after
  ) {
    root { id kind name } at position
    nodes {
      entity { id kind name } distance effect reasonCount
      owners { id kind name }
      reasons {
        cause effect unknown spdx license { id kind name } clause { id kind name }
        rule { type action upon purposes recipients jurisdictions validFrom validUntil }
      }
    }
    counts @include(if: $counted) {
      total byEffect { effect count } byOwner { owner { id kind name } count }
      byGrant { grant { id } to count }
    }
    pageInfo { hasNextPage endCursor }
  }
}`
