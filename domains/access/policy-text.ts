import { policySetTextToParts, validate } from '@cedar-policy/cedar-wasm/nodejs'
import { policyInvalid } from './problems.ts'

/** The longest text of one policy that a tenant may put in force, in characters. */
export const LONGEST_TEXT = 10_000

/** How many single policies a tenant may have in force: a text may hold several. */
export const MOST_POLICIES = 100

/** How long all texts together may be that a tenant has in force: every server keeps them at hand. */
export const MOST_TEXT = 100_000

/**
 * What one policy may nest and chain. Cedar reads by recursion, and a text of 500 characters can bring
 * its memory to an end, after which it decides nothing any more in this process: so it never gets to
 * see one. It was seen to fail from 102 brackets or 343 links on, whichever they are.
 */
export const MOST_NESTED = 20
export const MOST_CHAINED = 100

interface Reason {
  message: string
  help?: string | null
  sourceLocations?: readonly { start: number }[]
}

/**
 * Checks what a tenant wants to put in force, and says how many policies it is.
 *
 * @param schema As Cedar's text: only what is asked of a tenant, since nothing else is decided by it.
 * @throws {Problem} `POLICY_INVALID`, with the line and the reason.
 */
export function checkPolicyText(text: string, schema: string): number {
  checkSurvivable(text)
  const parts = policySetTextToParts(text)
  if (parts.type === 'failure') throw refusal(text, parts.errors)
  if (parts.policy_templates.length > 0) throw policyInvalid('a template decides nothing by itself')
  if (parts.policies.length === 0) throw policyInvalid('there is no policy in it')
  const answer = validate({ schema, policies: { staticPolicies: text } })
  if (answer.type === 'failure') throw refusal(text, answer.errors)
  const wrong = [...answer.validationErrors, ...answer.validationWarnings].map(({ error }) => error)
  if (wrong.length > 0) throw refusal(text, wrong)
  return parts.policies.length
}

/**
 * Refuses what Cedar must not even see. What stands in a log is checked again before it is read: it may
 * be from a time when less was known, or come out of a backup.
 *
 * @throws {Problem} `POLICY_INVALID`
 */
export function checkSurvivable(text: string) {
  if (text.length > LONGEST_TEXT) {
    throw policyInvalid(`it is longer than ${LONGEST_TEXT} characters`)
  }
  if (!text.isWellFormed()) throw policyInvalid('it holds a lone surrogate')
  checkShape(text)
}

/** Cedar counts in bytes of UTF-8. */
const lineAt = (text: string, byte: number) =>
  Buffer.from(text).subarray(0, byte).toString().split('\n').length

function refusal(text: string, [first]: readonly Reason[]) {
  const { message, help, sourceLocations } = first!
  const start = sourceLocations?.[0]?.start
  const reason = message.replace(/^for policy `policy\d+`[,:] /, '')
  return policyInvalid(
    help ? `${reason} (${help})` : reason,
    start === undefined ? start : lineAt(text, start),
  )
}

/** What a string or a comment holds is no syntax. */
const SKIPPED = /"(?:[^"\\]|\\.)*"?|\/\/[^\n\r]*/gs
/** Each of these lets the text go one deeper without a bracket; what compares cannot be chained. */
const LINK = /[.+*-]|\[|&&|\|\||\b(?:if|when|unless)\b/g

function checkShape(text: string) {
  const bare = text.replace(SKIPPED, (skipped) => skipped.replace(/[^\n]/g, ' '))
  let [depth, line] = [0, 1]
  for (const char of bare) {
    if (char === '\n') line++
    if ('([{'.includes(char)) depth++
    if (')]}'.includes(char)) depth--
    if (depth > MOST_NESTED) {
      throw policyInvalid(`its brackets nest more than ${MOST_NESTED} deep`, line)
    }
  }
  let at = 0
  for (const policy of bare.split(';')) {
    if ((policy.match(LINK)?.length ?? 0) > MOST_CHAINED) {
      const begins = bare.slice(0, at + policy.search(/\S|$/)).split('\n').length
      throw policyInvalid(`one policy chains more than ${MOST_CHAINED} parts`, begins)
    }
    at += policy.length + 1
  }
}
