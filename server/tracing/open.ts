import type { Config } from '../config.ts'
import { VERSION } from '../version.ts'
import { within } from '../within.ts'
import { followBy, type Tracing } from './tracing.ts'

/** How long a server that ends waits for its last spans to be taken. */
const FAREWELL_MS = 3_000

/**
 * Opens tracing where the settings say who receives the spans (OTLP over HTTP, as JSON). Where they do
 * not, nothing of it is even loaded.
 */
export async function openTracing(
  config: Pick<Config, 'otlpEndpoint' | 'otlpHeaders' | 'traceSample' | 'service'>,
): Promise<Tracing | null> {
  const { otlpEndpoint, otlpHeaders, traceSample } = config
  if (otlpEndpoint === null) return null
  const [sdk, { OTLPTraceExporter }] = await Promise.all([
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
  ])
  const exporter = new OTLPTraceExporter({
    url: `${otlpEndpoint.replace(/\/+$/, '')}/v1/traces`,
    headers: otlpHeaders ?? {},
  })
  const provider = new sdk.TracerProvider({
    resource: resourceOf({
      'service.name': 'selvedge',
      'service.namespace': config.service,
      'service.version': VERSION,
    }),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(traceSample) }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter, scheduledDelayMillis: 1_000 })],
  })
  return followBy(provider.getTracer('selvedge', VERSION), () =>
    within(FAREWELL_MS, provider.shutdown()).catch(() => {}),
  )
}

type Sdk = typeof import('@opentelemetry/sdk-trace')
type Resource = NonNullable<
  NonNullable<ConstructorParameters<Sdk['TracerProvider']>[0]>['resource']
>

/** What the spans are about: three words of ours, and nothing that is found out about the machine. */
const resourceOf = (attributes: Record<string, string>): Resource => {
  const resource: Resource = {
    attributes,
    merge: (other) => resourceOf({ ...attributes, ...(other?.attributes as typeof attributes) }),
    getRawAttributes: () => Object.entries(attributes),
  }
  return resource
}
