import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { b64, unb64 } from '../../proofs/base64.ts'
import { verifyConsistency } from '../../proofs/consistency.ts'
import { verifyInclusion } from '../../proofs/inclusion.ts'
import { parseSubmission } from '../../proofs/submission.ts'
import { verifyTlogProof } from '../../proofs/tlog-proof.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { testApp } from '../setup/app.ts'
import { firstKey } from '../setup/ledger.ts'
import { dataset, recorded } from './recording.ts'

const test = await testApp()
const { ask, freshTenant, ledger } = test

const INCLUSION = `query Inclusion($seq: Seq!) {
  log { origin size inclusion(seq: $seq) { seq size leaf header path root note tlogProof } checkpoint { size root note } }
}`
interface Inclusion {
  log: {
    origin: string
    size: number
    inclusion: {
      seq: number
      size: number
      header: string
      path: string[]
      root: string
      note: string
      tlogProof: string
    }
    checkpoint: { size: number; root: string; note: string }
  }
}

it('proves every leaf of the log against a signed checkpoint', async () => {
  const tenant = await freshTenant()
  await recorded(
    test,
    tenant,
    Array.from({ length: 300 }, (_, i) => dataset(`d${i}`)),
  )
  // The state record that the checkpoint ends in is a leaf like any other.
  await ledger.checkpointOf(tenant, 303)
  for (const seq of [0, 1, 2, 3, 255, 256, 300, 303]) {
    const { data, errors } = await ask<Inclusion>(INCLUSION, { tenant, variables: { seq } })
    expect(errors).toBeUndefined()
    const { origin, size, inclusion } = data.log
    expect([origin, size, inclusion.seq]).toEqual([`selvedge.test/${tenant}`, 304, seq])
    expect(JSON.parse(inclusion.header)).toMatchObject({ seq, tenant })
    const proof = { index: seq, size: inclusion.size, path: inclusion.path.map(unb64) }
    verifyInclusion(sha256, utf8(inclusion.header), proof, unb64(inclusion.root))
    expect(inclusion.note).toContain(`${origin}\n${inclusion.size}\n`)
    const entry = utf8(inclusion.header)
    const key = { origin, x: b64(await firstKey(ledger, tenant)) }
    const verified = verifyTlogProof(sha256, inclusion.tlogProof, { entry, key })
    expect(verified).toMatchObject({ index: seq, size: inclusion.size })
  }
})

it('has no proof of what is not there', async () => {
  const tenant = await freshTenant()
  const { data, errors } = await ask(INCLUSION, { tenant, variables: { seq: 3 } })
  expect(errors).toMatchObject([{ extensions: { code: 'LOG_LEAF_UNKNOWN', size: 3 } }])
  expect(data).toMatchObject({ log: { size: 3, inclusion: null } })
})

const CONSISTENCY = `query Consistency($from: Seq!, $to: Seq) {
  log { consistency(from: $from, to: $to) { from to fromRoot toRoot path note addCheckpoint } }
}`
interface Proven {
  log: {
    consistency: {
      from: number
      to: number
      fromRoot: string
      toRoot: string
      path: string[]
      note: string | null
      addCheckpoint: string | null
    }
  }
}

it('proves that the log of any size begins with that of any earlier one', async () => {
  const tenant = await freshTenant()
  const items = Array.from({ length: 300 }, (_, i) => dataset(`d${i}`))
  await recorded(test, tenant, items)
  const { size, root, note } = await ledger.checkpointOf(tenant, 303)
  const roots = new Map<number, string>()
  for (const [from, to] of [
    [1, null],
    [3, 4],
    [255, 300],
    [256, null],
    [300, 300],
    [size, null],
  ] as const) {
    const { data, errors } = await ask<Proven>(CONSISTENCY, { tenant, variables: { from, to } })
    expect(errors).toBeUndefined()
    const proof = data.log.consistency
    expect([proof.from, proof.to]).toEqual([from, to ?? size])
    const path = proof.path.map(unb64)
    const [root1, root2] = [unb64(proof.fromRoot), unb64(proof.toRoot)]
    verifyConsistency(sha256, { size1: from, size2: proof.to, root1, root2, path })
    for (const [at, found] of [
      [proof.from, proof.fromRoot],
      [proof.to, proof.toRoot],
    ] as const) {
      expect(roots.get(at) ?? found).toBe(found)
      roots.set(at, found)
    }
    if (to === null) {
      expect([proof.toRoot, proof.note]).toEqual([root, note])
      expect(parseSubmission(proof.addCheckpoint!)).toEqual({
        old: from,
        path,
        note,
      })
    } else expect([proof.note, proof.addCheckpoint]).toEqual([null, null])
  }
})

it.each([
  [0, 3],
  [3, 2],
  [1, 1_000_000],
])('proves nothing from %i to %i', async (from, to) => {
  const tenant = await freshTenant()
  await ledger.checkpointOf(tenant, 3)
  const { errors } = await ask(CONSISTENCY, { tenant, variables: { from, to } })
  expect(errors).toMatchObject([{ extensions: { code: 'LOG_SIZES_INVALID', from, to } }])
})
