import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { b64 } from '../../proofs/base64.ts'
import { fieldCommitment } from '../../proofs/body.ts'
import type { Manifest } from '../../proofs/manifest.ts'
import { CHECKS, exitCode } from '../../proofs/report.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { checkNeighbours } from '../../proofs/verify/neighbours.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { type Asked, type Changes, makeBundle, trustIn } from '../make/bundle.ts'
import { Pen } from '../make/pen.ts'
import { smallLog } from '../make/small-log.ts'
import { statedLog } from '../make/stated-log.ts'
import { cpuMs } from '../setup/cpu.ts'

const { log, report, clean, raw, rates, stranger } = smallLog()
const upstream = { root: report, direction: 'UPSTREAM', depth: 5 } as const

const verify = (asked: Asked = { question: upstream }, changes: Changes = {}) =>
  verifyBundle({ sha256, ...makeBundle(log, asked, changes) })

const untrusted = (changes: Changes = {}) =>
  verifyBundle({ sha256, bytes: makeBundle(log, { question: upstream }, changes).bytes })

const withSize = (manifest: Manifest, size: number): Manifest => ({
  ...manifest,
  predicate: { ...manifest.predicate, size },
})

const failedIn = ({ checks }: Awaited<ReturnType<typeof verify>>) =>
  checks.filter(({ result }) => result === 'fail').map(({ name }) => name)

describe('the verdict', () => {
  it('on a genuine bundle says what was evaluated and what was not', async () => {
    const report = await verify()
    expect(Object.entries(report.verdict).map(([line, { result }]) => [line, result])).toEqual([
      ['intact', 'pass'],
      ['authentic', 'pass'],
      ['witnessed', 'not evaluated'],
      ['current', 'not evaluated'],
      ['completeUp', 'pass'],
      ['completeDown', 'not evaluated'],
      ['terms', 'not evaluated'],
    ])
    expect(exitCode(report)).toBe(0)
  })

  it('without a trust root leaves authenticity open, which is a yes only on demand', async () => {
    const report = await untrusted()
    expect(report.verdict.intact.result).toBe('pass')
    expect(report.verdict.authentic).toEqual({
      result: 'not evaluated',
      detail: 'no trust root was given',
    })
    expect([exitCode(report), exitCode(report, true)]).toEqual([4, 0])
  })

  it('without a trust root is still a no where a check failed', async () => {
    const report = await untrusted({ files: (files) => [...files, { path: 'x', bytes: utf8('') }] })
    expect([exitCode(report), exitCode(report, true)]).toEqual([1, 1])
  })

  it('is a no where only completeness fails', async () => {
    const report = await verify(undefined, {
      records: (records) => records.filter(({ header }) => header.id !== rates),
    })
    expect(report.verdict.intact.result).toBe('pass')
    expect(report.verdict.completeUp.result).toBe('fail')
    expect(exitCode(report)).toBe(1)
  })

  it('keeps an intact bundle apart from an authentic one', async () => {
    const { bytes } = makeBundle(log, { question: upstream })
    const trust = trustIn({ ...log, origin: 'selvedge.test/other' })
    const report = await verifyBundle({ sha256, bytes, trust })
    expect([report.verdict.intact.result, report.verdict.authentic.result]).toEqual([
      'pass',
      'fail',
    ])
  })
})

describe('completeness upstream', () => {
  it('claims no more than the out-sets shown', async () => {
    const { verdict } = await verify()
    expect(verdict.completeUp.detail).toMatch(/^by the out-sets shown, as of the records shown:/)
  })

  it('counts the boundary and what is known beyond it', async () => {
    const { verdict } = await verify({ question: { ...upstream, depth: 2 } })
    expect(verdict.completeUp.result).toBe('pass')
    expect(verdict.completeUp.detail).toContain('2 at the boundary (depth 2), 2 known beyond it')
  })

  it('says where edges at the boundary are not shown', async () => {
    const { verdict } = await verify(
      { question: { ...upstream, depth: 1 } },
      {
        shown: ([last, ...more]) =>
          [last!, ...more].map((r, i) => (i === 1 ? { ...r, out: null } : r)),
      },
    )
    expect(verdict.completeUp.result).toBe('pass')
    expect(verdict.completeUp.detail).toContain('1 with edges not shown')
  })

  it('is not evaluated where only downstream was asked', async () => {
    const report = await verify({ question: { root: raw, direction: 'DOWNSTREAM', depth: 5 } })
    expect(report.verdict.completeUp.result).toBe('not evaluated')
    expect(report.bundle?.records).toBe(5)
    expect(exitCode(report)).toBe(0)
  })

  it('is evaluated for both directions, by what lies upstream', async () => {
    const asked: Asked = { question: { root: clean, direction: 'BOTH', depth: 5 } }
    expect((await verify(asked)).verdict.completeUp.result).toBe('pass')
    const without = await verify(asked, {
      records: (records) => records.filter(({ header }) => header.id !== raw),
    })
    expect(without.verdict.completeUp.result).toBe('fail')
  })

  it('holds of a root that nothing lies upstream of, and at depth 0', async () => {
    const alone = await verify({ question: { root: stranger, direction: 'UPSTREAM', depth: 9 } })
    const flat = await verify({ question: { ...upstream, depth: 0 } })
    expect([alone, flat].map(({ verdict }) => verdict.completeUp.result)).toEqual(['pass', 'pass'])
    expect([alone, flat].map(({ bundle }) => bundle?.records)).toEqual([1, 1])
  })
})

describe('the report', () => {
  it('names every check in order, whatever the file is', async () => {
    const files = [makeBundle(log, { question: upstream }).bytes, utf8('PK'), new Uint8Array(22)]
    for (const bytes of files) {
      const { checks } = await verifyBundle({ sha256, bytes })
      expect(checks.map(({ name }) => name)).toEqual(Object.keys(CHECKS))
    }
  })

  it('shows every fault, not just the first', async () => {
    const report = await verify(undefined, {
      manifest: (manifest) => ({
        ...manifest,
        predicate: { ...manifest.predicate, records: 9, asOf: 3, size: 20 },
      }),
      checkpoint: (checkpoint) => ({ ...checkpoint, root: sha256() }),
      note: (note) => note.replace(/.{8}\n$/, 'AAAAAAA=\n'),
    })
    expect(failedIn(report)).toEqual([
      'checkpoint-match',
      'proof-inclusion',
      'record-count',
      'record-as-of',
      'checkpoint-signature',
    ])
  })

  it('says what a check lacked', async () => {
    const { checks } = await verifyBundle({ sha256, bytes: utf8('no zip') })
    expect(checks.find(({ name }) => name === 'bodies')).toEqual({
      name: 'bodies',
      group: 'records',
      result: 'not evaluated',
      detail: 'because zip-form failed',
    })
  })
})

describe('authenticity', () => {
  it('takes an epoch of the log where the trust root lists it itself', async () => {
    const epoch = { ...log, origin: `${log.origin}/2` }
    const { bytes, trust } = makeBundle(epoch, { question: upstream })
    expect(exitCode(await verifyBundle({ sha256, bytes, trust }))).toBe(0)
    const unlisted = await verifyBundle({ sha256, bytes, trust: trustIn(log) })
    expect(failedIn(unlisted)).toEqual(['origin-listed'])
  })

  it('ignores the line of a witness that nobody listed', async () => {
    const report = await verify(undefined, {
      note: (note) => `${note}— witness.test ${Buffer.alloc(76, 7).toString('base64')}\n`,
    })
    expect(exitCode(report)).toBe(0)
  })

  it('takes the key that stands, where a note is signed by a retired one too', async () => {
    const report = await verify(undefined, {
      trust: (trust) => ({
        ...trust,
        logs: trust.logs.map((log) => ({
          ...log,
          keys: [{ ...log.keys[0]!, until: 3 }, ...log.keys],
        })),
      }),
    })
    expect(failedIn(report)).toEqual([])
  })
})

it('shows withheld fields and bodies that are not shown for what they are', async () => {
  const report = await verify(undefined, {
    shown: (records) =>
      records.map((record, i) => ({
        ...record,
        fields:
          i === 0
            ? null
            : record.fields!.map((field) =>
                'c' in field
                  ? field
                  : { name: field.name, c: fieldCommitment(sha256, field.salt, field.value) },
              ),
      })),
  })
  expect(exitCode(report)).toBe(0)
  const detailOf = (check: string) => report.checks.find(({ name }) => name === check)?.detail
  expect(detailOf('bodies')).toBe('5 shown of 6')
  expect(detailOf('withheld-fields')).toBe(
    '13 in 5 records, and the manifest states no rule for it',
  )
  expect(report.withheld.flatMap(({ names }) => names)).toHaveLength(13)
  // Whoever reads the verdict alone sees it too.
  expect(report.verdict.intact.detail).toContain(
    '13 fields withheld in 5 records; the bodies of 1 record not shown',
  )
})

it('says of no records that they are current, where the checkpoint is another or a thing is shown twice', async () => {
  const { log, clean, raw, first } = statedLog()
  const question = { root: clean, direction: 'BOTH', depth: 5 } as const
  const size = log.leaves.length
  const bundles = [
    makeBundle(log, { question }, { manifest: (m) => withSize(m, size + 1) }),
    makeBundle(log, { question }, { records: (records) => [...records, log.shown(raw, first)!] }),
  ]
  for (const bundle of bundles) {
    const { verdict } = await verifyBundle({ sha256, ...bundle })
    expect([verdict.current.result, verdict.completeDown.result]).toEqual(['fail', 'fail'])
  }
})

it('counts the other names of things, behind which it does not look', async () => {
  const { log, raw, clean, stranger } = smallLog()
  const pen = new Pen(log.leaves)
  pen.record(stranger, { action: 'retire', links: [pen.link('ALIAS_OF', raw)] })
  pen.state()
  const named = { ...log, leaves: pen.leaves }
  const below = { root: raw, direction: 'DOWNSTREAM', depth: 5 } as const
  const { verdict } = await verifyBundle({ sha256, ...makeBundle(named, { question: below }) })
  expect(verdict.completeDown.result).toBe('pass')
  expect(verdict.completeDown.detail).toMatch(
    /; 1 known under another name, which is not followed$/,
  )
  const above = { root: clean, direction: 'UPSTREAM', depth: 5 } as const
  const plain = await verifyBundle({ sha256, ...makeBundle(named, { question: above }) })
  expect(plain.verdict.completeUp.detail).not.toContain('another name')
})

it('says that the thing asked about is itself another name, whichever way is asked', async () => {
  const { log, raw, stranger } = smallLog()
  log.retire(stranger, raw)
  log.state()
  for (const direction of ['UPSTREAM', 'DOWNSTREAM'] as const) {
    const question = { root: stranger, direction, depth: 1 }
    const { verdict } = await verifyBundle({ sha256, ...makeBundle(log, { question }) })
    const { result, detail } = direction === 'UPSTREAM' ? verdict.completeUp : verdict.completeDown
    expect(result).toBe('pass')
    expect(detail).toMatch(/; 1 known under another name, which is not followed$/)
  }
  const question = { root: stranger, direction: 'DOWNSTREAM', depth: 1 } as const
  const hidden = makeBundle(
    log,
    { question },
    {
      records: (records) =>
        records.map((one) => (one.header.id === stranger ? { ...one, out: null } : one)),
    },
  )
  const { checks } = await verifyBundle({ sha256, ...hidden })
  const failed = checks
    .filter(({ result }) => result === 'fail')
    .map(({ name, code }) => [name, code])
  expect(failed).toEqual([['lineage-downstream', 'PROOF_LINEAGE_HIDDEN']])
})

it('searches the edges of a hub once, and not for every neighbour', async () => {
  const ids = Array.from({ length: 40_000 }, (_, i) => log.idOf('Dataset', `d${i}`))
  const hub = log.shown(clean)!
  const leaf = sha256()
  const out = ids.map((id) => ({ rel: 'USED', id, leaf: b64(leaf) }))
  const edge = { rel: 'USED', id: clean, leaf: b64(leaf) }
  const entities = ids.map((id) => ({ id, design: [edge], run: [] }))
  const records = [{ ...hub, out, leaf: sha256(leaf) }]
  const took = await cpuMs(() => checkNeighbours(records, { entities } as never))
  expect(took).toBeLessThan(2_000)
})

it('verifies a manifest of thousands of subjects', async () => {
  const attachments = Array.from({ length: 3_000 }, (_, i) => ({
    path: `attachments/${String(i).padStart(6, '0')}`,
    bytes: utf8(`file ${i}`),
  }))
  const report = await verify({ question: upstream, attachments })
  expect(failedIn(report)).toEqual([])
})

it('never throws at a manifest, proof or record that says anything at all', async () => {
  const junk = fc.oneof(fc.jsonValue(), fc.constantFrom(null, -1, 1e300, '', '__proto__', [], {}))
  const path = fc.constantFrom('manifest.json', 'proof.json', 'records.ndjson', 'checkpoint')
  const place = fc.nat(400)
  await fc.assert(
    fc.asyncProperty(path, place, junk, async (path, place, value) => {
      const change = (text: string) => damage(text, place, JSON.stringify(value))
      const changes: Changes =
        path === 'manifest.json' ? { manifestText: change } : { subjects: { [path]: change } }
      const { checks } = await untrusted(changes)
      expect(checks).toHaveLength(Object.keys(CHECKS).length)
    }),
    { numRuns: 1_000 },
  )
})

/** Puts other JSON in the place of the n-th value of a text. */
function damage(text: string, place: number, json: string) {
  const values = [...text.matchAll(/"[^"]*"(?!:)|(?<=[:,[])[0-9]+|null|\[|{/g)]
  const hit = values[place % Math.max(values.length, 1)]
  if (hit === undefined) return json
  return text.slice(0, hit.index) + json + text.slice(hit.index + hit[0].length)
}
