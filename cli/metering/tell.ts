import type { Window } from './texts.ts'

/** What an event says may hold what a terminal would obey. */
const safe = (text: string) => text.replace(/[\p{Cc}\p{Cf}]/gu, '\ufffd')

/** Windows as a table, one a line. */
export function windowLines(windows: readonly Window[], more: boolean): string {
  if (windows.length === 0) return 'There is no window.'
  const rows = windows.map(({ id, from, state, count, record, ...says }) => [
    from.slice(0, 10),
    state.toLowerCase(),
    `${count}`,
    `${record?.body?.total ?? '?'} ${says.unit ?? ''}`.trim(),
    safe(says.meter ?? '(erased)'),
    safe(says.subject ?? '-'),
    id,
  ])
  const table = [['day', 'state', 'events', 'total', 'meter', 'subject', 'window'], ...rows]
  const widths = table[0]!.map((_, i) => Math.max(...table.map((row) => row[i]!.length)))
  const lines = table.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  )
  return [...lines, ...(more ? ['(--limit shows more)'] : [])].join('\n')
}
