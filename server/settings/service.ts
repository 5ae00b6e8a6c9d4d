import { parseProxies } from '../proxies.ts'
import { flag, optional, path, readable, refuse, setting, text, wholeNumber } from './setting.ts'

const serviceName = (value: string) =>
  /^[a-z0-9]([a-z0-9.-]{0,126}[a-z0-9])?$/.test(value) ? value : refuse('a lower-case host name')

/** Where the service stands, what it is called, and what this process does in it. */
export const SERVICE_SETTINGS = {
  configFile: readable(
    optional(
      'SELVEDGE_CONFIG',
      path,
      'The file of settings; without it, selvedge.yaml in the working directory, then in SELVEDGE_HOME.',
    ),
  ),
  home: setting('SELVEDGE_HOME', '.selvedge', path, 'Where data and keys are kept.'),
  host: setting('SELVEDGE_HOST', '127.0.0.1', text, 'The address that the server binds.'),
  port: setting(
    'SELVEDGE_PORT',
    '4600',
    wholeNumber(0, 65_535),
    'The port that the server binds; 0 takes any free one.',
  ),
  service: setting(
    'SELVEDGE_SERVICE',
    'selvedge.localhost',
    serviceName,
    'The name of the service: the first part of the origin of every log. Fixed with the first tenant.',
  ),
  signer: setting(
    'SELVEDGE_SIGNER',
    'true',
    flag,
    'Whether this process signs checkpoints. Any number of processes may, given one home.',
  ),
  tlsCert: readable(
    optional(
      'SELVEDGE_TLS_CERT',
      path,
      'A certificate as PEM, those between it and the root behind it: requests then come by TLS 1.2 or later. Read again on SIGHUP, and when it changes.',
    ),
  ),
  tlsKey: readable(optional('SELVEDGE_TLS_KEY', path, 'The private key of SELVEDGE_TLS_CERT.')),
  trustedProxies: optional(
    'SELVEDGE_TRUSTED_PROXIES',
    (value) => parseProxies(value) ?? refuse('addresses and CIDR ranges, 10.0.0.0/8,::1'),
    'Proxies that are believed in X-Forwarded-For and X-Forwarded-Host; nobody is, where it is not set.',
  ),
} as const
