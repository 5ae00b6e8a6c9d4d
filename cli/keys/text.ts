import type { KeyChange } from '../../ledger/key-desk.ts'
import type { HeldUse } from '../../ledger/keys.ts'
import type { ScheduledKey } from '../../proofs/key-schedule.ts'

/** What was done in the log of one tenant; `code` and `message` where it was refused. */
export interface TenantDone {
  tenant: string
  changes: KeyChange[]
  code?: string
  message?: string
}

/** What a change of keys did. */
export interface Done {
  /** The keys that took others' places, by use. */
  keys: Partial<Record<HeldUse, string>>
  tenants: TenantDone[]
}

/** The keys of the service, and of the logs that were asked about. */
export interface Listed {
  keys: { use: HeldUse; kid: string; held: boolean; newest: boolean; compromised: boolean }[]
  tenants: { tenant: string; keys: ScheduledKey[] }[]
}

/** Tells a person which keys there are. */
export function listText({ keys, tenants }: Listed): string {
  const lines = keys.map(({ use, kid, held, newest, compromised }) => {
    const notes = [
      newest ? 'the newest' : '',
      held ? '' : 'not held here',
      compromised ? 'compromised: signs nothing' : '',
    ]
    return row([use.padEnd(10), kid, notes.filter(Boolean).join(', ')])
  })
  const logs = tenants.flatMap(({ tenant, keys }) => [
    `\n${tenant}`,
    ...keys.map(({ use, kid, from, until, compromised }) =>
      row([
        `  ${use.padEnd(10)}`,
        kid,
        `from ${from}${until === null ? '' : ` to ${until}`}${compromised ? ', compromised' : ''}`,
      ]),
    ),
  ])
  return [...lines, ...logs, ''].join('\n')
}

/** Tells a person what a change did, a line each log. */
export function changesText({ keys, tenants }: Done): string {
  const made = Object.entries(keys).map(([use, kid]) => `${use}: ${kid} takes over`)
  const lines = tenants.map(({ tenant, changes, code, message }) => {
    if (code !== undefined) return `${tenant}: ${code}: ${message}`
    if (changes.length === 0) return `${tenant}: nothing left to do`
    return `${tenant}: ${changes.map(told).join('; ')}`
  })
  const none = tenants.length === 0 && keys.webhook === undefined
  return [...made, ...lines, none ? 'There is no tenant.' : '', ''].join('\n')
}

const told = ({ event, use, kid, seq, from }: KeyChange) =>
  `${event} ${use} ${kid.slice(0, 8)}… at ${seq}, from size ${from}`

const row = (cells: readonly string[]) => cells.join('  ').trimEnd()
