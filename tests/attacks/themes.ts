import { ATTACHMENTS } from './attachments.ts'
import type { Theme } from './attack.ts'
import { BOMBS } from './bombs.ts'
import { BROWSERS } from './browsers.ts'
import { GRAPHQL } from './graphql.ts'
import { HTTP } from './http.ts'
import { INJECTION } from './injection.ts'
import { POLLUTION } from './pollution.ts'
import { SLOW } from './slow.ts'
import { SSRF } from './ssrf.ts'
import { TENANTS } from './tenants.ts'
import { TENANTS_BY_DOOR } from './tenants-by-door.ts'
import { ROLES, TOKENS } from './tokens.ts'
import { TRAVERSAL } from './traversal.ts'
import { USAGE } from './usage.ts'

/** The whole table. */
export const THEMES: readonly Theme[] = [
  ...[TOKENS, ROLES, ...TENANTS, ...TENANTS_BY_DOOR, INJECTION, SSRF, BOMBS, GRAPHQL, POLLUTION],
  ...[SLOW, ...HTTP, ...BROWSERS, TRAVERSAL, ...ATTACHMENTS, ...USAGE],
]
