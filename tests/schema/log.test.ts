import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { unb64 } from '../../proofs/base64.ts'
import { verifyInclusion } from '../../proofs/inclusion.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { testApp } from '../setup/app.ts'
import { dataset, recorded } from './recording.ts'

const test = await testApp()
const { ask, freshTenant } = test

const INCLUSION = `query Inclusion($seq: Seq!) {
  log { origin size inclusion(seq: $seq) { seq size leaf header path root note } checkpoint { size root note } }
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
  for (const seq of [0, 1, 2, 3, 255, 256, 300, 302]) {
    const { data, errors } = await ask<Inclusion>(INCLUSION, { tenant, variables: { seq } })
    expect(errors).toBeUndefined()
    const { origin, size, inclusion } = data.log
    expect([origin, size, inclusion.seq]).toEqual([`selvedge.test/${tenant}`, 303, seq])
    expect(JSON.parse(inclusion.header)).toMatchObject({ seq, tenant })
    const proof = { index: seq, size: inclusion.size, path: inclusion.path.map(unb64) }
    verifyInclusion(sha256, utf8(inclusion.header), proof, unb64(inclusion.root))
    expect(inclusion.note).toContain(`${origin}\n${inclusion.size}\n`)
  }
})

it('has no proof of what is not there', async () => {
  const tenant = await freshTenant()
  const { data, errors } = await ask(INCLUSION, { tenant, variables: { seq: 3 } })
  expect(errors).toMatchObject([{ extensions: { code: 'LOG_LEAF_UNKNOWN', size: 3 } }])
  expect(data).toMatchObject({ log: { size: 3, inclusion: null } })
})
