import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { ProofError } from '../../proofs/error.ts'
import { exitCode } from '../../proofs/report.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { stopsAt } from '../make/replayed.ts'
import { tell } from './lies/liar.ts'
import { LIES } from './lies/lies.ts'

const SPEC = readFileSync('docs/specs/state.md', 'utf8').split('\n## Lies\n')[1]!.split('\n## ')[0]!

/** The table's rows: the lie, and where the specification says that it is caught. */
const ROWS = [...SPEC.matchAll(/^\| ([^|`]+?) +\| ([^|]*`[^|]*?) +\|$/gm)].map(
  ([, lie, caught]) => ({
    lie: lie!,
    where: /^(\w+)/.exec(caught!)?.[1],
    names: [...caught!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!),
  }),
)

it('every lie of the table is told, and no other', () => {
  expect(ROWS.length).toBeGreaterThan(30)
  expect(ROWS.map(({ lie }) => lie)).toEqual(Object.keys(LIES))
})

it('what the lies differ from is the truth', async () => {
  const report = await verifyBundle({ sha256, ...tell({}) })
  expect(report.checks.filter(({ result }) => result === 'fail')).toEqual([])
  const { current, completeUp, completeDown } = report.verdict
  expect([current.result, completeUp.result, completeDown.result]).toEqual(['pass', 'pass', 'pass'])
})

describe('an operator with the genuine keys is found out:', () => {
  it.each(ROWS)('$lie', async ({ lie, where, names }) => {
    const { bundle, log, read } = LIES[lie]!()
    const report = bundle && (await verifyBundle({ sha256, ...bundle }))
    const failed = report?.checks.filter(({ result }) => result === 'fail').map(({ name }) => name)
    if (where === 'replay') {
      expect([stopsAt(log!)]).toEqual(names)
      // What the bundle says is believed, as signed, until somebody replays the log.
      expect(failed ?? []).toEqual([])
    } else if (where === 'proof') {
      expect(codeOf(read!)).toBe(names[0])
    } else {
      expect(failed).toEqual(names)
      expect(exitCode(report!, true)).toBe(1)
      const { current, completeUp, completeDown } = report!.verdict
      const lines = [current, completeUp, completeDown].map(({ result }) => result)
      // Whose tenant a leaf is, and who has replayed it, are other questions.
      const beside = names.every((name) => /^(?:replay-|record-)/.test(name))
      expect(lines.every((result) => result === 'pass')).toBe(beside)
    }
  })
})

function codeOf(step: () => void) {
  try {
    step()
  } catch (error) {
    if (error instanceof ProofError) return error.code
    throw error
  }
  return null
}
