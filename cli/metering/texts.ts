import type { PageInfo } from '../time/pages.ts'

/** A window of usage, as the API gives it. */
export interface Window {
  id: string
  from: string
  meter: string | null
  subject: string | null
  unit: string | null
  state: 'OPEN' | 'CLOSING' | 'SEALED'
  count: number
  record: { id: string; body: { total: string; root: string } | null } | null
}

export interface WindowsAnswer {
  usageWindows: { nodes: Window[]; pageInfo: PageInfo }
}
export interface Sealed {
  meteringSeal: { window: Window }
}
export interface Proven {
  usageProof: { record: string; document: string }
}

const WINDOW = 'id from until meter subject unit state count record { id body { total root } }'

export const WINDOWS = `query Windows($state: UsageWindowState, $before: DateTime, $first: Int!, $after: String) {
  usageWindows(state: $state, before: $before, first: $first, after: $after) {
    nodes { ${WINDOW} } pageInfo { hasNextPage endCursor }
  }
}`

export const SEAL = `mutation Seal($window: ID!) { meteringSeal(window: $window) { window { ${WINDOW} } } }`

export const PROVE =
  'query Prove($source: String!, $id: String!) { usageProof(source: $source, id: $id) { record document } }'
