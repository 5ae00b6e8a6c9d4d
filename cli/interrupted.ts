import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** npm sends on what the terminal has sent to its children already: that is one signal, not two. */
const SAME_SIGNAL_MS = 200

/**
 * Waits for the first signal to end, and then ends in order: what was accepted is answered. A second
 * signal does not wait: the process ends at once, as by that signal.
 */
export function untilInterrupted(close: () => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    let since: number | undefined
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        const now = performance.now()
        if (since === undefined) {
          since = now
          close().then(resolve, reject)
        } else if (now - since > SAME_SIGNAL_MS) {
          process.exit(128 + constants.signals[signal])
        }
      })
    }
  })
}
