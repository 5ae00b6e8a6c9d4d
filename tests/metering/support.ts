import type { TestApp } from '../setup/app.ts'

/** A CloudEvent of usage. */
export const usage = (id: string, change: object = {}) => ({
  ...{ specversion: '1.0', id, source: '/shop', type: 'api.calls', subject: 'acme' },
  ...{ time: '2026-03-31T09:15:02Z', data: { value: 1, unit: 'calls' } },
  ...change,
})

export interface Told {
  status: number
  code?: string
  path?: string
  window?: string
  duplicate?: boolean
  late?: boolean
  summary?: { received: number; successful: number; failed: number }
  results?: {
    index: number
    ok: boolean
    code?: string
    path?: string
    id?: string
    window?: string
    duplicate?: boolean
    late?: boolean
  }[]
}

export interface WindowTold {
  id: string
  from: string
  until: string
  meter: string | null
  subject: string | null
  unit: string | null
  state: 'OPEN' | 'CLOSING' | 'SEALED'
  count: number
  record: { id: string; body: Record<string, unknown> | null } | null
}

const BODY = 'meter subject unit from until count late total least greatest root'
const WINDOW = `id from until meter subject unit state count record { id body { ${BODY} } }`

/** What tests of metering say to the service. */
export function metering({ app, ask }: Pick<TestApp, 'app' | 'ask'>) {
  const post = async (
    tenant: string,
    headers: Record<string, string>,
    body: string | Uint8Array<ArrayBuffer>,
  ) => {
    const request = new Request('http://localhost/events', {
      method: 'POST',
      headers: { 'x-selvedge-tenant': tenant, ...headers },
      body,
    })
    const response = await app.fetch(request)
    return { ...((await response.json()) as Told), status: response.status }
  }
  const send = (tenant: string, event: unknown) =>
    post(tenant, { 'content-type': 'application/cloudevents+json' }, JSON.stringify(event))
  const sendBatch = (tenant: string, events: readonly unknown[]) =>
    post(tenant, { 'content-type': 'application/cloudevents-batch+json' }, JSON.stringify(events))
  /** In binary mode, as the HTTP binding says. */
  const sendBinary = (
    tenant: string,
    { data, datacontenttype = 'application/json', ...attributes }: Record<string, unknown>,
  ) => {
    const headers = Object.entries(attributes).map(([name, value]) => [
      `ce-${name}`,
      encodeURIComponent(String(value)),
    ])
    return post(
      tenant,
      { ...Object.fromEntries(headers), 'content-type': String(datacontenttype) },
      JSON.stringify(data),
    )
  }
  const windows = async (tenant: string) => {
    const { data, errors } = await ask<{ usageWindows: { nodes: WindowTold[] } }>(
      `{ usageWindows(first: 1000) { nodes { ${WINDOW} } } }`,
      { tenant },
    )
    if (errors) throw new Error(JSON.stringify(errors))
    return data.usageWindows.nodes
  }
  const seal = async (tenant: string, window: string) => {
    const { data, errors } = await ask<{
      meteringSeal: { window: WindowTold; already: boolean } | null
    }>(`mutation S($w: ID!) { meteringSeal(window: $w) { already window { ${WINDOW} } } }`, {
      tenant,
      variables: { w: window },
    })
    return { ...data?.meteringSeal, code: errors?.[0]?.extensions.code, errors }
  }
  const eventsOf = async (tenant: string, window: string) => {
    type Row = { key: string; commitment: string; event: string | null; salt: string | null }
    const nodes: Row[] = []
    interface Answer {
      usageWindow: {
        events: { nodes: Row[]; pageInfo: { hasNextPage: boolean; endCursor: string } }
      }
    }
    let after: string | null = null
    for (;;) {
      const answer: { data: Answer; errors?: object[] } = await ask<Answer>(
        `query E($w: ID!, $after: String) { usageWindow(id: $w) { events(first: 1000, after: $after) {
          nodes { key commitment event salt } pageInfo { hasNextPage endCursor } } } }`,
        { tenant, variables: { w: window, after } },
      )
      if (answer.errors) throw new Error(JSON.stringify(answer.errors))
      const { events } = answer.data.usageWindow
      nodes.push(...events.nodes)
      if (!events.pageInfo.hasNextPage) return nodes
      after = events.pageInfo.endCursor
    }
  }
  const prove = async (tenant: string, id: string, source = '/shop') => {
    const { data, errors } = await ask<{
      usageProof: { record: string; document: string } | null
    }>('query P($s: String!, $i: String!) { usageProof(source: $s, id: $i) { record document } }', {
      tenant,
      variables: { s: source, i: id },
    })
    return { ...data?.usageProof, code: errors?.[0]?.extensions.code }
  }
  return { post, send, sendBatch, sendBinary, windows, seal, eventsOf, prove }
}
