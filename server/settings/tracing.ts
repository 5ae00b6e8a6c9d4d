import { isPlainAddress } from './address.ts'
import { optional, refuse, secret, setting } from './setting.ts'

const address = (value: string) =>
  isPlainAddress(value, /^https?:$/)
    ? value
    : refuse('an http or https address without credentials')

const share = (value: string) =>
  /^(0(\.\d{1,6})?|1(\.0{1,6})?)$/.test(value) ? Number(value) : refuse('a number from 0 to 1')

const headers = (value: string) => {
  const pairs = value.split(',').map((pair) => pair.split(/=(.*)/s).map((part) => part.trim()))
  return pairs.every(([name, said]) => /^[\w-]+$/.test(name ?? '') && said)
    ? (Object.fromEntries(pairs.map(([name, said]) => [name, said])) as Record<string, string>)
    : refuse('headers as name=value, with commas between')
}

/** Who receives the traces of requests. */
export const TRACING_SETTINGS = {
  otlpEndpoint: optional(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    address,
    'Where traces are sent (OTLP over HTTP; /v1/traces is added). Without it nothing is traced.',
  ),
  otlpHeaders: secret(
    optional(
      'OTEL_EXPORTER_OTLP_HEADERS',
      headers,
      'Headers that are sent along, such as authorization=…',
    ),
  ),
  traceSample: setting(
    'SELVEDGE_TRACE_SAMPLE',
    '1',
    share,
    'The share of requests that are traced, from 0 to 1, where the caller does not say whether it traces.',
  ),
} as const
