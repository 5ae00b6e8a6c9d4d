import type { Problem } from '../core/problem.ts'
import type { Access, Asking, Confirming } from '../domains/access/access.ts'
import type { Principal } from '../domains/access/cedar.ts'
import { type InForce, type Look, NONE_OF_ITS_OWN } from '../domains/access/in-force.ts'
import { entryOf, type Permission } from '../domains/access/permissions.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Graph } from '../lineage/graph.ts'
import { policiesState } from '../lineage/policies.ts'
import type { Position } from '../lineage/position.ts'
import type { Until } from '../lineage/until.ts'
import type { Caller } from './context.ts'
import { guardLedger, type SubmitBy } from './guarded-ledger.ts'
import { openPin, type Pin } from './pin.ts'

/** How one request gets its permissions. */
export interface Authorising {
  /**
   * Goes on where the caller may do this, and does not say whether what it is about exists.
   *
   * @throws {Problem} `PERMISSION_DENIED`; `TENANT_MISSING`, `TENANT_UNKNOWN` as `Context.tenant`.
   */
  authorise(permission: Permission): Promise<void>
  /**
   * The same for who only reads, and hands nothing out before it is confirmed: the first read brings
   * along which policies are in force, so that no look goes before it.
   *
   * @throws {Problem} As `authorise`.
   */
  beginReading(permission: Permission): Promise<Confirming>
  /** The policies by which the last permission was given; the defaults alone where none was yet. */
  readonly policies: Promise<InForce>
  readonly submitBy: SubmitBy
}

/** Opens the door of one request, and the ledger behind it. */
export function openAuthorising(
  { access, ledger, until }: { access: Access; ledger: Ledger; until?: Until },
  caller: Caller,
  scope: () => { graph: Graph; pin: Pin },
): { authorising: Authorising; ledger: Ledger } {
  let given: { permission: Permission; policies(): Promise<InForce> } | undefined

  const askingFor = (permission: Permission): Asking => {
    const about = { principal: principalOf(caller), permission }
    if (entryOf(permission).on === 'Service') return { question: { ...about, tenant: '' } }
    const { graph, pin } = scope()
    const question = { ...about, tenant: graph.tenant }
    const look = caller.minPosition && lookFrom(graph, caller.minPosition)
    return { question, until, look, found: () => pin.found }
  }

  const authorise = async (permission: Permission) => {
    const policies = await access.authorise(askingFor(permission))
    given = { permission, policies: async () => policies }
  }

  const guarded = guardLedger(ledger, {
    policies: async () => given?.policies(),
    again: async () => {
      if (given) await authorise(given.permission)
    },
  })

  return {
    authorising: {
      authorise,
      submitBy: guarded.submitBy,
      async beginReading(permission) {
        const confirming = await access.begin(askingFor(permission))
        given = { permission, policies: confirming.confirm }
        return confirming
      },
      get policies() {
        return given?.policies() ?? Promise.resolve(NONE_OF_ITS_OWN)
      },
    },
    ledger: guarded.ledger,
  }
}

/** Waits for the position like every read, on a pin of its own: the answer's is fixed by what it reads. */
const lookFrom =
  (graph: Graph, least: Position): Look =>
  async () => {
    try {
      return await openPin(graph, least).read(() => policiesState(graph.read))
    } catch (error) {
      // Whoever reads on is told so; a denial must not depend on it.
      if ((error as Partial<Problem>).code === 'TENANT_UNKNOWN') return undefined
      throw error
    }
  }

const principalOf = ({ issuer, subject, roles, tenant, isServiceWide }: Caller): Principal => ({
  issuer,
  subject,
  roles,
  // A caller without a tenant is one who may name any, and has named none.
  tenant: isServiceWide ? '*' : (tenant ?? ''),
})
