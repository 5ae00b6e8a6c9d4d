import { sha256 } from '../../core/sha256.ts'
import { b64 } from '../../proofs/base64.ts'
import { hmac } from '../../proofs/hash.ts'
import { utf8 } from '../../proofs/utf8.ts'
import type { Decision, Engine, Question } from './engine.ts'
import type { Permission } from './permissions.ts'
import { permissionDenied } from './problems.ts'
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
  /** Told of every denial, and of some of what is permitted. */
  onDecision?(decision: ToldDecision): void
  /** The share of permits that is told, from 0 to 1. */
  sample?: number
  /** From 0 to below 1. */
  random?(): number
}

/** Decides for every request, and tells of it. */
export interface Access {
  readonly engine: Engine
  /** @throws {Problem} `PERMISSION_DENIED` */
  authorise(question: Question): Promise<void>
}

/** The share of permits that is told where nobody says another. */
export const USUAL_SAMPLE = 0.01

/** Opens the door that every operation goes through. */
export function openAccess({
  engine,
  onDecision = () => {},
  sample = USUAL_SAMPLE,
  random = Math.random,
}: AccessOptions): Access {
  const mask = openMask()
  const tell = ({ principal, permission, tenant }: Question, decision: Decision) => {
    if (decision.isPermitted && random() >= sample) return
    const { issuer, subject, roles } = principal
    onDecision({ tenant, permission, ...decision, issuer, subject: mask(subject), roles })
  }
  return {
    engine,
    async authorise(question) {
      const decision = engine.decide(question)
      tell(question, decision)
      if (!decision.isPermitted) throw permissionDenied(question.permission)
    },
  }
}

/** By a key that never leaves this process, so that a guessed subject cannot be tried out on a log. */
function openMask() {
  const key = crypto.getRandomValues(new Uint8Array(32))
  return (subject: string) => `s_${b64(hmac(sha256, key, utf8(subject)).subarray(0, 12))}`
}
