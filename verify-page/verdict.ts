import { EXIT, type Report } from '../proofs/report.ts'

/** What it comes down to, in one sentence, and its colour. */
export interface Outcome {
  result: 'pass' | 'fail' | 'open'
  says: string
}

/** Puts a report in one sentence, as the command line does. */
export function outcomeOf({ checks, verdict }: Report, exit: number): Outcome {
  if (exit === EXIT.unreadable) {
    return { result: 'fail', says: 'Unreadable: this file is no bundle.' }
  }
  const failed = checks.filter(({ result }) => result === 'fail')
  if (failed.length > 0) {
    const many = failed.length === 1 ? 'one check' : `${failed.length} checks`
    return { result: 'fail', says: `Refused: ${many} failed. Do not rely on this file.` }
  }
  if (verdict.intact.result !== 'pass') {
    return { result: 'fail', says: 'Refused: not everything could be checked.' }
  }
  if (verdict.authentic.result === 'pass') {
    return {
      result: 'pass',
      says: 'Genuine: it is whole, and signed by someone whom your trust root names.',
    }
  }
  return {
    result: 'open',
    says: 'Whole, but nobody vouches for who signed it. Give a trust root to find out.',
  }
}
