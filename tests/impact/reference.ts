import { DESIGN } from '../../lineage/kinds.ts'
import { type RecordedWorld, type Rule, type Saying, termsByHand } from '../terms/reference.ts'

/** What would be done, as this reference takes it. */
export type ChangeByHand =
  | { do: 'RETIRE' | 'ERASE' | 'EXPIRE' }
  | { do: 'TERMS'; body?: Fields; clauses?: ({ id: string } | { body: Fields })[] }
  | { do: 'TERMS'; licensedUnder: string[] }

type Fields = Record<string, unknown>
export type Row = { distance: number; effect: string; reasons: string[] }

const kindOf = (id: string) => id.split(':')[2]!
const FOR_THE_RECORD = ['export', 'attachment', 'erasure']
const ABOUT = ['license', 'clause', 'transformation', 'dpiapacket', 'modelcard', 'principal']
const ORDER = ['BLOCKED', 'DEMOTED', 'REVIEW', 'FREED']

/** What a change does to every single thing, found by asking each of them before and after it. */
export function impactByHand(
  world: RecordedWorld,
  { root, change, at }: { root: string; change: ChangeByHand; at: string },
): Map<string, Row> {
  const day = at.slice(0, 10)
  const rows = new Map<string, Row>()
  const add = (id: string, distance: number, reason: string) => {
    if (id === root || FOR_THE_RECORD.includes(kindOf(id))) return
    const row = rows.get(id) ?? { distance, effect: '', reasons: [] }
    const reasons = [...row.reasons, reason].sort()
    const effect = ORDER.find((one) => reasons.some((some) => some.split(' ')[1] === one))!
    rows.set(id, { distance: Math.min(distance, row.distance), effect, reasons })
  }
  const edges = world.edges.filter(
    ({ relation, from }) =>
      (DESIGN as readonly string[]).includes(relation) && !FOR_THE_RECORD.includes(kindOf(from)),
  )
  const ids = [...new Set([...edges.flatMap(({ from, to }) => [from, to]), ...world.said.keys()])]
  const things = ids.filter((id) => !ABOUT.includes(kindOf(id)) && id !== root)
  const outOf = (id: string, kind: string) =>
    edges.filter(({ from, to }) => from === id && kindOf(to) === kind).map(({ to }) => to)
  const madeOf = (id: string) =>
    edges.filter(({ from, to }) => from === id && !ABOUT.includes(kindOf(to))).map(({ to }) => to)
  /** Everything downstream of some things, hop by hop, that nothing stops. */
  const spread = (start: string[], from: number, stops: (id: string) => boolean, tell: string) => {
    const seen = new Set(start)
    for (let near = start, hop = from; near.length > 0; hop++) {
      for (const id of near) if (id !== root) add(id, hop, tell)
      near = things.filter(
        (id) => !seen.has(id) && !stops(id) && madeOf(id).some((far) => near.includes(far)),
      )
      for (const id of near) seen.add(id)
    }
  }
  const never = () => false
  const said = world.said.get(root)
  if (change.do === 'RETIRE' && said?.action === 'retire') return rows
  if (change.do === 'ERASE' && said?.fields == null) return rows
  const kind = kindOf(root)

  if (kind === 'principal' || kind === 'modelcard') {
    const cause = kind === 'principal' ? 'OWNER_GOES' : 'CARD_GOES'
    for (const id of ids.filter((one) => outOf(one, kind).includes(root)))
      add(id, 1, `${cause} REVIEW`)
    return rows
  }
  if (kind === 'dpiapacket') {
    const holds = (id: string) => {
      const last = world.said.get(id)
      const fields = (last?.action === 'retire' ? null : last?.fields) as Fields | null | undefined
      if (!fields || !('title' in fields) || fields.decision === 'rejected') return 'no'
      const { expiresAt } = fields as { expiresAt?: string }
      return expiresAt && new Date(expiresAt) <= new Date(at) ? 'expired' : 'yes'
    }
    if (holds(root) === 'no') return rows
    const isCovered = (id: string) =>
      outOf(id, 'dpiapacket').some((one) => one !== root && holds(one) === 'yes')
    const assessed = ids.filter((id) => outOf(id, 'dpiapacket').includes(root) && !isCovered(id))
    spread(assessed, 1, isCovered, 'ASSESSMENT_ENDS REVIEW')
    return rows
  }
  if (kind === 'transformation') {
    const fields = (said?.action === 'retire' ? {} : said?.fields) as {
      lifts?: unknown[]
      appliesTo?: string[]
      validFrom?: string
      validUntil?: string
    }
    const { validFrom = '', validUntil = '9' } = fields
    if (!fields.lifts?.length || day < validFrom || validUntil < day) return rows
    const isMeant = (id: string) => !fields.appliesTo || fields.appliesTo.includes(id)
    const described = things.filter((id) => outOf(id, kind).includes(root) && isMeant(id))
    spread(described, 1, never, 'TRANSFORMATION_GOES REVIEW')
    return rows
  }
  if (kind === 'license' || kind === 'clause') return ofTerms()
  if (change.do === 'TERMS') return ofSource()
  spread(
    [root],
    0,
    never,
    change.do === 'ERASE' ? 'UPSTREAM_ERASED REVIEW' : 'UPSTREAM_RETIRED DEMOTED',
  )
  if (change.do === 'RETIRE' && termsByHand(world, root, day).bare.length === 0) {
    const after = { ...world, edges: world.edges.filter(({ from }) => from !== root) }
    for (const id of things) {
      const row = rows.get(id)
      const isBare = termsByHand(after, id, day).bare.includes(root)
      if (isBare && row) add(id, row.distance, 'TERM_COMES BLOCKED NO_LICENSE null null null')
    }
  }
  return rows

  function ofTerms() {
    const after = changed()
    const licences =
      kind === 'license' ? [root] : ids.filter((id) => outOf(id, 'clause').includes(root))
    const more = kind === 'license' ? 0 : 1
    for (const licence of licences) {
      const before = statementsOf(world, licence)
      const then = statementsOf(after, licence)
      // Only what the clause says is different in the licences that it stands in.
      const { told } = differences(before, then)
      for (const reason of told.values()) if (more === 1) add(licence, 1, reason)
      if (more === 1 && isReworded()) addWording(licence, 1)
      for (const id of things) {
        const [had, has] = [termsByHand(world, id, day), termsByHand(after, id, day)]
        const keys = (some: Saying[]) =>
          new Map(some.filter((one) => one.licence === licence).map((one) => [keyOf(one), one]))
        const [old, fresh] = [keys(had.sayings()), keys(has.sayings())]
        for (const [key, { hops }] of old) {
          const reason = told.get(`- ${key}`)
          if (reason && !fresh.has(key)) add(id, hops + more, reason)
        }
        for (const [key, { hops }] of fresh) {
          const reason = told.get(`+ ${key}`)
          if (reason && !old.has(key)) add(id, hops + more, reason)
        }
        const under = had.hopsFrom(licence)
        if (isReworded() && under !== undefined) addWording(id, under + more, licence)
      }
    }
    return rows
  }

  function addWording(id: string, distance: number, licence = id) {
    const clause = kind === 'clause' ? root : null
    add(id, distance, `WORDING_CHANGES REVIEW ${licence} ${clause}`)
  }

  function isReworded() {
    if (change.do !== 'TERMS' || !('body' in change) || !change.body) return false
    const words =
      kind === 'license' ? ['title', 'text', 'version', 'url', 'jurisdictions'] : ['text']
    const now = (said?.fields ?? {}) as Fields
    return words.some(
      (word) =>
        word in change.body! &&
        JSON.stringify(now[word]) !== JSON.stringify(change.body![word] ?? undefined),
    )
  }

  /** The world as it would be: what a licence does not have yet is a clause of a name of its own. */
  function changed(): RecordedWorld {
    const all = new Map(world.said)
    if (change.do === 'RETIRE') all.set(root, { action: 'retire', fields: {} })
    if (change.do === 'ERASE') all.set(root, { action: 'erase', fields: null })
    if (change.do !== 'TERMS' || 'licensedUnder' in change) return { ...world, said: all }
    const fields = { ...(said?.action === 'retire' ? {} : said?.fields), ...change.body }
    for (const [name, value] of Object.entries(fields)) if (value === null) delete fields[name]
    all.set(root, { action: 'assert', fields })
    if (!change.clauses) return { ...world, said: all }
    const named = change.clauses.flatMap((one) => ('id' in one ? [one.id] : []))
    const free = outOf(root, 'clause').filter((id) => !named.includes(id))
    const has = change.clauses.map((one, i) => {
      if ('id' in one) return one.id
      const same = free.find((id) => {
        const rule = world.said.get(id)?.fields
        return rule && 'type' in rule && contentOf(rule as never) === contentOf(one.body as never)
      })
      if (same) free.splice(free.indexOf(same), 1)
      const id = same ?? `urn:selvedge:clause:h:new${i}`
      all.set(id, { action: 'assert', fields: one.body })
      return id
    })
    const others = world.edges.filter(
      ({ from, relation }) => from !== root || relation !== 'HAS_CLAUSE',
    )
    const own = has.map((to) => ({ from: root, relation: 'HAS_CLAUSE', to }))
    return { said: all, edges: [...others, ...own] }
  }

  /** All that a licence says, as something that is under it alone has it. */
  function statementsOf(some: RecordedWorld, licence: string): Saying[] {
    const probe = 'urn:selvedge:dataset:h:probe'
    const under = { from: probe, relation: 'LICENSED_UNDER', to: licence }
    return termsByHand({ ...some, edges: [...some.edges, under] }, probe, day).sayings()
  }

  function ofSource() {
    if (!('licensedUnder' in change)) throw new Error('no licences are named')
    const now = [...new Set(outOf(root, 'license'))]
    const gone = now.filter((id) => !change.licensedUnder.includes(id))
    const come = [...new Set(change.licensedUnder)].filter((id) => !now.includes(id))
    const bySource = (some: string[]) => ({
      ...world,
      edges: [
        ...world.edges.filter(({ relation }) => relation !== 'LICENSED_UNDER'),
        ...some.map((to) => ({ from: root, relation: 'LICENSED_UNDER', to })),
      ],
    })
    const [before, after] = [bySource(gone), bySource(come)]
    const contents = (some: string[]) =>
      new Set(some.flatMap((one) => statementsOf(world, one)).map(contentIn))
    const [going, coming] = [contents(gone), contents(come)]
    const isShared = (licence: string) =>
      edges.filter((one) => one.relation === 'LICENSED_UNDER' && one.to === licence).length > 1
    for (const id of things) {
      for (const [some, sign] of [
        [before, '-'],
        [after, '+'],
      ] as const) {
        for (const one of termsByHand(some, id, day).sayings()) {
          const whole = statementsOf(world, one.licence)
          const isLost = sign === '+' && whole.every(({ unknown }) => unknown)
          const isMoved = (sign === '-' ? coming : going).has(contentIn(one))
          const isChosen = whole.some(({ isChoice }) => isChoice)
          const isSure =
            (isLost || !isChosen) && !isMoved && (sign === '+' || !isShared(one.licence))
          add(id, one.hops - 1, reasonOf(one, sign, isSure))
        }
      }
    }
    const isLicensed = (id: string) => outOf(id, 'license').length > 0
    const [was, is] = [now.length > 0, change.licensedUnder.length > 0]
    const tell = was ? 'TERM_COMES BLOCKED' : 'TERM_GOES FREED'
    if (was !== is) spread([root], 0, isLicensed, `${tell} NO_LICENSE null null null`)
    return rows
  }

  /** What is different, as the reasons tell it, by what comes (`+`) and goes (`-`). */
  function differences(before: Saying[], after: Saying[]) {
    const told = new Map<string, string>()
    const areUnknown = (some: Saying[]) => some.length > 0 && some.every(({ unknown }) => unknown)
    if (areUnknown(before) && areUnknown(after)) return { told }
    const [had, has] = [new Set(before.map(keyOf)), new Set(after.map(keyOf))]
    const goes = before.filter((one) => !has.has(keyOf(one)))
    const comes = after.filter((one) => !had.has(keyOf(one)))
    const isChosen = [...before, ...after].some(({ isChoice }) => isChoice)
    for (const [some, others, sign] of [
      [goes, comes, '-'],
      [comes, goes, '+'],
    ] as const) {
      for (const one of some) {
        const isMoved = others.some((other) => contentIn(other) === contentIn(one))
        const isSure = (sign === '+' && areUnknown(after)) || (!isChosen && !isMoved)
        told.set(`${sign} ${keyOf(one)}`, reasonOf(one, sign, isSure))
      }
    }
    return { told }
  }
}

const WHOLE: Record<string, string> = {
  'http://www.w3.org/ns/odrl/2/reproduce': 'odrl:reproduce',
  commercialize: 'cc:CommercialUse',
}
const actionIn = (action: string) =>
  WHOLE[action] ?? (action.includes(':') ? action : `odrl:${action}`)

const contentOf = ({ type, action, ...rule }: Rule) =>
  JSON.stringify([
    ...[type, actionIn(action)],
    ...[rule.purposes, rule.recipients, rule.jurisdictions].map((some) => [...(some ?? [])].sort()),
  ])
const contentIn = ({ rule }: Saying) => (rule ? contentOf(rule) : 'unknown')
const keyOf = (one: Saying) => JSON.stringify([one.clause, one.spdx, one.isChoice, contentIn(one)])

function reasonOf(
  { rule, unknown, licence, clause, spdx }: Saying,
  sign: '-' | '+',
  isSure: boolean,
) {
  const good = { permission: '+', prohibition: '-', duty: '-' }
  const type = rule?.type as keyof typeof good | undefined
  const isGood = (type ? good[type] : '-') === sign
  const effect = !isSure ? 'REVIEW' : isGood ? 'FREED' : type === 'duty' ? 'REVIEW' : 'BLOCKED'
  const what = rule ? `${rule.type} ${rule.action}` : unknown
  const isNew = clause?.includes(':new') ? null : clause
  return `TERM_${sign === '+' ? 'COMES' : 'GOES'} ${effect} ${what} ${licence} ${isNew} ${spdx}`
}
