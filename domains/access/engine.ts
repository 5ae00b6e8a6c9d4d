import { inTurns } from '../../core/in-turns.ts'
import { timeLeft, type Until } from '../../lineage/until.ts'
import { askCedar, keepPolicies, keepSchema, type Principal } from './cedar.ts'
import { cedarSchema, type Operation } from './cedar-schema.ts'
import { DEFAULTS, GUARANTEES } from './default-policies.ts'
import { type NamedPolicies, readPolicies } from './named-policies.ts'
import { entryOf, type Permission } from './permissions.ts'
import { type Kept, openPlaces } from './places.ts'

/** May this principal do this in this tenant? */
export interface Question {
  principal: Principal
  permission: Permission
  /** Empty where it is asked of the service. */
  tenant: string
}

export interface Decision {
  readonly isPermitted: boolean
  /** The policies that decided it; none where none permits it. */
  readonly policies: readonly string[]
}

/** A tenant's own policies as they are at one moment. */
export interface OwnPolicies {
  /** Another for other policies: what is decided by them is remembered under it. */
  readonly version: string
  readonly policies: readonly NamedPolicies[]
}

/** Decides by policies. It knows no HTTP and no database. */
export interface Engine {
  /** The operations that it decides about, and the Cedar schema that comes of them. */
  readonly operations: readonly Operation[]
  readonly schema: string
  /** The part of it that is about tenants: all that their own policies can be about. */
  readonly tenantSchema: string
  /**
   * Decides a question by the defaults, together with the tenant's own policies where some are given.
   * What the guarantees permit is permitted whatever those say.
   */
  decide(question: Question, own?: OwnPolicies): Decision
  /** Whether a default forbids it, so that no policy of a tenant can permit it. */
  isForbidden(question: Question): boolean
  /**
   * Decides questions by a tenant's own policies, be they in force or not, as `decide` does, but in turns,
   * and remembers nothing of it: neither the questions nor how many there are is to be trusted.
   *
   * @throws {Problem} `DEADLINE_EXCEEDED`, `REQUEST_CANCELLED`.
   */
  weigh(
    policies: readonly NamedPolicies[],
    questions: readonly Question[],
    until?: Until,
  ): Promise<Decision[]>
}

/** How many tenants' own policies are kept ready; those of the tenant asked for longest ago give way. */
const MOST_KEPT = 100

/** How many decisions are remembered: one takes Cedar 0.1 ms, and looking one up a hundredth of that. */
const MOST_REMEMBERED = 20_000

let engines = 0

/** Opens an engine for a surface. Cedar keeps what it read for the whole process, so open few. */
export function openEngine(operations: readonly Operation[]): Engine {
  const scope = `${++engines}`
  const schema = cedarSchema(operations)
  keepSchema(scope, schema)
  const keep = (id: string, policies: readonly NamedPolicies[]): Kept => {
    const read = policies.map(readPolicies)
    keepPolicies(id, read.map(({ text }) => text).join('\n'))
    return { id, names: read.flatMap(({ names }) => names) }
  }
  const defaults = keep(`${scope}/defaults`, DEFAULTS)
  const guarantees = keep(`${scope}/guarantees`, GUARANTEES)
  const places = Array.from({ length: MOST_KEPT }, (_, i) => `${scope}/own/${i}`)
  const keptOf = openPlaces(places, (id, policies) => keep(id, [...DEFAULTS, ...policies]))
  const remembered = openMemory()

  /** One after the other: Cedar has one place for what is weighed. */
  let weighing: Promise<unknown> = Promise.resolve()

  const ask = ({ id, names }: Kept, question: Question): Decision => {
    const { isPermitted, policies } = askCedar({ schema: scope, policies: id }, question)
    return { isPermitted, policies: policies.map((at) => names[at]!).sort() }
  }

  /** What the guarantees permit is permitted, before anything else is looked at. */
  const askGuarded = (question: Question, kept: () => Kept) => {
    const isGuarded = entryOf(question.permission).groups.includes('policy')
    const guaranteed = isGuarded ? ask(guarantees, question) : undefined
    return guaranteed?.isPermitted ? guaranteed : ask(kept(), question)
  }

  const decideAnew = (question: Question, own: OwnPolicies | undefined) =>
    own && own.policies.length > 0
      ? askGuarded(question, () => keptOf(question.tenant, own))
      : ask(defaults, question)

  const decide: Engine['decide'] = (question, own) =>
    remembered(keyOf(question, own), () => decideAnew(question, own))

  return {
    operations,
    schema,
    tenantSchema: cedarSchema(operations, 'Tenant'),
    decide,
    isForbidden: (question) => {
      const { isPermitted, policies } = decide(question)
      return !isPermitted && policies.length > 0
    },
    weigh(policies, questions, until) {
      const weighed = weighing.then(() => {
        const kept = keep(`${scope}/weighed`, [...DEFAULTS, ...policies])
        return inTurns(questions, (question) => {
          if (until) timeLeft(until)
          return policies.length > 0 ? askGuarded(question, () => kept) : ask(defaults, question)
        })
      })
      weighing = weighed.catch(() => {})
      return weighed
    },
  }
}

/** What a decision comes from, whole: nothing else goes into one. */
const keyOf = ({ principal, permission, tenant }: Question, own: OwnPolicies | undefined) =>
  JSON.stringify([
    own?.version ?? '',
    tenant,
    permission,
    principal.subject,
    principal.issuer,
    principal.tenant,
    principal.roles,
  ])

/** Remembers what was decided, the last so many. */
function openMemory() {
  let [young, old] = [new Map<string, Decision>(), new Map<string, Decision>()]
  return (key: string, decide: () => Decision) => {
    const known = young.get(key)
    if (known) return known
    const decision = old.get(key) ?? decide()
    if (young.size >= MOST_REMEMBERED / 2) [young, old] = [new Map(), young]
    young.set(key, decision)
    return decision
  }
}
