import { sha256 } from '../../core/sha256.ts'
import type { Graph } from '../../lineage/graph.ts'
import type { LogState } from '../../lineage/position.ts'
import type { Until } from '../../lineage/until.ts'
import { b64 } from '../../proofs/base64.ts'
import { hmac } from '../../proofs/hash.ts'
import { utf8 } from '../../proofs/utf8.ts'
import type { Decision, Engine, Question } from './engine.ts'
import { type InForce, type Look, NONE_OF_ITS_OWN, openKnownPolicies } from './in-force.ts'
import { entryOf, type Permission } from './permissions.ts'
import { permissionDenied } from './problems.ts'
import { openRecent, type RecentQuestion } from './recent.ts'
import type { Role } from './roles.ts'

/** A decision as the service's log tells it: who asked cannot be read from it. */
export interface ToldDecision {
  tenant: string
  permission: Permission
  isPermitted: boolean
  policies: readonly string[]
  issuer: string
  /** The same for one subject for as long as this process runs; it cannot be turned back. */
  subject: string
  roles: readonly Role[]
}

export interface AccessOptions {
  engine: Engine
  /**
   * The graph of a tenant, to look at its policies in. What is looked at is shared by all who ask at the
   * same time, so it must not end with the time of one of them.
   */
  graphOf(tenant: string): Graph
  /** Told of every denial, and of some of what is permitted. */
  onDecision?(decision: ToldDecision): void
  /** The share of permits that is told, from 0 to 1. */
  sample?: number
  /** From 0 to below 1. */
  random?(): number
}

/** A question, and what there is to know of the tenant's own policies. */
export interface Asking {
  question: Question
  /** How long the caller waits; as long as it takes, where it is left out. */
  until?: Until
  /** Looks as far on as the caller has seen already; at the newest that the database tells, where left out. */
  look?: Look
  /** The state of the log as what was read for this request has found it, if anything was. */
  found?(): LogState | undefined
}

/** A decision by what this process knew, of which it is not known yet whether that still holds. */
export interface Confirming {
  /**
   * Says by which policies it is permitted now: those that a read of this request has found, or where
   * nothing was read, those that a look finds. What was read may not go out before this.
   *
   * @throws {Problem} `PERMISSION_DENIED`
   */
  confirm: () => Promise<InForce>
}

/** Decides for every request, and tells of it. */
export interface Access {
  readonly engine: Engine
  /**
   * Decides by the policies that are in force now.
   *
   * @throws {Problem} `PERMISSION_DENIED`
   */
  authorise(asking: Asking): Promise<InForce>
  /**
   * Decides by the policies that were last seen in force; whether they still are is found out when
   * the caller has read. Where they would deny it, or none were seen yet, as `authorise`.
   *
   * @throws {Problem} `PERMISSION_DENIED`
   */
  begin(asking: Asking): Promise<Confirming>
  /** Masks a subject as the log does. */
  mask(subject: string): string
  /** What was asked for a tenant here lately, each question once, the last first. */
  recent(tenant: string): RecentQuestion[]
}

/** The share of permits that is told where nobody says another. */
export const USUAL_SAMPLE = 0.01

/** Opens the door that every operation goes through. */
export function openAccess({
  engine,
  graphOf,
  onDecision = () => {},
  sample = USUAL_SAMPLE,
  random = Math.random,
}: AccessOptions): Access {
  const mask = openMask()
  const known = openKnownPolicies(graphOf)
  const recent = openRecent()

  const tell = ({ principal, permission, tenant }: Question, decision: Decision) => {
    if (decision.isPermitted && random() >= sample) return
    const { issuer, subject, roles } = principal
    onDecision({ tenant, permission, ...decision, issuer, subject: mask(subject), roles })
  }

  const settle = (question: Question, own: InForce) => {
    const decision = engine.decide(question, own)
    recent.note(question)
    tell(question, decision)
    if (!decision.isPermitted) throw permissionDenied(question.permission)
    return own
  }

  const authorise: Access['authorise'] = async ({ question, until, look }) => {
    // Before the database is asked anything: of another tenant, nothing may be told by time either.
    const isSettled = !isOfTenant(question) || engine.isForbidden(question)
    if (isSettled) return settle(question, NONE_OF_ITS_OWN)
    const newest = await known.now(question.tenant, { until })
    // A look that waits for a position tells how far the log is: who is denied does not get that far.
    const isDenied = !engine.decide(question, newest).isPermitted
    if (!look || isDenied) return settle(question, newest)
    return settle(question, await known.now(question.tenant, { until, look }))
  }

  return {
    engine,
    authorise,
    async begin(asking) {
      const { question, until, found } = asking
      const last = isOfTenant(question) ? known.last(question.tenant) : undefined
      const isLikely = last && engine.decide(question, last).isPermitted
      if (!isLikely) {
        const own = await authorise(asking)
        return { confirm: async () => own }
      }
      const byFound = async (state: LogState | undefined) => {
        if (!state) return authorise(asking)
        return settle(
          question,
          await known.now(question.tenant, { until, look: async () => state }),
        )
      }
      let confirmed: Promise<InForce> | undefined
      return {
        confirm() {
          confirmed ??= byFound(found?.())
          return confirmed
        },
      }
    },
    mask,
    recent: recent.of,
  }
}

/** The service has no policies but ours. */
const isOfTenant = ({ permission }: Question) => entryOf(permission).on === 'Tenant'

/** By a key that never leaves this process, so that a guessed subject cannot be tried out on a log. */
function openMask() {
  const key = crypto.getRandomValues(new Uint8Array(32))
  return (subject: string) => `s_${b64(hmac(sha256, key, utf8(subject)).subarray(0, 12))}`
}
