/** The places where a test may have the process die, to show that nothing acknowledged is lost. */
export type Failpoint =
  | 'before-commit'
  | 'after-commit'
  | 'before-state-commit'
  | 'after-state-commit'
  | 'before-checkpoint'
  | 'after-cut'
  | 'before-epoch'
  | 'after-epoch'
  | 'after-register'
  | 'backup-chunk'
  | 'attachment-put'
  | 'attachment-recorded'
  | 'usage-kept'
  | 'usage-closed'
  | 'usage-recorded'
  | 'restore-commit'
  | 'restore-opened'
  | 'witness-before-commit'
  | 'witness-before-answer'

const [armed, nth] = (process.env.SELVEDGE_FAILPOINT ?? '').split(':')
let passed = 0

/**
 * Kills the process with SIGKILL at the n-th pass of the point that `SELVEDGE_FAILPOINT=point:n`
 * arms, and does nothing otherwise. A kill leaves no time to tidy up, as a lost machine would not.
 */
export function failpoint(point: Failpoint) {
  if (point !== armed || process.env.NODE_ENV === 'production') return
  passed += 1
  if (passed >= Number(nth ?? 1)) process.kill(process.pid, 'SIGKILL')
}
