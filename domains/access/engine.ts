import { inTurns } from '../../core/in-turns.ts'
import { askCedar, keepPolicies, keepSchema, type Principal } from './cedar.ts'
import { cedarSchema, type Operation } from './cedar-schema.ts'
import { DEFAULTS, GUARANTEES } from './default-policies.ts'
import { type NamedPolicies, namesIn, survivable } from './named-policies.ts'
import { entryOf, type Permission } from './permissions.ts'

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
  /** Decides questions by policies that are not in force, in turns, and remembers nothing of it. */
  weigh(policies: readonly NamedPolicies[], questions: readonly Question[]): Promise<Decision[]>
}

/** How many tenants' own policies are kept ready; those of the tenant asked for longest ago give way. */
const MOST_KEPT = 100

/** How many decisions are remembered: one takes Cedar 0.1 ms, and looking one up a hundredth of that. */
const MOST_REMEMBERED = 20_000

/** Policies that Cedar keeps under a name, and what each of them is called. */
interface Kept {
  id: string
  names: readonly string[]
}

let engines = 0

/** Opens an engine for a surface. Cedar keeps what it read for the whole process, so open few. */
export function openEngine(operations: readonly Operation[]): Engine {
  const scope = `${++engines}`
  const schema = cedarSchema(operations)
  keepSchema(scope, schema)
  const keep = (id: string, policies: readonly NamedPolicies[]): Kept => {
    keepPolicies(id, policies.map(({ text }) => text).join('\n'))
    return { id, names: policies.flatMap(namesIn) }
  }
  const defaults = keep(`${scope}/defaults`, DEFAULTS)
  const guarantees = keep(`${scope}/guarantees`, GUARANTEES)
  const keptOf = openKept(scope, keep)
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
    weigh(policies, questions) {
      const weighed = weighing.then(() => {
        const kept = keep(`${scope}/weighed`, [...DEFAULTS, ...survivable(policies)])
        return inTurns(questions, (question) => askGuarded(question, () => kept))
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

/** Tenants' policies in a fixed number of places: Cedar forgets nothing by itself. */
function openKept(scope: string, keep: (id: string, policies: readonly NamedPolicies[]) => Kept) {
  const byTenant = new Map<string, Kept & { version: string }>()
  return (tenant: string, { version, policies }: OwnPolicies): Kept => {
    const known = byTenant.get(tenant)
    byTenant.delete(tenant)
    if (known?.version === version) {
      byTenant.set(tenant, known)
      return known
    }
    const id = known?.id ?? placeFor(byTenant, scope)
    const kept = { ...keep(id, [...DEFAULTS, ...survivable(policies)]), version }
    byTenant.set(tenant, kept)
    return kept
  }
}

function placeFor(byTenant: Map<string, Kept>, scope: string) {
  if (byTenant.size < MOST_KEPT) return `${scope}/own/${byTenant.size}`
  const [longestAgo, { id }] = byTenant.entries().next().value!
  byTenant.delete(longestAgo)
  return id
}

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
