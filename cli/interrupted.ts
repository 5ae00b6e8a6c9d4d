import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** npm sends on what the terminal has sent to its children already: that is one signal, not two. */
const SAME_SIGNAL_MS = 200

/**
 * Waits for the first signal to end, and then ends in order: what was accepted is answered. A second
 * signal does not wait: the process ends at once, as by that signal.
 *
 * @param hungUp Done on SIGHUP instead; without it, that is a signal to end as well.
 */
export function untilInterrupted(
  close: () => Promise<void>,
  hungUp: (() => void) | null = null,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (hungUp) process.on('SIGHUP', hungUp)
    let since: number | undefined
    for (const signal of SIGNALS) {
      if (hungUp && signal === 'SIGHUP') continue
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
