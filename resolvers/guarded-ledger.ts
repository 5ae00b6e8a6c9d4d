import type { Problem } from '../core/problem.ts'
import type { Ledger } from '../ledger/ledger.ts'

/** How often a write is decided anew where policies keep changing under it. */
const MOST_TRIES = 5

/**
 * The ledger for one request: whatever it writes is refused under the log's lock where the policies
 * are no longer those by which the request was permitted, and is then decided anew. So a policy holds
 * for every record after its own.
 *
 * @param guard Says the version by which the request was permitted, and decides anew.
 */
export function guardLedger(
  ledger: Ledger,
  guard: { version(): Promise<string | undefined>; again(): Promise<void> },
): Ledger {
  const guarded = async <T>(write: (policies: string | undefined) => Promise<T>): Promise<T> => {
    for (let tries = 1; ; tries++) {
      try {
        return await write(await guard.version())
      } catch (error) {
        const isChanged = (error as Partial<Problem>).code === 'POLICIES_CHANGED'
        if (!isChanged || tries === MOST_TRIES) throw error
        await guard.again()
      }
    }
  }
  return {
    ...ledger,
    submit: (command) => guarded((policies) => ledger.submit({ ...command, policies })),
    submitAcross: (command) => guarded((policies) => ledger.submitAcross({ ...command, policies })),
    erase: (command) => guarded((policies) => ledger.erase({ ...command, policies })),
  }
}
