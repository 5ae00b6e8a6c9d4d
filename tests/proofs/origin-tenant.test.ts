import { expect, it } from 'vitest'
import type { Manifest } from '../../proofs/manifest.ts'
import { checkTenantOfOrigin } from '../../proofs/verify/authenticity.ts'

const check = (origin: string, tenant: string) => () =>
  checkTenantOfOrigin({ predicate: { origin, tenant } } as Manifest)

it.each([
  ['a log', 'service.example/acme', 'acme'],
  ['a later epoch of it', 'service.example/acme/2', 'acme'],
  ['the log of a tenant called by a number', 'service.example/7', '7'],
])('takes %s', (_what, origin, tenant) => {
  expect(check(origin, tenant)).not.toThrow()
})

it.each([
  ['a log of another tenant', 'service.example/acme', 'other'],
  ['an epoch, for the log of a tenant called by its number', 'service.example/acme/7', '7'],
  ['a tenant whose name only ends like it', 'service.example/big-acme', 'acme'],
])('refuses %s', (_what, origin, tenant) => {
  expect(check(origin, tenant)).toThrow(expect.objectContaining({ code: 'PROOF_ORIGIN_TENANT' }))
})
