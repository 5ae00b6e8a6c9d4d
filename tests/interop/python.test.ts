import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { readLeaves, readLog } from '../../lineage/log.ts'
import { b64 } from '../../proofs/base64.ts'
import { type EpochLeaf, type Leaf, leafBytes } from '../../proofs/leaf.ts'
import { MANIFEST, MANIFEST_JWS } from '../../proofs/manifest.ts'
import { text } from '../../proofs/utf8.ts'
import { readZip } from '../../proofs/zip.ts'
import { makeKey } from '../make/keys.ts'
import { rotatedLog } from '../make/rotated-log.ts'
import { statedLog } from '../make/stated-log.ts'
import { testApp } from '../setup/app.ts'
import { hasPython, installPython } from '../setup/python.ts'

/**
 * What we write, as Python programs see it that know nothing of us: rfc8785 (canonical JSON),
 * in-toto-attestation (the manifest as a Statement) and jwcrypto (its signature).
 */
const HERE = fileURLToPath(new URL('python', import.meta.url))

interface Check {
  name: string
  check: 'canonical' | 'statement' | 'signed'
  args: unknown[]
  want: boolean
}

type Result = Pick<Check, 'name' | 'want'> & { ok: boolean; error?: string }

/** Runs the checks in a virtual environment with the pinned packages, gone after the test file. */
async function inPython(checks: readonly Check[]): Promise<Result[]> {
  const python = await installPython('-r', join(HERE, 'requirements.txt'))
  const child = spawn(python, [join(HERE, 'check.py')])
  const [out, err]: [Buffer[], Buffer[]] = [[], []]
  child.stdout.on('data', (part: Buffer) => out.push(part))
  child.stderr.on('data', (part: Buffer) => err.push(part))
  child.stdin.end(JSON.stringify(checks))
  return new Promise((resolve, reject) => {
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(Buffer.concat(out).toString()) as Result[])
      else reject(new Error(`python ended with ${code}: ${Buffer.concat(err)}`))
    })
  })
}

/** The one sort of leaf that no log of a test has. */
const EPOCH: EpochLeaf = {
  v: 'selvedge/epoch/1',
  tenant: 'acme',
  seq: 7,
  at: '2026-03-31T09:15:02.113Z',
  origin: 'selvedge.test/acme/1',
  prevOrigin: 'selvedge.test/acme',
  prevSize: 9,
  prevRoot: b64(new Uint8Array(32)),
  keptSize: 7,
}

/** The same value, not in the one form: what rfc8785 must tell from it. */
const laidOut = (header: string) => header.replace('":', '": ')

/** Changes one bit of a JWS's signature. */
function forged(jws: string) {
  const [header, payload, signature] = jws.split('.') as [string, string, string]
  const bytes = Buffer.from(signature, 'base64url')
  bytes[5]! ^= 0x10
  return [header, payload, bytes.toString('base64url')].join('.')
}

const missed = "no others' software reads headers and manifests"

describe.skipIf(!hasPython(missed))('Python software that is not ours', () => {
  let results: Result[]
  let headers: string[]

  beforeAll(async () => {
    const { app, ask, database, freshTenant, ledger } = await testApp()
    const tenant = await freshTenant()
    const events = readFileSync('tests/fixtures/openlineage/food-delivery.ndjson', 'utf8')
    const sent = await app.fetch(
      new Request('http://localhost/api/v1/lineage/batch', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-selvedge-tenant': tenant },
        body: `[${events.trim().split('\n').join(',')}]`,
      }),
    )
    expect(sent.status).toBe(200)
    const { data } = await ask<{ entities: { nodes: { id: string }[] } }>(
      '{ entities(kind: Dataset, first: 1) { nodes { id } } }',
      { tenant },
    )
    const root = data.entities.nodes[0]!.id
    const made = await ask<{ exportBundle: { export: { id: string } } }>(
      `mutation { exportBundle(root: "${root}", depth: 20) { export { id } } }`,
      { tenant },
    )
    const answer = await app.fetch(
      new Request(`http://localhost/exports/${made.data.exportBundle.export.id}`, {
        headers: { 'x-selvedge-tenant': tenant },
      }),
    )
    const entries = readZip(new Uint8Array(await answer.arrayBuffer()))
    const file = (path: string) => text(entries.find((entry) => entry.path === path)!.bytes)
    const [manifest, jws] = [file(MANIFEST), file(MANIFEST_JWS)]

    const { read } = database.graph(tenant)
    const { size } = (await readLog(read))!
    const stored = (await readLeaves(read, 0, size)).map(({ header }) => header)
    const vectors = JSON.parse(readFileSync('docs/specs/vectors/record.json', 'utf8')) as {
      leaves: { entry: string }[]
    }
    const written = [...statedLog().log.leaves, ...rotatedLog().log.leaves, EPOCH].map(
      (leaf: Leaf) => text(leafBytes(leaf)),
    )
    headers = [...stored, ...written, ...vectors.leaves.map(({ entry }) => entry)]

    const { manifest: key } = await ledger.keys.newest()
    const x = b64(key.publicKey)
    const jwk = { kty: 'OKP', crv: 'Ed25519', x }
    const stranger = { ...jwk, x: makeKey('stranger').x }
    const parsed = JSON.parse(manifest) as object
    results = await inPython([
      ...headers.flatMap((header, i): Check[] => [
        { name: `header ${i}`, check: 'canonical', args: [header], want: true },
        { name: `header ${i} laid out`, check: 'canonical', args: [laidOut(header)], want: false },
      ]),
      { name: 'manifest', check: 'canonical', args: [manifest], want: true },
      { name: 'statement', check: 'statement', args: [manifest], want: true },
      ...[{ _type: 'https://in-toto.io/Statement/v9' }, { subject: [] }, { predicateType: '' }].map(
        (change, i): Check => {
          const args = [JSON.stringify({ ...parsed, ...change })]
          return { name: `statement changed ${i}`, check: 'statement', args, want: false }
        },
      ),
      { name: 'signed', check: 'signed', args: [jws, manifest, jwk], want: true },
      { name: 'signed, forged', check: 'signed', args: [forged(jws), manifest, jwk], want: false },
      { name: 'signed, else', check: 'signed', args: [jws, manifest, stranger], want: false },
      { name: 'signed, cut', check: 'signed', args: [jws, manifest.slice(1), jwk], want: false },
    ])
  }, 300_000)

  const resultsOf = (kind: string) => results.filter(({ name }) => name.startsWith(kind))
  const wrong = (some: readonly Result[]) => some.filter(({ ok, want }) => ok !== want)

  it('writes every header in just our canonical form: rfc8785', () => {
    const versions = new Set(headers.map((header) => (JSON.parse(header) as { v: string }).v))
    expect([...versions].sort()).toEqual([
      'selvedge/epoch/1',
      'selvedge/key/1',
      'selvedge/record/1',
      'selvedge/state/1',
    ])
    expect(resultsOf('header').length).toBeGreaterThan(200)
    expect(wrong(resultsOf('header'))).toEqual([])
    expect(wrong(resultsOf('manifest'))).toEqual([])
  })

  it('takes the manifest for an in-toto Statement: in-toto-attestation', () => {
    expect(resultsOf('statement')).toHaveLength(4)
    expect(wrong(resultsOf('statement'))).toEqual([])
  })

  it('verifies the signature of the manifest: jwcrypto', () => {
    expect(resultsOf('signed')).toHaveLength(4)
    expect(wrong(resultsOf('signed'))).toEqual([])
  })
})
