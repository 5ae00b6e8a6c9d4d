import { Problem } from '../../core/problem.ts'

export const tooManyCuts = (most: number) =>
  new Problem(
    'TERMS_CUT_TOO_OFTEN',
    `Terms upstream are lifted by more than ${most} different sets of jobs and datasets, which is more than are looked through; ask nearer to where the data comes from.`,
    { status: 413, details: { most } },
  )

export const wordInvalid = (what: string, given: string) =>
  new Problem(
    'TERMS_WORD_INVALID',
    `The ${what} must be ${what === 'jurisdiction' ? 'a country or a part of one (ISO 3166), or EU' : 'a word of a vocabulary such as dpv:Marketing, or its address'}.`,
    { details: { what, given: given.slice(0, 200) } },
  )
