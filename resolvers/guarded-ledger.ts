import type { Problem } from '../core/problem.ts'
import { type InForce, NONE_OF_ITS_OWN } from '../domains/access/in-force.ts'
import type { Command, Ledger, Receipt } from '../ledger/ledger.ts'

/** How often a write is decided anew where policies keep changing under it. */
const MOST_TRIES = 5

/**
 * Submits a command that depends on which policies are in force. It is prepared anew where others are
 * under the log's lock, so that what it was prepared by is what it comes after.
 */
export type SubmitBy = (prepare: (policies: InForce) => Promise<Command>) => Promise<Receipt>

/**
 * The ledger for one request: whatever it writes is refused under the log's lock where the policies
 * are no longer those by which the request was permitted, and is then decided anew. So a policy holds
 * for every record after its own.
 *
 * @param guard Says the policies by which the request was permitted, if it was, and decides anew.
 */
export function guardLedger(
  ledger: Ledger,
  guard: { policies(): Promise<InForce | undefined>; again(): Promise<void> },
): { ledger: Ledger; submitBy: SubmitBy } {
  const guardedBy = async <T>(write: (own: InForce | undefined) => Promise<T>): Promise<T> => {
    for (let tries = 1; ; tries++) {
      try {
        return await write(await guard.policies())
      } catch (error) {
        const isChanged = (error as Partial<Problem>).code === 'POLICIES_CHANGED'
        if (!isChanged || tries === MOST_TRIES) throw error
        await guard.again()
      }
    }
  }
  const guarded = <T>(write: (policies: string | undefined) => Promise<T>) =>
    guardedBy((own) => write(own?.version))
  return {
    ledger: {
      ...ledger,
      submit: (command) => guarded((policies) => ledger.submit({ ...command, policies })),
      submitAcross: (command) =>
        guarded((policies) => ledger.submitAcross({ ...command, policies })),
      erase: (command) => guarded((policies) => ledger.erase({ ...command, policies })),
    },
    submitBy: (prepare) =>
      guardedBy(async (own) => {
        const command = await prepare(own ?? NONE_OF_ITS_OWN)
        return ledger.submit({ ...command, policies: own?.version })
      }),
  }
}
