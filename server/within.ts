import { atMost } from '../lineage/until.ts'

/** The bound was over before the work was. */
export class TooLate extends Error {
  override readonly name = 'TooLate'
}

/** What is still awaited after the bound is given up: it fails, and is not waited for. */
export const within = <T>(milliseconds: number, work: Promise<T>): Promise<T> =>
  atMost(milliseconds, { work: () => work, end: () => {} }, () => new TooLate('too late'))
