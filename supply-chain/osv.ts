import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Finding } from './findings.ts'
import type { Package } from './packages.ts'

interface Event {
  introduced?: string
  fixed?: string
  last_affected?: string
}

/** What is read of an advisory in the Open Source Vulnerability format (OSV schema 1.x). */
export interface Advisory {
  id: string
  summary?: string
  withdrawn?: string
  database_specific?: { severity?: string }
  affected?: readonly {
    package?: { ecosystem?: string; name?: string }
    versions?: readonly string[]
    ranges?: readonly { type: string; events: readonly Event[] }[]
  }[]
}

/**
 * Reads all advisories under a folder: a checkout of github/advisory-database, or what is in
 * `npm/all.zip` of osv.dev. Without a network, it is the same advisories that `npm audit` goes by.
 */
export function* readAdvisories(folder: string): Generator<Advisory> {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (name.endsWith('.json')) yield JSON.parse(readFileSync(join(folder, name), 'utf8'))
  }
}

/** Finds the packages that advisories are about. */
export function matchAdvisories(
  packages: readonly Package[],
  advisories: Iterable<Advisory>,
): { read: number; findings: Finding[] } {
  const byName = Map.groupBy(packages, ({ name }) => name)
  const findings = new Map<string, Finding>()
  let read = 0
  for (const advisory of advisories) {
    if (!Array.isArray(advisory.affected)) continue
    read += 1
    if (advisory.withdrawn !== undefined) continue
    for (const affected of advisory.affected) {
      if (affected.package?.ecosystem !== 'npm') continue
      for (const { name, version } of byName.get(affected.package.name ?? '') ?? []) {
        if (!isAffected(version, affected)) continue
        findings.set(`${advisory.id} ${name}@${version}`, {
          advisory: advisory.id,
          package: name,
          versions: [version],
          severity: (advisory.database_specific?.severity ?? 'unknown').toLowerCase(),
          title: advisory.summary ?? '',
        })
      }
    }
  }
  return { read, findings: [...findings.values()] }
}

type Affected = NonNullable<Advisory['affected']>[number]

/** The evaluation that the OSV schema describes: listed, or between an introduction and its end. */
function isAffected(version: string, { versions = [], ranges = [] }: Affected): boolean {
  if (versions.includes(version)) return true
  return ranges.some(({ type, events }) => type === 'SEMVER' && isWithin(version, events))
}

function isWithin(version: string, events: readonly Event[]): boolean {
  const placeOf = ({ introduced, fixed, last_affected }: Event) =>
    introduced ?? fixed ?? last_affected ?? '0'
  let affected = false
  for (const event of events.toSorted((a, b) => compare(placeOf(a), placeOf(b)))) {
    const order = compare(version, placeOf(event))
    if (event.introduced !== undefined && order >= 0) affected = true
    if (event.fixed !== undefined && order >= 0) affected = false
    if (event.last_affected !== undefined && order > 0) affected = false
  }
  return affected
}

/** Order by Semantic Versioning 2.0.0 section 11; «0» alone is before everything. */
export function compare(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)]
  for (let i = 0; i < 3; i++) {
    const difference = (left.numbers[i] ?? 0) - (right.numbers[i] ?? 0)
    if (difference !== 0) return Math.sign(difference)
  }
  if (left.before.length === 0 || right.before.length === 0) {
    return Math.sign(right.before.length - left.before.length)
  }
  for (let i = 0; ; i++) {
    const [one, other] = [left.before[i], right.before[i]]
    if (one === undefined || other === undefined) {
      return Number(other === undefined) - Number(one === undefined)
    }
    const order = compareIdentifiers(one, other)
    if (order !== 0) return order
  }
}

function partsOf(version: string) {
  if (version === '0') return { numbers: [0, 0, 0], before: ['0'] }
  const [core = '', ...rest] = version.replace(/\+.*$/, '').split('-')
  const before = rest.join('-')
  return { numbers: core.split('.').map(Number), before: before === '' ? [] : before.split('.') }
}

function compareIdentifiers(a: string, b: string): number {
  const [isNumber, isOther] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (isNumber && isOther) return Math.sign(Number(a) - Number(b))
  if (isNumber !== isOther) return isNumber ? -1 : 1
  return a < b ? -1 : Number(a > b)
}
