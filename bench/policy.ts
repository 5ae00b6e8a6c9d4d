import { type OwnPolicies, openEngine, type Question } from '../domains/access/engine.ts'
import { checkPolicyText, MOST_POLICIES } from '../domains/access/policy-text.ts'
import { decisionEngine } from '../server/surface.ts'
import { type Figures, quantile, round } from './figures.ts'

const WARM = 2_000
const ROUNDS = 20
const EACH = 100

/** A tenant with as many policies as it may have, which all look at who asks. */
const OWN: OwnPolicies = {
  version: 'bench',
  policies: Array.from({ length: MOST_POLICIES }, (_, i) => ({
    name: `p${i}`,
    text: `permit(principal in Role::"reader", action in Action::"audit", resource) when { principal.subject like "team-${i}-*" };`,
  })),
}

const asking = (subject: string): Question => ({
  principal: { issuer: 'https://issuer.test', subject, tenant: 'acme', roles: ['reader'] },
  permission: 'lineage:read',
  tenant: 'acme',
})

/**
 * What one decision costs: remembered, as it is for whoever asks a second time, and anew, by the
 * defaults and by as many policies as a tenant may have. Against the 0.1 ms that a decision may take.
 */
export async function benchPolicy({ say }: { say(text: string): void }): Promise<Figures> {
  const engine = decisionEngine()
  let subjects = 0
  const another = () => asking(`subject-${subjects++}`)
  for (let i = 0; i < WARM; i++) engine.decide(another(), i % 2 ? OWN : undefined)
  say('deciding')
  const same = asking('the same')
  const rememberedUs = usual(() => engine.decide(same), 100 * EACH)
  const defaultUs = usual(() => engine.decide(another()))
  const ownUs = usual(() => engine.decide(another(), OWN))
  say('reading policies')
  const text = OWN.policies
    .map(({ text: one }) => one)
    .join('\n')
    .slice(0, 9_000)
  const whole = text.slice(0, text.lastIndexOf(';') + 1)
  const checkUs = usual(() => checkPolicyText(whole, engine.tenantSchema), 1)
  const openUs = usual(() => openEngine(engine.operations), 1)
  return {
    suite: 'policy',
    what: `decisions by the default policies, and by ${MOST_POLICIES} more`,
    figures: {
      rememberedUs: round(rememberedUs),
      defaultUs: round(defaultUs),
      ownUs: round(ownUs),
      checkMs: round(checkUs / 1_000),
      openMs: round(openUs / 1_000),
    },
    ratios: {
      rememberedOf100Us: { value: round(rememberedUs / 100, 4), budget: 0.2 },
      defaultOf100Us: { value: round(defaultUs / 100) },
      ownToDefault: { value: round(ownUs / defaultUs) },
    },
  }
}

/**
 * Microseconds of this process's own time that it usually takes: the lower quartile, since a busy
 * machine only ever adds to it.
 */
function usual(work: () => unknown, each = EACH) {
  const times = Array.from({ length: ROUNDS }, () => {
    const start = process.cpuUsage()
    for (let i = 0; i < each; i++) work()
    const { user, system } = process.cpuUsage(start)
    return (user + system) / each
  })
  return quantile(times, 0.25)
}
