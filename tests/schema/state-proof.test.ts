import { expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { trustRoot } from '../../domains/evidence/trust-root.ts'
import { unb64 } from '../../proofs/base64.ts'
import { verifyInclusion } from '../../proofs/inclusion.ts'
import { hashLeaf, parseLeaf, type StateLeaf } from '../../proofs/leaf.ts'
import { verifySparse } from '../../proofs/sparse-proof.ts'
import { entityKey, stateValue } from '../../proofs/state.ts'
import { readStateProof } from '../../proofs/state-proof.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { verifyState } from '../../proofs/verify-state.ts'
import { testApp } from '../setup/app.ts'
import { dataset, recorded } from './recording.ts'

const test = await testApp()
const { ask, freshTenant, ledger } = test

const PROOF = `query Proof($id: ID, $kind: Kind, $namespace: String, $name: String, $asOf: Seq) {
  log { stateProof(id: $id, kind: $kind, namespace: $namespace, name: $name, asOf: $asOf) {
    id asOf stateSize shape hashes json entity { header leaf design run }
    inclusion { seq size header path root note }
  } }
}`

interface Proof {
  id: string
  asOf: number
  stateSize: number
  shape: string
  hashes: string[]
  json: string
  entity: { header: string; leaf: string; design: string; run: string } | null
  inclusion: { seq: number; size: number; header: string; path: string[]; root: string }
}

const prove = (tenant: string, variables: Record<string, unknown>) =>
  ask<{ log: { stateProof: Proof } }>(PROOF, { tenant, variables })

/** Reads a proof as a client would: from the checkpoint's root down to the entity. */
function check({ id, stateSize, shape, hashes, json, entity, inclusion }: Proof) {
  const { seq: index, size, header, path, root } = inclusion
  verifyInclusion(sha256, utf8(header), { index, size, path: path.map(unb64) }, unb64(root))
  const leaf = parseLeaf(header) as StateLeaf
  expect([leaf.size, leaf.seq]).toEqual([stateSize, index])
  const value =
    entity &&
    stateValue(sha256, {
      leaf: hashLeaf(sha256, parseLeaf(entity.header)),
      design: unb64(entity.design),
      run: unb64(entity.run),
    })
  const claims = [{ key: entityKey(sha256, id), value }]
  verifySparse(sha256, { shape, hashes: hashes.map(unb64) }, claims, unb64(leaf.root))
  const read = readStateProof(sha256, utf8(json))
  expect(read.entities.map((one) => [one.id, one.current !== null])).toEqual([
    [id, entity !== null],
  ])
}

/** What `prov-verifier state` says of the text, under the tenant's own trust root. */
async function verdictOf(tenant: string, { json }: Proof) {
  const trust = await trustRoot(test.database.graph(tenant).read, tenant)
  const { verdict, checks } = await verifyState({ sha256, bytes: utf8(json), trust })
  expect(checks.filter(({ result }) => result === 'fail')).toEqual([])
  return [verdict.intact.result, verdict.authentic.result]
}

const named = (name: string) => ({ kind: 'Dataset', namespace: 'db', name })

it('proves the latest record of an entity, and that there is no other', async () => {
  const tenant = await freshTenant()
  await recorded(
    test,
    tenant,
    Array.from({ length: 40 }, (_, i) => dataset(`d${i}`)),
  )
  const { data, errors } = await prove(tenant, named('d7'))
  expect(errors).toBeUndefined()
  const proof = data.log.stateProof
  check(proof)
  expect(await verdictOf(tenant, proof)).toEqual(['pass', 'pass'])
  expect(JSON.parse(proof.entity!.header)).toMatchObject({ id: proof.id, version: 1 })
  expect((await prove(tenant, { id: proof.id })).data.log.stateProof).toMatchObject({
    id: proof.id,
  })
  // The same proof for what is said to be absent is refused.
  expect(() => check({ ...proof, entity: null })).toThrow()
})

it('proves that there is no entity of a name', async () => {
  const tenant = await freshTenant()
  await recorded(test, tenant, [dataset('here')])
  const proof = (await prove(tenant, named('nowhere'))).data.log.stateProof
  expect(proof.entity).toBeNull()
  check(proof)
  expect(await verdictOf(tenant, proof)).toEqual(['pass', 'pass'])
})

it('proves the version that was the latest at an earlier position', async () => {
  const tenant = await freshTenant()
  await recorded(test, tenant, [dataset('a')])
  const then = (await ledger.checkpointOf(tenant, 4)).size
  await recorded(test, tenant, [{ dataset: { namespace: 'db', name: 'a', description: 'later' } }])
  const versions: number[] = []
  for (const asOf of [then, null]) {
    const proof = (await prove(tenant, { ...named('a'), asOf })).data.log.stateProof
    check(proof)
    expect(await verdictOf(tenant, proof)).toEqual(['pass', 'pass'])
    versions.push((JSON.parse(proof.entity!.header) as { version: number }).version)
  }
  expect(versions).toEqual([1, 2])
})

it.each([
  ['a position before the first state', { asOf: 2 }, 'STATE_NONE'],
  ['a position that is not reached', { asOf: 999 }, 'POSITION_NOT_REACHED'],
  ['an id and a name', { id: 'urn:selvedge:dataset:h:x' }, 'ENTITY_NOT_NAMED'],
])('refuses %s', async (_what, variables, code) => {
  const tenant = await freshTenant()
  await ledger.checkpointOf(tenant, 3)
  const { errors } = await prove(tenant, { ...named('a'), ...variables })
  expect(errors).toMatchObject([{ extensions: { code } }])
})
