import { availableParallelism } from 'node:os'
import {
  flag,
  oneOf,
  optional,
  path,
  type Refusal,
  refuse,
  setting,
  wholeNumber,
} from './setting.ts'

/** So many requests in so many seconds; as many may come at once as the whole window takes. */
export interface Quota {
  requests: number
  seconds: number
}

function quota(text: string): Quota | null | Refusal {
  if (text === 'off') return null
  const [, requests, seconds] = /^([1-9]\d{0,6})\/([1-9]\d{0,4})$/.exec(text) ?? []
  if (requests === undefined) return refuse('off, or requests per seconds such as 600/60')
  return { requests: Number(requests), seconds: Number(seconds) }
}

function origins(text: string): readonly string[] | Refusal {
  const all = text.split(',').flatMap((part) => part.trim() || [])
  const isOrigin = (one: string) =>
    URL.canParse(one) && new URL(one).origin === one && one !== 'null'
  return all.every(isOrigin) ? all : refuse('origins such as https://console.example, with commas')
}

/** What requests may ask for, together and each, and from where. */
export const LIMIT_SETTINGS = {
  mostPrice: setting(
    'SELVEDGE_MOST_PRICE',
    '100000',
    wholeNumber(100, 100_000_000),
    'The most that one GraphQL operation may cost (docs/limits.md says how it is priced).',
  ),
  requestTimeout: setting(
    'SELVEDGE_REQUEST_TIMEOUT',
    '30000',
    wholeNumber(100, 600_000),
    'How long a request may read from the database, in milliseconds, where x-request-timeout does not say.',
  ),
  mostRequestTimeout: setting(
    'SELVEDGE_MOST_REQUEST_TIMEOUT',
    '120000',
    wholeNumber(100, 600_000),
    'The most that x-request-timeout is taken for, in milliseconds.',
  ),
  rateAddress: setting(
    'SELVEDGE_RATE_ADDRESS',
    '120000/60',
    quota,
    'How many requests in how many seconds are taken from one address, before it is known who asks; or off, such as behind a proxy.',
  ),
  ratePrincipal: setting(
    'SELVEDGE_RATE_PRINCIPAL',
    '30000/60',
    quota,
    'How many requests in how many seconds are taken from one subject of one issuer; or off.',
  ),
  rateTenant: setting(
    'SELVEDGE_RATE_TENANT',
    '60000/60',
    quota,
    'How many requests in how many seconds are taken for one tenant, of all its callers together; or off.',
  ),
  addressConnections: setting(
    'SELVEDGE_ADDRESS_CONNECTIONS',
    '512',
    wholeNumber(1, 4_000),
    'How many connections one address may hold at once; those of trusted proxies are not counted. 4000 behind a balancer that is none.',
  ),
  stallTimeout: setting(
    'SELVEDGE_STALL_TIMEOUT',
    '30000',
    wholeNumber(100, 600_000),
    'How long a client may take nothing of its answer before it is cut off, in milliseconds.',
  ),
  readSlots: setting(
    'SELVEDGE_READ_SLOTS',
    () => String(Math.max(4, 2 * availableParallelism())),
    wholeNumber(1, 1_000),
    'How many requests read the graph at once; tenants share these fairly. Twice the processors, by default.',
  ),
  writeSlots: setting(
    'SELVEDGE_WRITE_SLOTS',
    '64',
    wholeNumber(1, 1_000),
    'How many requests write at once; tenants share these fairly. Those of one tenant share transactions.',
  ),
  queue: setting(
    'SELVEDGE_QUEUE',
    '512',
    wholeNumber(0, 100_000),
    'How many requests wait for their turn to read, and as many to write; more are answered SERVER_BUSY.',
  ),
  bodyMemory: setting(
    'SELVEDGE_BODY_MEMORY',
    '256000000',
    wholeNumber(16_000_000, 999_999_999),
    'How many bytes of request bodies are held at once, half of them of one tenant; more are answered SERVER_BUSY. Read, they take some five times as much.',
  ),
  subscriptions: setting(
    'SELVEDGE_SUBSCRIPTIONS',
    '1000',
    wholeNumber(0, 100_000),
    'How many subscriptions one process tells at once; more are answered SERVER_BUSY.',
  ),
  tenantSubscriptions: setting(
    'SELVEDGE_TENANT_SUBSCRIPTIONS',
    '100',
    wholeNumber(0, 100_000),
    'How many of them may be of one tenant.',
  ),
  subscriptionLife: setting(
    'SELVEDGE_SUBSCRIPTION_LIFE',
    '3600000',
    wholeNumber(100, 86_400_000),
    'How long a subscription lasts at most, in milliseconds; its client then subscribes again.',
  ),
  subscriptionHeartbeat: setting(
    'SELVEDGE_SUBSCRIPTION_HEARTBEAT',
    '15000',
    wholeNumber(50, 600_000),
    'How often a subscription that has nothing to tell says so, in milliseconds.',
  ),
  corsOrigins: setting(
    'SELVEDGE_CORS_ORIGINS',
    '',
    origins,
    'Origins of pages elsewhere that may use the service from a browser, with commas between; none without.',
  ),
  attachmentMaxBytes: setting(
    'SELVEDGE_ATTACHMENT_MAX_BYTES',
    '100000000',
    wholeNumber(1, 999_999_999),
    'The most bytes that one attachment may have.',
  ),
  operations: optional(
    'SELVEDGE_OPERATIONS',
    path,
    'A directory of .graphql files, or a JSON file of documents by SHA-256: what may be asked for by hash.',
  ),
  operationsOnly: setting(
    'SELVEDGE_OPERATIONS_ONLY',
    'false',
    flag,
    'Whether only the documents of SELVEDGE_OPERATIONS may run.',
  ),
  introspection: setting(
    'SELVEDGE_INTROSPECTION',
    'auto',
    oneOf('auto', 'on', 'off'),
    'Whether the schema can be asked for: auto is on in development, and off where issuers are configured.',
  ),
} as const
