import { type Rule, ruleWords, UNKNOWN } from '../terms/tell.ts'

interface Entity {
  id: string
  kind: string
  name: string | null
}

interface Reason {
  cause: string
  effect: string
  rule: Rule | null
  unknown: string | null
  spdx: string | null
  license: Entity | null
  clause: Entity | null
}

/** Something that a change would affect, as the server tells it. */
export interface Affected {
  entity: Entity
  distance: number
  effect: string
  reasonCount: number
  owners: Entity[]
  reasons: Reason[]
}

/** How much there is in all. */
export interface Counts {
  total: number
  byEffect: { effect: string; count: number }[]
  byOwner: { owner: Entity | null; count: number }[]
  byGrant: { grant: { id: string }; to: string; count: number }[]
}

const nameOf = ({ id, name }: Entity) => name || id
const named = (entity: Entity) => `${entity.kind.toLowerCase()} ${nameOf(entity)}`

const CAUSES: Readonly<Record<string, string>> = {
  WORDING_CHANGES: 'is worded otherwise',
  UPSTREAM_RETIRED: 'what it comes from is retired',
  UPSTREAM_ERASED: 'what it comes from is erased',
  ASSESSMENT_ENDS: 'its assessment ends',
  TRANSFORMATION_GOES: 'a rule goes that lifts terms',
  CARD_GOES: 'its card goes',
  OWNER_GOES: 'who answers for it goes',
}

function reasonWords({ cause, rule, unknown, spdx, license, clause }: Reason) {
  const where = license && `${named(license)}${spdx ? `, ${spdx}` : ''}`
  const by = clause ? `${where}, ${named(clause)}` : where
  if (cause === 'WORDING_CHANGES') return `${by} ${CAUSES[cause]}`
  const said = CAUSES[cause]
  if (said) return said
  const what = rule ? `${rule.type} ${ruleWords(rule)}` : `unknown: ${UNKNOWN[unknown!]}`
  return `${cause === 'TERM_COMES' ? '+' : '-'} ${what}${by ? `  (${by})` : ''}`
}

/** A table of what is affected, the nearest first, and under each thing why. */
export function impactLines(affected: readonly Affected[]): string {
  const cells = affected.map(({ effect, distance, entity, owners }) => [
    effect.toLowerCase(),
    String(distance),
    entity.kind.toLowerCase(),
    nameOf(entity),
    owners.map(nameOf).join(', '),
  ])
  const widths = [0, 1, 2, 3].map((i) => Math.max(0, ...cells.map((row) => row[i]!.length)))
  const lines = affected.flatMap(({ reasons, reasonCount }, row) => {
    const left = reasonCount - reasons.length
    return [
      cells[row]!.map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
      ...reasons.map((reason) => `    ${reasonWords(reason)}`),
      ...(left > 0 ? [`    (${left} more reasons)`] : []),
    ]
  })
  return lines.length > 0 ? lines.join('\n') : 'nothing is affected'
}

/** How much there is in all, a line for each effect, owner and grant. */
export function countLines({ total, byEffect, byOwner, byGrant }: Counts): string {
  const effects = byEffect
    .filter(({ count }) => count > 0)
    .map(({ effect, count }) => `${count} ${effect.toLowerCase()}`)
  return [
    `${total} in all${effects.length > 0 ? `: ${effects.join(', ')}` : ''}`,
    ...byOwner.map(({ owner, count }) => `  ${count} of ${owner ? nameOf(owner) : 'nobody'}`),
    ...byGrant.map(({ grant, to, count }) => `  ${count} seen by ${to} through ${grant.id}`),
  ].join('\n')
}
