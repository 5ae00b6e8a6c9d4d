import { DESIGN } from '../../lineage/kinds.ts'

/** A world as its records tell it: edges in force, and what each entity last said. */
export interface RecordedWorld {
  edges: readonly { from: string; relation: string; to: string }[]
  said: ReadonlyMap<string, { action: string; fields: Record<string, unknown> | null }>
}

export interface Rule {
  type: string
  action: string
  purposes?: string[]
  recipients?: string[]
  jurisdictions?: string[]
  validFrom?: string
  validUntil?: string
}
interface Lift {
  type: string
  action: string
  from?: string
}
export interface Asked {
  action: string
  purpose: string
  recipient?: string
  jurisdiction?: string
}

/** What a few SPDX ids mean, written out for this test: whether they permit, and which duties copying has. */
const SPDX: Record<string, { purposes?: string[]; forbids: string[]; duties: string[] }> = {
  'CC0-1.0': { forbids: [], duties: [] },
  MIT: { forbids: [], duties: ['cc:Notice'] },
  'CC-BY-NC-4.0': {
    purposes: ['dpv:NonCommercialPurpose'],
    forbids: ['cc:CommercialUse'],
    duties: ['cc:Attribution', 'cc:Notice'],
  },
}
/** What stands in an expression of these worlds, as alternatives of which each is a list of ids. */
export const EXPRESSIONS: Record<string, string[][]> = {
  MIT: [['MIT']],
  'CC0-1.0': [['CC0-1.0']],
  'CC-BY-NC-4.0 OR MIT': [['CC-BY-NC-4.0'], ['MIT']],
  'MIT AND CC-BY-NC-4.0': [['MIT', 'CC-BY-NC-4.0']],
  'LicenseRef-own OR CC-BY-NC-4.0': [['LicenseRef-own'], ['CC-BY-NC-4.0']],
  'LicenseRef-own': [['LicenseRef-own']],
  'No-such-id': [['No-such-id']],
}

/** What each word is part of, itself included: all words of these worlds. */
const ABOVE: Record<string, string[]> = {
  use: ['use'],
  'odrl:use': ['use'],
  reproduce: ['reproduce', 'use'],
  'http://www.w3.org/ns/odrl/2/reproduce': ['reproduce', 'use'],
  extract: ['extract', 'reproduce', 'use'],
  distribute: ['distribute', 'use'],
  commercialize: ['cc:CommercialUse', 'use'],
  'cc:CommercialUse': ['cc:CommercialUse', 'use'],
  sell: ['sell', 'transfer'],
  attribute: ['attribute', 'use'],
  'cc:Notice': ['cc:Notice', 'use'],
  'cc:Attribution': ['cc:Attribution', 'use'],
  'dpv:Marketing': ['dpv:Marketing'],
  'https://w3id.org/dpv#Marketing': ['dpv:Marketing'],
  'dpv:DirectMarketing': ['dpv:DirectMarketing', 'dpv:Marketing'],
  'dpv:NonCommercialPurpose': ['dpv:NonCommercialPurpose'],
  'dpv:NonCommercialResearch': [
    'dpv:NonCommercialResearch',
    'dpv:NonCommercialPurpose',
    'dpv:ResearchAndDevelopment',
  ],
  'dpv:ResearchAndDevelopment': ['dpv:ResearchAndDevelopment'],
  'acme:growth': ['acme:growth'],
  'acme:care': ['acme:care'],
  'acme:score': ['acme:score'],
  US: ['US'],
  DE: ['DE', 'EU'],
  'DE-BY': ['DE-BY', 'DE', 'EU'],
  EU: ['EU'],
}
export const WORDS = Object.keys(ABOVE)

/** What a licence says, as one of its clauses or ids has it. */
export interface Saying {
  licence: string
  clause: string | null
  spdx: string | null
  isChoice: boolean
  rule: Rule | null
  unknown?: string
  hops: number
}

type Fit = 'all' | 'unsaid' | 'part' | 'no'
const own = (word: string) => word.startsWith('acme:')

function fitting(rule: string, asked: string): Fit {
  const [ours, theirs] = [ABOVE[rule]!, ABOVE[asked]!]
  if (theirs.includes(ours[0]!)) return 'all'
  if (ours.includes(theirs[0]!)) return 'part'
  return own(rule) === own(asked) ? 'no' : 'unsaid'
}

const best = (fits: Fit[]): Fit =>
  (['all', 'unsaid', 'part', 'no'] as const).find((one) => fits.includes(one)) ?? 'all'
const worst = (fits: Fit[]): Fit =>
  (['no', 'part', 'unsaid', 'all'] as const).find((one) => fits.includes(one)) ?? 'all'

function conditions(rule: Rule, asked: Asked): Fit[] {
  const { recipient, jurisdiction } = asked
  return [
    best((rule.purposes ?? []).map((word) => fitting(word, asked.purpose))),
    best(
      (rule.recipients ?? []).map((word) =>
        recipient === undefined ? 'unsaid' : word === recipient ? 'all' : 'no',
      ),
    ),
    best(
      (rule.jurisdictions ?? []).map((word) =>
        jurisdiction === undefined ? 'unsaid' : fitting(word, jurisdiction),
      ),
    ),
  ]
}

const kindOf = (id: string) => id.split(':')[2]!
const holds = (
  day: string,
  { validFrom, validUntil }: { validFrom?: string; validUntil?: string },
) =>
  (validFrom === undefined || validFrom <= day) && (validUntil === undefined || day <= validUntil)

/** Everything that is asked of terms, in the plainest way: by trying every way that meets nothing twice. */
export function termsByHand({ edges, said }: RecordedWorld, root: string, day: string) {
  const design = edges.filter(({ relation }) => (DESIGN as readonly string[]).includes(relation))
  const outOf = (id: string) => [
    ...new Set(design.filter(({ from }) => from === id).map(({ to }) => to)),
  ]
  const toKind = (id: string, kind: string) => outOf(id).filter((far) => kindOf(far) === kind)
  const notMadeOf = ['license', 'clause', 'transformation', 'dpiapacket', 'modelcard', 'principal']
  const madeOf = (id: string) => outOf(id).filter((far) => !notMadeOf.includes(kindOf(far)))
  const licencesOf = (id: string) => toKind(id, 'license')
  const body = (id: string, field: string) => {
    const last = said.get(id)
    const fields = last?.action === 'retire' ? null : last?.fields
    return fields && field in fields ? fields : undefined
  }
  const silent = (id: string, what: string) => {
    const last = said.get(id)
    if (last?.action === 'retire') return `${what}_RETIRED`
    if (last?.fields === null || last?.action === 'erase') return `${what}_ERASED`
    return `${what}_SAYS_NOTHING`
  }

  /** All ways from here that meet nothing twice, each as what lies along it. */
  const waysFrom = (id: string, way: string[] = []): string[][] => [
    [...way, id],
    ...madeOf(id)
      .filter((far) => !way.includes(far) && far !== id)
      .flatMap((far) => waysFrom(far, [...way, id])),
  ]
  const ways = waysFrom(root)

  const liftsAt = (id: string) =>
    toKind(id, 'transformation').flatMap((one) => {
      const rule = body(one, 'rule') as
        | { lifts?: Lift[]; validFrom?: string; appliesTo?: string[] }
        | undefined
      const isMeant = rule && (!rule.appliesTo || rule.appliesTo.includes(id))
      return isMeant && holds(day, rule) ? (rule.lifts ?? []) : []
    })
  /** The fewest things along a way to the licence on which nothing lifts this. */
  const shortest = (licence: string, isLifted: (lift: Lift) => boolean) => {
    const open = ways
      .filter((way) => licencesOf(way.at(-1)!).includes(licence))
      .filter((way) => !way.slice(0, -1).some((id) => liftsAt(id).some(isLifted)))
    return open.length === 0 ? undefined : Math.min(...open.map((way) => way.length)) + 1
  }
  const same = (a: string, b: string) => ABOVE[a]![0] === ABOVE[b]![0]
  const lengthOf = (rule: Rule, licence: string, clause: string | null) => {
    const length = shortest(
      licence,
      (lift) =>
        rule.type !== 'permission' &&
        lift.type === rule.type &&
        same(lift.action, rule.action) &&
        (lift.from === undefined || lift.from === licence || lift.from === clause),
    )
    return length === undefined ? undefined : length + (clause === null ? 0 : 1)
  }

  const reachesLicence = (id: string) =>
    waysFrom(id).some((way) => way.some((one) => licencesOf(one).length > 0))
  const bareWays = ways.filter((way) => way.every((id) => licencesOf(id).length === 0))
  const region = new Set(bareWays.map((way) => way.at(-1)!))
  const lost = [...region].filter((id) => !reachesLicence(id))
  const isEnd = (id: string) => madeOf(id).every((far) => far === id)
  const endsSomewhere = (id: string) => waysFrom(id).some((way) => isEnd(way.at(-1)!))
  const circling = lost.filter((id) => !endsSomewhere(id))
  const bare = lost.filter(
    (id) =>
      isEnd(id) ||
      (circling.includes(id) &&
        (id === root ||
          [...region].some((near) => !circling.includes(near) && madeOf(near).includes(id)))),
  )

  const licences = [...new Set(ways.flatMap((way) => licencesOf(way.at(-1)!)))]
  const statements = licences.map((licence) => {
    const fields = body(licence, 'title') as { spdx?: string; validFrom?: string } | undefined
    const clauses = toKind(licence, 'clause')
    if (!fields) return { licence, unknown: silent(licence, 'LICENSE') }
    if (!holds(day, fields)) return { licence, unknown: 'LICENSE_NOT_IN_FORCE' }
    if (clauses.length > 0) {
      const rules = clauses.map((clause) => ({
        clause,
        rule: body(clause, 'type') as unknown as Rule | undefined,
        unknown: silent(clause, 'CLAUSE'),
      }))
      return { licence, rules: rules.filter(({ rule }) => !rule || holds(day, rule)) }
    }
    if (fields.spdx === undefined) return { licence, unknown: 'LICENSE_SAYS_NOTHING' }
    const expression = EXPRESSIONS[fields.spdx]!
    return { licence, expression }
  })

  /** `what licence clause length` of each. */
  const terms = () => [
    ...bare.map((id) => `NO_LICENSE ${id}`),
    ...statements.flatMap(({ licence, unknown, rules, expression }) => {
      const any = shortest(licence, () => false)!
      if (unknown) return [`${unknown} ${licence} ${any}`]
      if (expression) return spdxTerms(licence, expression)
      return rules!.flatMap(({ clause, rule, unknown: silence }) => {
        if (!rule) return [`${silence} ${licence} ${clause} ${any + 1}`]
        const length = lengthOf(rule, licence, clause)
        return length === undefined
          ? []
          : [`${rule.type} ${rule.action} ${licence} ${clause} ${length}`]
      })
    }),
  ]
  const rulesOf = (id: string): Rule[] => [
    { type: 'permission', action: 'odrl:use', purposes: SPDX[id]!.purposes },
    ...SPDX[id]!.forbids.map((action) => ({ type: 'prohibition', action })),
    ...SPDX[id]!.duties.map((action) => ({ type: 'duty', action })),
  ]
  const spdxTerms = (licence: string, expression: string[][]) => {
    const isChoice = expression.length > 1
    return [...new Set(expression.flat())].flatMap((id) =>
      SPDX[id]
        ? rulesOf(id).flatMap((rule) => {
            const length = lengthOf(rule, licence, null)
            if (length === undefined) return []
            return [`${rule.type} ${rule.action} ${licence} ${id} ${isChoice} ${length}`]
          })
        : [`SPDX_UNKNOWN ${licence} ${id} ${isChoice} ${shortest(licence, () => false)}`],
    )
  }

  /** What each licence says that reaches the root, with the fewest hops from the licence. */
  const sayings = () =>
    statements.flatMap(({ licence, unknown, rules, expression }): Saying[] => {
      const any = shortest(licence, () => false)! - 1
      const at = { licence, clause: null, spdx: null, isChoice: false, rule: null, hops: any }
      if (unknown) return [{ ...at, unknown }]
      if (expression) {
        const isChoice = expression.length > 1
        return [...new Set(expression.flat())].flatMap((spdx): Saying[] =>
          SPDX[spdx]
            ? rulesOf(spdx).flatMap((rule) => {
                const length = lengthOf(rule, licence, null)
                return length ? [{ ...at, spdx, isChoice, rule, hops: length - 1 }] : []
              })
            : [{ ...at, spdx, isChoice, unknown: 'SPDX_UNKNOWN' }],
        )
      }
      return rules!.flatMap(({ clause, rule, unknown: silence }): Saying[] => {
        if (!rule) return [{ ...at, clause, unknown: silence }]
        const length = lengthOf(rule, licence, clause)
        return length ? [{ ...at, clause, rule, hops: length - 2 }] : []
      })
    })
  /** The fewest hops from a licence to the root, whatever is lifted on the way. */
  const hopsFrom = (licence: string) => {
    const length = shortest(licence, () => false)
    return length === undefined ? undefined : length - 1
  }

  const judge = (asked: Asked, licence: string, rules: { rule: Rule; clause: string | null }[]) => {
    const reaching = rules.filter(
      ({ rule, clause }) => lengthOf(rule, licence, clause) !== undefined,
    )
    const found = (code: string, type: string, fits: Fit[]) =>
      reaching
        .filter(({ rule }) => rule.type === type)
        .filter(({ rule }) => {
          // A duty of the table is about copies: one of a clause is about anything.
          const upon: Fit =
            type !== 'duty'
              ? fitting(rule.action, asked.action)
              : rule.action.startsWith('cc:')
                ? best(
                    ['distribute', 'reproduce', 'sell'].map((one) =>
                      one === 'sell' && ABOVE[asked.action]!.includes('transfer')
                        ? 'all'
                        : fitting(one, asked.action),
                    ),
                  )
                : 'all'
          return fits.includes(worst([upon, ...conditions(rule, asked)]))
        })
        .map(({ rule, clause }) => `${code} ${rule.action} ${licence} ${clause}`)
    const isPermitted = rules.some(
      ({ rule }) =>
        rule.type === 'permission' &&
        worst([fitting(rule.action, asked.action), ...conditions(rule, asked)]) === 'all',
    )
    const needed = shortest(
      licence,
      (lift) =>
        lift.type === 'permission' &&
        fitting(lift.action, asked.action) === 'all' &&
        (lift.from === undefined || lift.from === licence),
    )
    return {
      denials: [
        ...found('PROHIBITED', 'prohibition', ['all', 'unsaid']),
        ...(isPermitted || needed === undefined ? [] : [`NOT_PERMITTED ${licence}`]),
      ],
      duties: found('DUTY', 'duty', ['all', 'unsaid', 'part']),
      parts: found('PART_PROHIBITED', 'prohibition', ['part']),
    }
  }

  /** The answer, and what it says of licences that have clauses: of expressions only whether they deny. */
  const mayUse = (asked: Asked) => {
    const found = statements.map(({ licence, unknown, rules, expression }) => {
      if (unknown)
        return { denials: [`TERMS_UNKNOWN ${unknown} ${licence}`], duties: [], parts: [] }
      if (rules) {
        const known = rules.flatMap(({ rule, clause }) => (rule ? [{ rule, clause }] : []))
        const judged = judge(asked, licence, known)
        const unknowns = rules
          .filter(({ rule }) => !rule)
          .map(({ clause, unknown: silence }) => `TERMS_UNKNOWN ${silence} ${licence} ${clause}`)
        return { ...judged, denials: [...unknowns, ...judged.denials] }
      }
      const choices = expression!.map((ids) =>
        ids.every((id) => SPDX[id])
          ? ids.map((id) =>
              judge(
                asked,
                licence,
                rulesOf(id).map((rule) => ({ rule, clause: null })),
              ),
            )
          : [{ denials: ['spdx'], duties: [] }],
      )
      const open = choices.filter((some) => some.every(({ denials }) => denials.length === 0))
      const isFree = open.some((some) => some.every(({ duties }) => duties.length === 0))
      return {
        denials: open.length === 0 ? ['spdx'] : [],
        duties: open.length > 0 && !isFree ? ['spdx'] : [],
        parts: [],
      }
    })
    const denials = [
      ...bare.map((id) => `TERMS_UNKNOWN NO_LICENSE ${id}`),
      ...found.flatMap((one) => one.denials),
    ]
    const duties = found.flatMap((one) => one.duties)
    const reasons = [...denials, ...duties, ...found.flatMap((one) => one.parts)]
    return {
      answer: denials.length > 0 ? 'DENY' : duties.length > 0 ? 'DUTIES' : 'ALLOW',
      reasons: reasons.filter((reason) => reason !== 'spdx').sort(),
    }
  }
  return { terms, mayUse, sayings, hopsFrom, bare }
}
