import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  checkPolicyText,
  LONGEST_TEXT,
  MOST_CHAINED,
  MOST_NESTED,
} from '../../domains/access/policy-text.ts'
import { decisionEngine } from '../../server/surface.ts'

const engine = decisionEngine()
const check = (text: string) => checkPolicyText(text, engine.tenantSchema)
const when = (condition: string) => `permit(principal, action, resource) when { ${condition} };`

describe('a policy that can be put in force', () => {
  it.each([
    ['one', 'permit(principal, action, resource);', 1],
    [
      'several with comments',
      '// first; ((((\npermit(principal, action, resource); forbid(principal, action, resource);\r// last',
      2,
    ],
    [
      'what brackets a string holds does not count',
      when(`principal.subject == "${'('.repeat(200)}"`),
      1,
    ],
    ['brackets as deep as is taken', when(nested(MOST_NESTED - 1)), 1],
    ['a chain as long as is taken', when(chained(MOST_CHAINED - 1)), 1],
    ['as many alternatives as are taken', when(joined('||', MOST_CHAINED - 1)), 1],
    ['as long as is taken', `permit(principal, action, resource);`.padEnd(LONGEST_TEXT), 1],
  ])('%s', (_what, text, count) => {
    expect(check(text)).toBe(count)
  })
})

it('the examples of the how-to can be put in force', () => {
  const examples = readFileSync('docs/how-to/policies.md', 'utf8').matchAll(/```cedar\n(.*?)```/gs)
  expect([...examples].map(([, text]) => check(text!))).toEqual([1])
})

/** Inside the braces of `when`. */
function nested(depth: number) {
  return `${'('.repeat(depth)}true${')'.repeat(depth)}`
}

/** After the word `when`. */
function chained(links: number) {
  return `1${'+1'.repeat(links)} == 1`
}

/** After the word `when`; no bracket bounds it, nor is there one. */
function joined(by: '&&' | '||', links: number) {
  return Array(links + 1)
    .fill('1==1')
    .join(by)
}

describe('a policy that cannot', () => {
  it.each([
    ['a syntax error', 'permit(principal,\n\naction resource);', 3, /unexpected token/],
    ['an end that is missing', 'permit(principal, action, resource)', 1, /unexpected end/],
    [
      'a role that does not exist',
      'permit(\n  principal in Role::"redaer",\n  action,\n  resource\n);',
      2,
      /not declared as a valid eid/,
    ],
    [
      'a permission that does not exist, with one that may be meant',
      '\npermit(principal, action == Action::"entity:raed", resource);',
      2,
      /did you mean/,
    ],
    [
      'a permission of the service',
      'permit(principal, action == Action::"tenant:create", resource);',
      1,
      /unrecognized action/,
    ],
    ['an attribute that does not exist', when('principal.email == "a"'), 1, /attribute `email`/],
    ['values that cannot be compared', when('principal.subject < 1'), 1, /unexpected type/],
    ['a condition that never holds', when('false'), 1, /impossible/],
    ['a template', 'permit(principal == ?principal, action, resource);', undefined, /template/],
    ['nothing', ' // permit(principal, action, resource);', undefined, /no policy/],
    ['a lone surrogate', '// \ud800', undefined, /surrogate/],
    ['more than is taken', ' '.repeat(LONGEST_TEXT + 1), undefined, /longer than 10000/],
    ['brackets one deeper than is taken', `\n\n${when(nested(MOST_NESTED))}`, 3, /nest more/],
    [
      'a chain one longer than is taken, in the second policy',
      `${when('true')}\n\n${when(chained(MOST_CHAINED))}`,
      3,
      /chains more/,
    ],
  ])('%s', (_what, text, line, reason) => {
    const refused = expect.objectContaining({
      code: 'POLICY_INVALID',
      details: { reason: expect.stringMatching(reason), ...(line && { line }) },
    })
    expect(() => check(text)).toThrow(refused)
  })

  it('has its line told in characters, whatever stands before it', () => {
    const text = `// ${'é€😀'.repeat(50)}\n// ü\npermit(principal, action, resource) when { principal.x };`
    expect(() => check(text)).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ line: 3 }) }),
    )
  })

  it.each([
    ['parentheses', when(nested(1_000))],
    ['sets', when(`${'['.repeat(1_000)}1${']'.repeat(1_000)} == []`)],
    ['sums', when(chained(2_000))],
    ['conjunctions', when(joined('&&', 400))],
    ['alternatives', when(joined('||', 400))],
    ['conjunctions among alternatives', when(Array(200).fill('1==1&&1==1').join('||'))],
    ['members', when(`principal${'.subject'.repeat(1_000)} == 1`)],
    ['indices', when(`principal${'["subject"]'.repeat(800)} == 1`)],
    ['conditions', `permit(principal, action, resource) ${'unless{false}'.repeat(700)};`],
    ['behind a comment that a carriage return ends', `//\r${when(nested(1_000))}`],
    ['behind a string with a quote in it', when(`"\\"" == "" && ${nested(1_000)}`)],
  ])('%s without end are refused, and the next policy is read all the same', (_what, text) => {
    expect(() => check(text)).toThrow(expect.objectContaining({ code: 'POLICY_INVALID' }))
    expect(check('permit(principal, action, resource);')).toBe(1)
  })
})

/** Conditions as deep and as long as is taken, of all that nests and chains. */
const { condition } = fc.letrec<{ condition: string; number: string }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'max', withCrossShrink: true, maxDepth: 14 },
    fc.constantFrom('true', 'principal.subject == "a"', 'resource.name like "*a*"', '(true)'),
    tie('condition').map((inner) => `(${inner})`),
    tie('condition').map((inner) => `!(${inner})`),
    fc.tuple(tie('condition'), tie('condition')).map(([a, b]) => `(${a}) && (${b})`),
    fc
      .tuple(
        tie('condition'),
        fc.constantFrom('&&', '||'),
        fc.constantFrom('true', '1==1'),
        fc.integer({ min: 1, max: 500 }),
      )
      .map(([a, by, b, times]) => `${a}${`${by}${b}`.repeat(times)}`),
    fc.tuple(tie('condition'), tie('condition')).map(([a, b]) => `if ${a} then (${b}) else false`),
    tie('condition').map((inner) => `[${inner}].contains(true)`),
    tie('condition').map((inner) => `{a: ${inner}}.a`),
    tie('number').map((sum) => `${sum} > 0`),
  ),
  number: fc.oneof(
    { maxDepth: 14, depthSize: 'max' },
    fc.constantFrom('1', '(2)', '-3'),
    fc.tuple(tie('number'), tie('number')).map(([a, b]) => `${a} + ${b}`),
    fc.tuple(tie('number'), tie('number')).map(([a, b]) => `(${a} - ${b})`),
    fc
      .tuple(tie('number'), fc.integer({ min: 1, max: 120 }))
      .map(([a, times]) => `${a}${' * 2'.repeat(times)}`),
  ),
}))

it('whatever is let through leaves Cedar able to decide', async () => {
  let taken = 0
  const question = {
    principal: { issuer: 'i', subject: 'a', tenant: 'acme', roles: ['reader' as const] },
    permission: 'entity:read' as const,
    tenant: 'acme',
  }
  await fc.assert(
    fc.asyncProperty(condition, async (one) => {
      const text = when(`${one} || true`)
      try {
        check(text)
        taken++
      } catch (error) {
        expect(error).toMatchObject({ code: 'POLICY_INVALID' })
      }
      const [decision] = await engine.weigh([{ name: 'a', text: when('true') }], [question])
      expect(decision!.isPermitted).toBe(true)
    }),
    { numRuns: 150 },
  )
  expect(taken).toBeGreaterThan(10)
})
