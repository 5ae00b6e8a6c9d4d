import { relationWords } from '../demo/tree.ts'

interface Entity {
  id: string
  kind: string
  name: string | null
}

export interface Rule {
  type: string
  action: string
  upon: string[] | null
  purposes: string[] | null
  recipients: string[] | null
  jurisdictions: string[] | null
  validFrom: string | null
  validUntil: string | null
}

/** What is told alike of a term and of a reason. */
export interface Said {
  rule: Rule | null
  unknown: string | null
  spdx: string | null
  license: Entity | null
  clause: Entity | null
  path: { entities: Entity[]; hops: { relation: string }[] }
}

export interface Term extends Said {
  isChoice: boolean
}

/** The answer of a server to whether something may be used. */
export interface MayUseAnswer {
  answer: 'ALLOW' | 'DUTIES' | 'DENY'
  at: string
  total: number
  root: string
  depth: number | null
  position: string
  evidence: string[]
  reasons: (Said & { code: string })[]
}

const named = ({ id, kind, name }: Entity) => `${kind.toLowerCase()} ${name ?? id}`

/** Why nobody knows what holds, in words. */
export const UNKNOWN: Readonly<Record<string, string>> = {
  NO_LICENSE: 'nothing on the way there has a licence',
  LICENSE_RETIRED: 'the licence was retired',
  LICENSE_ERASED: 'what the licence said was erased',
  LICENSE_SAYS_NOTHING: 'the licence says nothing',
  LICENSE_NOT_IN_FORCE: 'the licence does not hold on that day',
  CLAUSE_RETIRED: 'the clause was retired',
  CLAUSE_ERASED: 'what the clause said was erased',
  CLAUSE_SAYS_NOTHING: 'the clause says nothing',
  SPDX_UNKNOWN: 'nobody here knows what its SPDX expression means',
}

const list = (words: readonly string[] | null, before: string) =>
  words && words.length > 0 ? ` ${before} ${words.join(', ')}` : ''

/** A rule, without whether it permits, forbids or demands. */
export const ruleWords = (rule: Rule) =>
  [
    rule.action,
    list(rule.upon, 'upon'),
    list(rule.purposes, 'for'),
    list(rule.recipients, 'to'),
    list(rule.jurisdictions, 'in'),
    rule.validFrom ? ` from ${rule.validFrom}` : '',
    rule.validUntil ? ` until ${rule.validUntil}` : '',
  ].join('')

/** What it says, and in which licence. */
const saidWords = ({ rule, unknown, spdx, license, path }: Said) => {
  const what = rule ? ruleWords(rule) : unknown ? UNKNOWN[unknown]! : ''
  const where = named(license ?? path.entities.at(-1)!)
  return `${what}${what && '  '}(${where}${spdx ? `, ${spdx}` : ''})`
}

const wayWords = ({ path: { entities, hops } }: Said) =>
  [
    `    ${named(entities[0]!)}`,
    ...hops.map(({ relation }, i) => `    ${relationWords(relation)} ${named(entities[i + 1]!)}`),
  ].join('\n')

/** Terms by what they do, each with the way that brings it. */
export function termLines(terms: readonly Term[]): string {
  const lines = terms.map((term) => {
    const what = term.rule?.type ?? 'unknown'
    const choice = term.isChoice ? ', or what else may be chosen' : ''
    return `${what.padEnd(12)} ${saidWords(term)}${choice}\n${wayWords(term)}`
  })
  return lines.length > 0 ? lines.join('\n') : 'no terms'
}

const ANSWERS = {
  ALLOW: 'allowed',
  DUTIES: 'allowed, with duties',
  DENY: 'denied',
}
const CODES: Readonly<Record<string, string>> = {
  PROHIBITED: 'forbidden',
  NOT_PERMITTED: 'not permitted',
  TERMS_UNKNOWN: 'unknown',
  DUTY: 'duty',
  PART_PROHIBITED: 'part of it is forbidden',
}

/** The answer, and each reason with the way that brings it. */
export function mayUseLines({ answer, at, total, reasons }: MayUseAnswer): string {
  const left = total - reasons.length
  return [
    `${ANSWERS[answer]} (${at})`,
    ...reasons.map(
      (reason) => `  ${CODES[reason.code]}: ${saidWords(reason)}\n${wayWords(reason)}`,
    ),
    ...(left > 0 ? [`  (${left} more reasons: --first shows more)`] : []),
  ].join('\n')
}
