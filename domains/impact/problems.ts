import { Problem } from '../../core/problem.ts'

export const changeInvalid = (because: string) =>
  new Problem('IMPACT_CHANGE_INVALID', `That change cannot be: ${because}.`)

const INSTEAD = {
  'things downstream': 'leave counts out, or ask about something further downstream',
  licences: 'ask about one of the licences',
  'open grants': 'leave byGrant out',
}

export const impactTooWide = (what: keyof typeof INSTEAD, most: number) =>
  new Problem(
    'IMPACT_TOO_WIDE',
    `More than ${most} ${what} would have to be looked at; ${INSTEAD[what]}.`,
    { status: 413, details: { what, most } },
  )
