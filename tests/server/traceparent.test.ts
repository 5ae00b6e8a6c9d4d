import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openRequest, withinRequest } from '../../server/current-request.ts'
import { openTracing } from '../../server/tracing/open.ts'
import { formatTraceparent, parseTraceparent } from '../../server/tracing/traceparent.ts'
import { followBy } from '../../server/tracing/tracing.ts'

const ID = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'

describe('a traceparent', () => {
  it.each([
    ['of this version', `00-${ID}-${SPAN}-01`, 1],
    ['that does not trace', `00-${ID}-${SPAN}-00`, 0],
    ['with flags that we do not know', `00-${ID}-${SPAN}-ff`, 1],
    ['of a later version', `cc-${ID}-${SPAN}-01`, 1],
    ['of a later version, that goes on', `cc-${ID}-${SPAN}-01-what-comes`, 1],
  ])('%s is taken', (_what, header, traceFlags) => {
    expect(parseTraceparent(header)).toEqual({
      traceId: ID,
      spanId: SPAN,
      traceFlags,
      isRemote: true,
    })
  })

  it.each([
    ['nothing', undefined],
    ['an empty text', ''],
    ['no version', `${ID}-${SPAN}-01`],
    ['a version that cannot be', `ff-${ID}-${SPAN}-01`],
    ['more than this version has', `00-${ID}-${SPAN}-01-x`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span of zeros', `00-${ID}-${'0'.repeat(16)}-01`],
    ['capitals', `00-${ID.toUpperCase()}-${SPAN}-01`],
    ['one sign too few', `00-${ID.slice(1)}-${SPAN}-01`],
    ['two of them', `00-${ID}-${SPAN}-01, 00-${ID}-${SPAN}-01`],
    ['no end', `cc-${ID}-${SPAN}-01-${'x'.repeat(100)}`],
  ])('that is %s is passed over', (_what, header) => {
    expect(parseTraceparent(header)).toBeUndefined()
  })

  it('is read by others as it was meant', () => {
    const hex = (length: number) =>
      fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`)).filter((text) => !/^0+$/.test(text))
    fc.assert(
      fc.property(hex(32), hex(16), fc.constantFrom(0, 1), (traceId, spanId, traceFlags) => {
        const context = { traceId, spanId, traceFlags }
        expect(parseTraceparent(formatTraceparent(context))).toEqual({ ...context, isRemote: true })
      }),
    )
  })
})

/** Tracing whose spans stay here. */
function kept() {
  const exporter = new InMemorySpanExporter()
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  const tracing = followBy(provider.getTracer('test'), () => provider.shutdown())
  const request = () => {
    const opened = openRequest('POST', null)
    tracing.requestStarted(opened, undefined)
    return opened
  }
  const spans = () => new Map(exporter.getFinishedSpans().map((span) => [span.name, span]))
  return { tracing, request, spans }
}

describe('a transaction', () => {
  it('of several requests is a trace of its own, which leads to each of theirs', async () => {
    const { tracing, request, spans } = kept()
    const requests = [request(), request()]
    const callers = requests.map((one) => withinRequest(one, () => tracing.batches.caller()))
    // The second caller sends two commands: it is led to once.
    await tracing.batches.run([...callers, callers[1]], async () =>
      tracing.onQuery({ name: 'q' }, 'write')(),
    )
    const transaction = spans().get('transaction')!
    const ids = requests.map((one) => one.trace!.request.spanContext().traceId)
    expect(transaction.links.map(({ context }) => context.traceId)).toEqual(ids)
    expect(transaction.parentSpanContext).toBeUndefined()
    expect(ids).not.toContain(transaction.spanContext().traceId)
    expect(spans().get('q')!.parentSpanContext?.spanId).toBe(transaction.spanContext().spanId)
  })

  it('of nobody who is traced is not traced, nor is what it runs', async () => {
    const { tracing, spans } = kept()
    await tracing.batches.run([undefined], async () => tracing.onQuery({ name: 'q' }, 'write')())
    expect(spans().size).toBe(0)
  })

  it('that fails is marked, and fails', async () => {
    const { tracing, request, spans } = kept()
    const caller = withinRequest(request(), () => tracing.batches.caller())
    const work = tracing.batches.run([caller], () => Promise.reject(new Error('no')))
    await expect(work).rejects.toThrow('no')
    expect(spans().get('transaction')!.status.code).toBe(2)
  })
})

it('an operation that never came to its end ends with its request', () => {
  const { tracing, request, spans } = kept()
  const one = request()
  withinRequest(one, () => tracing.operationStarted())
  tracing.requestEnded(one, { status: 429, milliseconds: 1, aborted: true })
  expect([...spans().keys()]).toEqual(['operation', 'POST'])
})

it('a service that is asked is told from which span, and only within a request', async () => {
  const { tracing, request } = kept()
  const sent: (string | undefined)[] = []
  const server = createServer(({ headers }, response) => {
    sent.push(headers.traceparent as string | undefined)
    response.end('answered')
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const one = request()
  await (await tracing.fetch(url)).text()
  const answer = await withinRequest(one, () => tracing.fetch(url, { headers: { a: 'b' } }))
  expect(await answer.text()).toBe('answered')
  server.close()
  const told = parseTraceparent(sent[1])
  expect([sent[0], told?.traceId]).toEqual([undefined, one.trace!.request.spanContext().traceId])
})

it('is not even opened where nobody receives it', async () => {
  const off = { otlpEndpoint: null, otlpHeaders: null, traceSample: 1, service: 'a' }
  expect(await openTracing(off)).toBeNull()
})
