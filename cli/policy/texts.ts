export const POLICIES = `query Policies {
  policies { name text isDefault id version seq recordedAt }
}`

export const PUT = `mutation PutPolicy($name: String!, $text: String!) {
  policyPut(name: $name, text: $text) { position replayed }
}`

export const RETIRE = `mutation RetirePolicy($name: String!) {
  policyRetire(name: $name) { position replayed }
}`

export const SIMULATE = `query SimulatePolicies(
  $changes: [PolicyChange!]!, $requests: [PolicyRequest!], $recentDecisions: Int
) {
  policySimulate(changes: $changes, requests: $requests, recentDecisions: $recentDecisions) {
    compared
    changed {
      subject issuer roles permission permittedBefore permittedAfter policiesBefore policiesAfter count
    }
  }
}`
