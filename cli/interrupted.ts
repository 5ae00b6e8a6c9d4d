/**
 * Waits for the first signal to end, and then ends in order: what was accepted is answered. A second
 * signal does not wait.
 */
export function untilInterrupted(close: () => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(130))
        close().then(resolve, reject)
      })
    }
  })
}
