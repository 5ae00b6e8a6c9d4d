import type { DeadLetter, Webhook } from './texts.ts'

/** Webhooks as a table, one a line. */
export function webhookLines(webhooks: readonly Webhook[], more: boolean): string {
  if (webhooks.length === 0) return 'There is no webhook.'
  const rows = webhooks.map(({ id, url, kinds, state, delivery }) => [
    state.toLowerCase(),
    `${delivery?.behind ?? '-'}`,
    `${delivery?.deadLetters ?? '-'}`,
    wrongOf(delivery),
    kinds?.length ? kinds.join(',') : 'all',
    url ?? '-',
    id,
  ])
  const head = ['state', 'behind', 'dead', 'last failure', 'kinds', 'url', 'webhook']
  return table([head, ...rows], more)
}

function wrongOf(delivery: Webhook['delivery']) {
  if (!delivery?.lastError) return delivery?.because?.toLowerCase() ?? '-'
  const { lastError, lastStatus, because } = delivery
  const what =
    lastError === 'STATUS' ? `${lastStatus}` : lastError.toLowerCase().replaceAll('_', ' ')
  return because ? `${what}: ${because.toLowerCase()}` : what
}

/** Dead letters as a table, one a line. */
export function letterLines(letters: readonly DeadLetter[], more: boolean): string {
  if (letters.length === 0) return 'There is no dead letter.'
  const rows = letters.map(({ seq, subject, attempts, lastStatus, lastError, failedAt, again }) => [
    `${seq}`,
    failedAt,
    `${attempts}`,
    lastError === 'STATUS'
      ? `${lastStatus}`
      : (lastError ?? '-').toLowerCase().replaceAll('_', ' '),
    again ? 'again' : '-',
    subject ?? '-',
  ])
  return table([['seq', 'failed', 'attempts', 'last failure', 'next', 'subject'], ...rows], more)
}

function table(rows: readonly (readonly string[])[], more: boolean) {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)))
  const lines = rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  )
  return [...lines, ...(more ? ['(--limit shows more)'] : [])].join('\n')
}
