import fc from 'fast-check'
import { expect, it } from 'vitest'
import { formatSubmission, parseSubmission } from '../../proofs/submission.ts'
import { expectCode } from './support.ts'

/** The example of C2SP tlog-witness. */
const EXAMPLE = `old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
`

it('reads the example of the specification and writes it again', () => {
  const submission = parseSubmission(EXAMPLE)
  expect([submission.old, submission.path.length]).toEqual([20852014, 4])
  expect(submission.note.split('\n')[1]).toBe('20852163')
  expect(formatSubmission(submission)).toBe(EXAMPLE)
})

it('reads whatever it writes', () => {
  const hash = fc.uint8Array({ minLength: 32, maxLength: 32 })
  fc.assert(
    fc.property(
      fc.maxSafeNat(),
      fc.array(hash, { maxLength: 63 }),
      fc.string(),
      (old, path, note) => {
        const read = parseSubmission(formatSubmission({ old, path, note }))
        expect({ ...read, path: read.path.map((h) => [...h]) }).toEqual({
          old,
          path: path.map((h) => [...h]),
          note,
        })
      },
    ),
  )
})

const [first, hash] = EXAMPLE.split('\n') as [string, string]

it.each([
  ['nothing', ''],
  ['no empty line', EXAMPLE.replaceAll('\n\n', '\n')],
  ['no old size', EXAMPLE.replace(`${first}\n`, '')],
  ['a size with a leading zero', EXAMPLE.replace('old 2', 'old 02')],
  ['a negative size', EXAMPLE.replace('old 2', 'old -2')],
  ['a size with a space', EXAMPLE.replace('old 20', 'old  20')],
  ['a size above 2^53', EXAMPLE.replace('old 20852014', 'old 9007199254740993')],
  ['carriage returns', EXAMPLE.replace('\n', '\r\n')],
  ['a short hash', EXAMPLE.replace(hash, 'AAAA')],
  ['a hash without its padding', EXAMPLE.replace(hash, hash.slice(0, -1))],
  ['a hash with a space', EXAMPLE.replace(hash, ` ${hash}`)],
  ['64 hashes', `old 1\n${`${hash}\n`.repeat(64)}\nnote`],
])('refuses %s', (_what, text) => {
  expectCode(() => parseSubmission(text), 'PROOF_SUBMISSION')
})
