/**
 * Who follows the commands of callers into the transactions that carry them out: one does so for
 * several callers, and belongs to the request of none.
 */
export interface Batches {
  /** What is known of the caller whose command is being taken. */
  caller(): unknown
  /** Does the work of one transaction for these callers. */
  run<T>(callers: readonly unknown[], work: () => Promise<T>): Promise<T>
}
