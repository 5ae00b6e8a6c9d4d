type Line = Record<string, unknown> & { level: string; time: string; msg?: string; err?: unknown }

/** Whatever a terminal would act on instead of showing it. */
const CONTROL = /[\p{Cc}\u2028\u2029]/gu

const escaped = (text: string) =>
  text.replace(CONTROL, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** A JSON line of the log as a person reads it; an error's stack stands below, a line a call. */
export function textLine(json: string): string {
  const { level, time, msg = '', err, ...members } = JSON.parse(json) as Line
  const said = Object.entries(members).map(([name, value]) => `${name}=${asWord(value)}`)
  const first = [time.slice(11, -1), level.padEnd(5), escaped(msg), ...said].join(' ')
  return `${first}${err === undefined ? '' : stackOf(err)}\n`
}

const asWord = (value: unknown) =>
  typeof value === 'string' && /^[^\s"]+$/.test(value)
    ? escaped(value)
    : escaped(JSON.stringify(value))

function stackOf(error: unknown): string {
  const { stack, cause } = (error ?? {}) as { stack?: unknown; cause?: unknown }
  const lines = typeof stack === 'string' ? stack.split('\n') : [JSON.stringify(error)]
  const below = lines.map((line) => `\n  ${escaped(line)}`).join('')
  return cause === undefined ? below : `${below}\n  caused by:${stackOf(cause)}`
}
