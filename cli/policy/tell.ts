/** A policy as the server lists it. */
export interface PolicyEntry {
  name: string
  text: string
  isDefault: boolean
  version: number | null
  seq: number | null
  recordedAt: string | null
}

/** What the server says that changes would change. */
export interface Simulation {
  compared: number
  changed: {
    subject: string | null
    roles: string[]
    permission: string
    permittedBefore: boolean
    policiesBefore: string[]
    policiesAfter: string[]
    count: number | null
  }[]
}

/** A line a policy, with its text below it where that is wanted. */
export const policyLines = (
  policies: readonly PolicyEntry[],
  { withText }: { withText: boolean },
) =>
  policies
    .map(({ name, text, isDefault, version, seq, recordedAt }) => {
      const since = isDefault ? 'shipped' : `version ${version}, record ${seq}, ${recordedAt}`
      return `${name} (${since})\n${withText ? `${indented(text)}\n` : ''}`
    })
    .join('')

const indented = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? line : `  ${line}`))
    .join('\n')

/** A line a decision that would turn. */
export function simulationLines({ compared, changed }: Simulation) {
  const lines = changed.map(
    ({ subject, roles, permission, permittedBefore, policiesBefore, policiesAfter, count }) => {
      const who = `${subject ? `${subject} ` : ''}${roles.join('+').toLowerCase() || 'no role'}`
      const turn = permittedBefore ? 'permitted -> denied' : 'denied -> permitted'
      const by = [...new Set([...policiesBefore, ...policiesAfter])].join(', ')
      const often = count === null ? '' : `, asked ${count} times`
      return `${who}  ${permission}  ${turn}  (${by}${often})\n`
    },
  )
  const turned = changed.length === 1 ? '1 would turn' : `${changed.length} would turn`
  return `${lines.join('')}${compared} decisions looked at, ${turned}\n`
}
