import { beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from '../../server/config.ts'
import { silent } from '../../server/neo4j/progress.ts'
import { type Serving, serve } from '../../server/serve.ts'
import { dataset, RECORD } from '../schema/recording.ts'
import { testNeo4j } from '../setup/database.ts'
import { freshTenant, SERVICE_NAME, testLedger } from '../setup/ledger.ts'
import { openCollector, type SentSpan } from '../setup/otlp.ts'

const collector = await openCollector()
const { ledger } = await testLedger()
const tenant = await freshTenant(ledger)

const CALLER = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }
const READER = { traceId: '1af7651916cd43dd8448eb211c80319d', spanId: 'c7ad6b7169203332' }
const UNTRACED = { traceId: '2af7651916cd43dd8448eb211c80319e', spanId: 'd7ad6b7169203333' }

/** A whole server whose traces are sent to the collector; all of them when it has ended. */
async function serveTraced(work: (serving: Serving) => Promise<void>) {
  const { uri, username, password, home } = testNeo4j()
  const config = readConfig({
    SELVEDGE_HOME: home,
    SELVEDGE_SERVICE: SERVICE_NAME,
    SELVEDGE_PORT: '0',
    SELVEDGE_LOG_LEVEL: 'silent',
    NEO4J_URI: uri,
    NEO4J_USERNAME: username,
    NEO4J_PASSWORD: password,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key=for the collector',
  })
  const serving = await serve(config, { progress: silent })
  try {
    await work(serving)
  } finally {
    await serving.close()
  }
}

const childrenOf = (spans: SentSpan[], { spanId }: { spanId: string }) =>
  spans.filter(({ parentSpanId }) => parentSpanId === spanId)

/** The one span of a name below another. */
function below(spans: SentSpan[], parent: { spanId: string }, name: string) {
  const found = childrenOf(spans, parent).filter((span) => span.name === name)
  expect(found, `${name} among ${childrenOf(spans, parent).map((span) => span.name)}`).toHaveLength(
    1,
  )
  return found[0]!
}

const attribute = ({ attributes }: SentSpan, asked: string) =>
  Object.values(attributes.find(({ key }) => key === asked)?.value ?? {})[0]

describe('traces over OTLP', () => {
  let spans: SentSpan[]

  beforeAll(() =>
    serveTraced(async ({ url }) => {
      const ask = (
        query: string,
        { traceId, spanId }: typeof CALLER,
        variables = {},
        flags = '01',
      ) =>
        fetch(`${url}/graphql`, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'x-selvedge-tenant': tenant,
            'x-selvedge-subject': 'mallory@example.org',
            'x-request-id': 'the-one',
            traceparent: `00-${traceId}-${spanId}-${flags}`,
          },
          body: JSON.stringify({ query, variables }),
        }).then((response) => response.text())
      await ask(RECORD, CALLER, { items: [dataset('mallorys-secret-dataset')] })
      const find = `query MalloryAsks($name: String!) {
        entity(kind: Dataset, namespace: "db", name: $name) { id }
      }`
      await ask(find, READER, { name: 'mallorys-secret-dataset' })
      await ask(find, UNTRACED, { name: 'x' }, '00')
      await fetch(`${url}/exports/mallorys-export?of=mallory`, {
        headers: { traceparent: 'nonsense' },
      })
    }).then(() => {
      spans = collector.spans()
    }),
  )

  it('go from the caller by HTTP and the transaction to every Cypher text of a mutation', () => {
    const mine = spans.filter(({ traceId }) => traceId === CALLER.traceId)
    const http = below(mine, CALLER, 'POST /graphql')
    expect(http.kind).toBe(2)
    expect(attribute(http, 'http.response.status_code')).toBe(200)
    expect(attribute(http, 'selvedge.request_id')).toBe('the-one')
    const operation = below(mine, http, 'mutation record')
    const transaction = below(mine, operation, 'transaction')
    const texts = childrenOf(mine, transaction)
    expect(texts.map(({ name }) => name)).toContain('lock the log')
    expect(new Set(texts.map((span) => attribute(span, 'db.system.name')))).toEqual(
      new Set(['neo4j']),
    )
    expect(texts.some((span) => attribute(span, 'db.operation.name') === 'write')).toBe(true)
  })

  it('go to every Cypher text of a query', () => {
    const mine = spans.filter(({ traceId }) => traceId === READER.traceId)
    const operation = below(mine, below(mine, READER, 'POST /graphql'), 'query entity')
    const texts = childrenOf(mine, operation)
    expect(texts.length).toBeGreaterThan(0)
    expect(texts.every((span) => attribute(span, 'db.operation.name') === 'read')).toBe(true)
  })

  it('are one tree each: every span but the first has its parent in it', () => {
    for (const { traceId, spanId } of [CALLER, READER]) {
      const mine = spans.filter((span) => span.traceId === traceId)
      const known = new Set([spanId, ...mine.map((span) => span.spanId)])
      expect(mine.filter(({ parentSpanId }) => !known.has(parentSpanId ?? ''))).toEqual([])
    }
  })

  it('leave out whom the caller does not trace, and begin anew where it says nonsense', () => {
    expect(spans.filter(({ traceId }) => traceId === UNTRACED.traceId)).toEqual([])
    const rest = spans.filter(({ name }) => name === 'GET /exports/{id}')
    expect(rest).toHaveLength(1)
    expect(rest[0]!.parentSpanId ?? '').toBe('')
  })

  it('hold nothing of what the caller wrote, nor who it is', () => {
    const sent = JSON.stringify(collector.exports)
    expect(sent).not.toMatch(/mallory/i)
    expect(sent).not.toContain(tenant)
    const keys = new Set(spans.flatMap(({ attributes }) => attributes.map(({ key }) => key)))
    const KNOWN = ['selvedge.request_id', 'http.request.method', 'http.response.status_code']
      .concat('http.route', 'selvedge.problem', 'graphql.operation.type', 'selvedge.commands')
      .concat('db.system.name', 'db.operation.name')
    expect([...keys].filter((key) => !KNOWN.includes(key))).toEqual([])
  })

  it('say what they are about, and come with the headers of the setting', () => {
    const [first] = collector.exports
    const resource = first!.resourceSpans[0]!.resource.attributes
    expect(resource.map(({ key }) => key).sort()).toEqual([
      'service.name',
      'service.namespace',
      'service.version',
    ])
    expect(collector.headers[0]).toMatchObject({ 'x-api-key': 'for the collector' })
  })
})
