import { parseProxies } from '../proxies.ts'
import { flag, optional, refuse, setting, wholeNumber } from './setting.ts'

/** How tenants' webhooks are told (docs/how-to/webhooks.md). */
export const WEBHOOK_SETTINGS = {
  webhooks: setting(
    'SELVEDGE_WEBHOOKS',
    'true',
    flag,
    'Whether this process delivers events to webhooks. Any number of processes may; each webhook is one’s at a time.',
  ),
  webhookNetworks: optional(
    'SELVEDGE_WEBHOOK_NETWORKS',
    (value) => parseProxies(value) ?? refuse('addresses and CIDR ranges, 10.0.0.0/8,::1'),
    'Networks that webhooks may lead to though they are not public; where loopback is among them, by http too.',
  ),
  webhookTimeout: setting(
    'SELVEDGE_WEBHOOK_TIMEOUT',
    '10000',
    wholeNumber(100, 20_000),
    'How long an endpoint may take to answer, in milliseconds.',
  ),
  webhookAttempts: setting(
    'SELVEDGE_WEBHOOK_ATTEMPTS',
    '12',
    wholeNumber(1, 100),
    'How often an event is sent before it is put among the dead letters.',
  ),
  webhookPause: setting(
    'SELVEDGE_WEBHOOK_PAUSE',
    '5000',
    wholeNumber(10, 3_600_000),
    'How long the pause after a first failure is, in milliseconds; it doubles with each, up to an hour.',
  ),
  webhookDays: setting(
    'SELVEDGE_WEBHOOK_DAYS',
    '5',
    wholeNumber(1, 90),
    'For how many days a webhook may fail before nothing more is sent until somebody resumes it.',
  ),
} as const
