import {
  flag,
  optional,
  path,
  readable,
  refuse,
  secret,
  setting,
  text,
  wholeNumber,
} from './setting.ts'

const HOST = /^[a-z0-9]([a-z0-9.-]{0,252}[a-z0-9])?$|^\[[0-9a-f:.]{2,45}\]$/

const hosts = (value: string) => {
  const names = value.split(',').map((name) => name.trim().toLowerCase())
  return names.every((name) => HOST.test(name)) ? names : refuse('host names without ports, a,b')
}

/** Who says who asks (docs/how-to/identity.md). */
export const IDENTITY_SETTINGS = {
  issuers: readable(
    optional(
      'SELVEDGE_ISSUERS',
      path,
      'A YAML or JSON file that lists the issuers whose tokens are taken. With it, no header says who asks.',
    ),
  ),
  devHeaders: setting(
    'SELVEDGE_DEV_HEADERS',
    'true',
    flag,
    'Whether x-selvedge-tenant, -subject and -roles are believed on loopback while there are no issuers. Never in production.',
  ),
  devIssuerPort: setting(
    'SELVEDGE_DEV_ISSUER_PORT',
    '4602',
    wholeNumber(1, 65_535),
    'The port of the development issuer, and so part of its name.',
  ),
  publicHosts: optional(
    'SELVEDGE_PUBLIC_HOSTS',
    hosts,
    'The host names that requests may be sent to where there are issuers, with commas between; any, where it is not set.',
  ),
  token: secret(
    optional('SELVEDGE_TOKEN', text, 'The token that commands send to a server, before any login.'),
  ),
} as const
