/** Where a long start says how far it is. */
export interface Progress {
  /** Replaces the line of the step that is under way. */
  step(text: string): void
  /** Ends the step's line, if there is one. */
  done(text?: string): void
}

export const silent: Progress = { step() {}, done() {} }

const PLAIN_SECONDS = 5

/**
 * Progress for a person: one line that is rewritten on a terminal; elsewhere (a pipe, a log) plain
 * lines, at most one in five seconds while a step goes on.
 */
export function progressTo(out: NodeJS.WriteStream, now = () => performance.now()): Progress {
  return out.isTTY ? rewriting(out) : plain(out, now)
}

function rewriting(out: NodeJS.WriteStream): Progress {
  let open = false
  const write = (text: string) => out.write(`\r\u001b[K${text.slice(0, (out.columns || 80) - 1)}`)
  return {
    step(text) {
      write(text)
      open = true
    },
    done(text) {
      if (text !== undefined) write(text)
      if (open || text !== undefined) out.write('\n')
      open = false
    },
  }
}

/** The same in lines, for whoever keeps them in a form of its own. */
export const progressInLines = (
  tell: (line: string) => void,
  now = () => performance.now(),
): Progress => plain({ write: (text) => tell(text.trimEnd()) }, now)

function plain(out: { write(text: string): unknown }, now: () => number): Progress {
  let last = Number.NEGATIVE_INFINITY
  return {
    step(text) {
      if (now() - last < PLAIN_SECONDS * 1000) return
      last = now()
      out.write(`${text}\n`)
    },
    done(text) {
      if (text !== undefined) out.write(`${text}\n`)
      last = Number.NEGATIVE_INFINITY
    },
  }
}
