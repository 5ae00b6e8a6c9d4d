import { destination, type Logger, pino, stdTimeFunctions } from 'pino'
import type { Config } from './config.ts'
import { currentRequest } from './current-request.ts'
import { textLine } from './log-text.ts'
import type { Report } from './problems.ts'
import { redact, redactText } from './redact.ts'

/** Where whoever runs the server reads what it does. */
export type Log = Logger

/** Takes whole lines, each with its line end. */
export interface LogSink {
  write(line: string): unknown
}

/**
 * Opens the log: a line an event, with the id of the request that it belongs to. Secrets are masked
 * by the names of members, and in texts by their shape.
 *
 * @param sink Where the lines go; stderr where nothing is given. Written to at once, so that the last
 *   line of a process that ends is there.
 */
export function openLog(
  { logLevel, logFormat }: Pick<Config, 'logLevel' | 'logFormat'>,
  sink: LogSink = destination({ dest: 2, sync: true }),
): Log {
  const asText = isText(logFormat)
  const options = {
    level: logLevel,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    mixin: () => {
      const request = currentRequest()
      return request ? { requestId: request.id } : {}
    },
    // What is redacted is an error no more, and must not be taken for one.
    serializers: { err: (error: unknown) => error },
    formatters: {
      level: (level: string) => ({ level }),
      log: (members: object) => redact(members) as Record<string, unknown>,
    },
    hooks: { streamWrite: redactText },
  }
  return pino(options, asText ? { write: (line: string) => sink.write(textLine(line)) } : sink)
}

/** Whether lines are written for people. */
export const isText = (logFormat: Config['logFormat']) =>
  logFormat === 'text' || (logFormat === 'auto' && process.stderr.isTTY === true)

/** Logs every fault of ours under the number that the caller was told. */
export const reportTo =
  (log: Log): Report =>
  (error, incident) =>
    log.error({ incident, err: error }, 'a fault of ours')

/** Logs what fails where no caller waits for it. */
export const tellTo = (log: Log) => (error: unknown) =>
  log.error({ err: error }, 'a fault in the background')

/** Logs that the certificate was read again, or what kept it from being used. */
export const tellTls = (log: Log) => (error: unknown) =>
  error === null
    ? log.info('the certificate is in force as its files have it')
    : log.error({ err: error }, 'the certificate cannot be used; the one before it stays in force')
