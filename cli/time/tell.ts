type Change = 'ADDED' | 'REMOVED' | 'CHANGED'

interface FieldChange {
  name: string
  change: Change
  before: unknown
  after: unknown
}

interface Link {
  relation: string
  to: string
}

/** A version as the server lists it. */
export interface Version {
  version: number
  seq: number
  recordedAt: string
  eventTime: string | null
  actor: string
  action: 'ASSERT' | 'RETIRE' | 'ERASE'
  erases: number[]
  erasure: string | null
  erased: { seq: number; at: string; ground: string | null } | null
  changes: FieldChange[] | null
  linked: Link[]
  unlinked: Link[]
}

interface At {
  kind: string
  namespace: string | null
  name: string | null
  version: number
  retired: boolean
  aliasOf?: string | null
}

/** An entity that differs, as the server lists it. */
export interface EntityChange {
  id: string
  change: Change
  before: At | null
  after: At | null
  fields: FieldChange[] | null
  edges: (Link & { change: Change })[]
}

const SIGNS: Record<Change, string> = { ADDED: '+', REMOVED: '-', CHANGED: '~' }

/** A line a version, and below it a line for each thing that it changed. */
export const historyLines = (versions: readonly Version[]) =>
  versions.map((version) => [headOf(version), ...bodyOf(version)].join('\n')).join('\n')

function headOf({ version, action, recordedAt, seq, actor, eventTime }: Version) {
  const event = eventTime === null ? '' : `  event of ${shortTime(eventTime)}`
  return `${`v${version}`.padEnd(6)}${action.padEnd(8)}${recordedAt}  record ${seq}  ${actor}${event}`
}

function bodyOf({ changes, linked, unlinked, erased, erases, erasure }: Version): string[] {
  const gone = erased && `what it said was erased by record ${erased.seq} (${erased.ground})`
  const lines = [
    ...(gone ? [gone] : []),
    ...(changes === null && !gone ? ['how it differs was erased'] : []),
    ...(changes ?? []).map(fieldLine),
    ...linked.map(({ relation, to }) => `+ ${relation} ${to}`),
    ...unlinked.map(({ relation, to }) => `- ${relation} ${to}`),
    ...(erases.length > 0 ? [`erases what records ${erases.join(', ')} said: ${erasure}`] : []),
  ]
  return lines.map((line) => `      ${line}`)
}

function fieldLine({ name, change, before, after }: FieldChange) {
  const said = {
    ADDED: () => told(after),
    REMOVED: () => told(before),
    CHANGED: () => `${told(before)} -> ${told(after)}`,
  }
  return `${SIGNS[change]} ${name}: ${said[change]()}`
}

const LONGEST = 100

/** On one line, without what would move a cursor: what is recorded is not ours to trust. */
function told(value: unknown) {
  const text = JSON.stringify(value).replaceAll(
    /[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    '?',
  )
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}

/** Nanoseconds that nobody gave are left out. */
const shortTime = (time: string) => time.replace(/\.?0+Z$/, 'Z')

/** A line an entity that differs, and below it a line for each field and edge. */
export const diffLines = (changes: readonly EntityChange[]) => changes.map(changeLines).join('\n')

function changeLines({ id, change, before, after, fields, edges }: EntityChange) {
  const { kind, namespace, name } = (after ?? before)!
  const called = name === null ? 'erased' : told(`${namespace} ${name}`)
  const versions = [before, after].map((one) => (one ? `v${one.version}` : 'not there'))
  const lines = [
    `${SIGNS[change]} ${kind} ${called}  ${versions.join(' -> ')}${fateOf(before, after)}`,
    `    ${id}`,
    ...(fields ?? []).map((field) => `    ${fieldLine(field)}`),
    ...(fields === null ? ['    how its fields differ was erased'] : []),
    ...edges.map((edge) => `    ${SIGNS[edge.change]} ${edge.relation} ${edge.to}`),
  ]
  return lines.join('\n')
}

function fateOf(before: At | null, after: At | null) {
  if (after?.aliasOf) return `  another name of ${after.aliasOf}`
  return after?.retired && !before?.retired ? '  retired' : ''
}
