import type { Access } from '../domains/access/access.ts'
import type { Role } from '../domains/access/roles.ts'
import type { Exporting } from '../domains/evidence/export.ts'
import type { CheckDocument } from '../domains/saved-queries/saved-query.ts'
import type { Networks } from '../domains/webhooks/reachable.ts'
import { tenantUnknown } from '../ledger/problems.ts'
import type { Graph } from '../lineage/graph.ts'
import type { Position } from '../lineage/position.ts'
import type { Until } from '../lineage/until.ts'
import { type Loaders, openLoaders } from '../loaders/index.ts'
import { TENANT } from '../proofs/ids.ts'
import { type Authorising, openAuthorising } from './authorising.ts'
import { openPin, type Pin } from './pin.ts'
import { budgetSpent, tenantMissing } from './problems.ts'
import type { Subscribing } from './subscription.ts'

/** What the server hands to every request; exporting needs the most of it. */
export interface Services extends Exporting {
  access: Access
  /** The networks that webhooks may lead to though they are not public; none by default. */
  webhookNetworks?: Networks | null
  /** Checks a document as if it were sent; given by the server that takes it. */
  checkDocument?: CheckDocument
  /** How long the caller of this request waits; as long as it takes, where it is left out. */
  until?: Until
  /** The clock by which grants begin and end, in milliseconds since 1970; the machine's by default. */
  now?(): number
}

/** Who asks, for which tenant, and from which position on. */
export interface Caller {
  tenant: string | undefined
  /** Unique in the service, whoever issued it. */
  subject: string
  /** The URL of the issuer that vouches for the caller, or `development`. */
  issuer: string
  roles: readonly Role[]
  /** Whether the caller may name any tenant. One that may not has its own in `tenant`. */
  isServiceWide: boolean
  /** The caller's Idempotency-Key. */
  key: string | undefined
  minPosition: Position | undefined
}

/** What resolvers work with: one request of one caller. */
export interface Context extends Authorising {
  readonly services: Services
  readonly caller: Caller
  /** What a subscription is about; nothing, where this is none. */
  readonly subscribing?: Subscribing
  /** The tenant asked about. @throws {Problem} `TENANT_MISSING`, `TENANT_UNKNOWN`. */
  readonly tenant: string
  readonly graph: Graph
  readonly pin: Pin
  readonly loaders: Loaders
  /** The position of what was read, if anything was. */
  readonly position: Position | undefined
  /** Counts what lists may deliver. @throws {Problem} `REQUEST_ASKS_TOO_MUCH`. */
  spend(items: number): void
}

/**
 * The most items that the lists of one request may deliver. Counted by what is asked for, before it
 * is read, so that neither aliases nor variables nor nesting get around it.
 */
export const MOST_ITEMS = 20_000

/**
 * Opens the context of one request. What needs a tenant is opened when it is first asked for, so that
 * a request that needs none may go without.
 */
export function openContext(
  services: Services,
  caller: Caller,
  subscribing?: Subscribing,
): Context {
  let scope: { graph: Graph; pin: Pin; loaders: Loaders } | undefined
  let spent = 0
  const open = () => {
    const tenant = tenantOf(caller)
    const graph = services.database.graph(tenant)
    return {
      graph,
      pin: openPin(graph, caller.minPosition),
      loaders: openLoaders(graph.read),
    }
  }
  const scoped = () => {
    scope ??= open()
    return scope
  }
  const { authorising, ledger } = openAuthorising(services, caller, scoped)
  return {
    services: { ...services, ledger },
    caller,
    subscribing,
    authorise: authorising.authorise,
    beginReading: authorising.beginReading,
    submitBy: authorising.submitBy,
    get policies() {
      return authorising.policies
    },
    get tenant() {
      return tenantOf(caller)
    },
    get graph() {
      return scoped().graph
    },
    get pin() {
      return scoped().pin
    },
    get loaders() {
      return scoped().loaders
    },
    get position() {
      return scope?.pin.position
    },
    spend(items) {
      spent += items
      if (spent > MOST_ITEMS) throw budgetSpent(spent, MOST_ITEMS)
    },
  }
}

/** A text that no tenant can have is not even looked up: `-` is the service's own scope. */
function tenantOf({ tenant }: Caller) {
  if (!tenant) throw tenantMissing()
  if (!TENANT.test(tenant)) throw tenantUnknown(tenant.slice(0, 100))
  return tenant
}
