import { describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { unb64 } from '../../proofs/base64.ts'
import { formatVkey } from '../../proofs/note.ts'
import { exitCode } from '../../proofs/report.ts'
import { formatTrust, parseTrust } from '../../proofs/trust.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { type Changes, makeBundle, trustIn } from '../make/bundle.ts'
import { smallLog } from '../make/small-log.ts'
import { makeWitness, NOON, policyOf } from '../make/witness.ts'
import { expectCode } from './support.ts'

const { log, report: root } = smallLog()
const question = { root, direction: 'UPSTREAM', depth: 5 } as const
const witnesses = ['one.example/w', 'two.example/w', 'three.example/w'].map(makeWitness)

const verify = (witnessPolicy: string, changes: Changes = {}) =>
  verifyBundle({
    sha256,
    ...makeBundle(
      log,
      { question, witnesses },
      { ...changes, trust: (t) => ({ ...t, witnessPolicy }) },
    ),
  })

describe('the verdict «witnessed»', () => {
  it('names who cosigned and when', async () => {
    const report = await verify(policyOf(witnesses, 2), {
      cosignatures: ([first, second]) => [first!, second!],
    })
    expect(report.verdict.witnessed).toEqual({
      result: 'pass',
      detail:
        '«them» is reached: cosigned by one.example/w (2026-03-31T12:00:00Z), two.example/w (2026-03-31T12:00:00Z); not by three.example/w',
    })
    expect(exitCode(report)).toBe(0)
  })

  it('is a no, and so is the whole, below the quorum', async () => {
    const report = await verify(policyOf(witnesses, 2), { cosignatures: ([first]) => [first!] })
    expect(report.verdict.witnessed.result).toBe('fail')
    expect([report.verdict.intact.result, report.verdict.authentic.result]).toEqual([
      'pass',
      'pass',
    ])
    expect(exitCode(report)).toBe(1)
  })

  it('is open without a policy, without a trust root, and where no cosignature is asked for', async () => {
    const { bytes } = makeBundle(log, { question, witnesses })
    const reports = [
      await verify(''),
      await verifyBundle({ sha256, bytes }),
      await verify('quorum none\n'),
    ]
    expect(reports.map(({ verdict }) => verdict.witnessed)).toEqual([
      { result: 'not evaluated', detail: 'the trust root has no witness policy' },
      { result: 'not evaluated', detail: 'no trust root was given' },
      { result: 'not evaluated', detail: 'the witness policy asks for no cosignature' },
    ])
  })

  it('is a no for a bad line of a listed witness, also where the others make the quorum', async () => {
    const report = await verify(policyOf(witnesses, 2), {
      cosignatures: ([first, second], text) => [
        first!,
        second!,
        witnesses[2]!.cosign(`${text}more\n`),
      ],
    })
    expect(report.verdict.witnessed).toEqual({ result: 'fail', detail: 'failed: cosignatures' })
  })

  it('takes whatever instant a witness states, since a verifier has no clock', async () => {
    const report = await verify(policyOf(witnesses, 1), {
      cosignatures: (_lines, text) => [witnesses[0]!.cosign(text, 2 ** 53 - 1)],
    })
    expect(report.verdict.witnessed.result).toBe('pass')
    expect(report.verdict.witnessed.detail).toContain('time 9007199254740991')
    expect(NOON).toBeLessThan(2 ** 53)
  })

  it('says nothing about whose log it is: that stays the matter of «authentic»', async () => {
    const { bytes } = makeBundle(log, { question, witnesses })
    const trust = trustIn({ ...log, origin: 'selvedge.test/other' }, witnesses)
    const { verdict } = await verifyBundle({ sha256, bytes, trust })
    expect([verdict.witnessed.result, verdict.authentic.result]).toEqual(['pass', 'fail'])
  })
})

it('a trust root with a policy that cannot be read is no trust root', () => {
  const trust = trustIn(log, witnesses)
  expect(parseTrust(sha256, formatTrust(trust))).toEqual(trust)
  const broken = formatTrust({ ...trust, witnessPolicy: 'quorum them\n' })
  expectCode(() => parseTrust(sha256, broken), 'PROOF_POLICY')
})

it('a long line by somebody else changes nothing, also where the policy lists logs', async () => {
  const { x } = log.keys.checkpoint
  const vkey = formatVkey(sha256, { name: log.origin, publicKey: unb64(x) })
  const stranger = `— stranger.example ${Buffer.alloc(300_000, 7).toString('base64')}\n`
  const report = await verify(`log ${vkey}\nquorum none\n`, { note: (note) => note + stranger })
  expect(exitCode(report)).toBe(0)
})
