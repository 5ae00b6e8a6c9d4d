import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { formatVkey } from '../../proofs/note.ts'
import { TILE_WIDTH, tilePath } from '../../proofs/tiles.ts'
import { listen } from '../../server/listen.ts'
import { dataset, job, near, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { firstKey, SERVICE_NAME } from '../setup/ledger.ts'
import { hasGo, runGo } from './go.ts'

/**
 * A tenant's log, as Go programs see it that know nothing of us: torchwood (a C2SP client), x/mod's
 * note and tlog (the Go checksum database), and transparency-dev's merkle (tessera, Rekor). They read
 * what a running server serves, on a port of its own.
 */
const RECORDS = 5_200
const BATCH = 500
interface Result {
  name: string
  want: boolean
  ok: boolean
  error?: string
}

const INCLUSION = `query Inclusion($seq: Seq!) {
  log { inclusion(seq: $seq) { seq size leaf header path root note tlogProof } }
}`
const CONSISTENCY = `query Consistency($from: Seq!, $to: Seq) {
  log { consistency(from: $from, to: $to) { from to fromRoot toRoot path } }
}`

interface Inclusion {
  seq: number
  size: number
  leaf: string
  header: string
  path: string[]
  root: string
  note: string
  tlogProof: string
}

/** Changes one bit of a text of hashes, so that it stays in its alphabet. */
function flipBit(text: string) {
  const bytes = Buffer.from(text, 'base64url')
  bytes[bytes.length >> 1]! ^= 0x10
  return bytes.toString('base64url')
}

/** Changes one bit of base64 on the given line of a text. */
function flipLine(text: string, line: number) {
  const lines = text.split('\n')
  const words = lines[line]!.split(' ')
  const bytes = Buffer.from(words.at(-1)!, 'base64')
  bytes[bytes.length >> 1]! ^= 0x10
  lines[line] = [...words.slice(0, -1), bytes.toString('base64')].join(' ')
  return lines.join('\n')
}

describe.skipIf(!hasGo())('software that is not ours', () => {
  let results: Result[]
  let size = 0
  const resultsOf = (kind: string) => results.filter(({ name }) => name.startsWith(kind))

  beforeAll(async () => {
    const test = await testApp()
    const { ask, freshTenant, ledger } = test
    const { url, close } = await listen(test.app, { host: '127.0.0.1', port: 0 })
    afterAll(close)
    const tenant = await freshTenant()
    const earlier: string[] = []
    for (let done = 0; done < RECORDS; done += BATCH) {
      const items = Array.from({ length: Math.min(BATCH, RECORDS - done) }, (_, i) =>
        i % 2
          ? job(`j${done + i}`, { uses: [near(`d${done + i - 1}`)] })
          : dataset(`d${done + i}`, { description: 'Was für Daten ☃' }),
      )
      await recorded(test, tenant, items)
      const checkpoint = await ledger.checkpointOf(tenant, done + 1)
      earlier.push(checkpoint.note)
      size = checkpoint.size
    }
    ;({ size } = await ledger.checkpointOf(tenant, RECORDS))
    await ask('mutation { logPublicSet(public: true) { position } }', { tenant })
    size = (await ledger.checkpointOf(tenant, size + 1)).size

    const base = `${url}/log/${tenant}`
    const last = Math.ceil(size / TILE_WIDTH) - 1
    const lies = [
      ...[0, 7, last].flatMap((index) => [
        tilePath(0, index, Math.min(TILE_WIDTH, size - index * TILE_WIDTH)),
        tilePath('entries', index, Math.min(TILE_WIDTH, size - index * TILE_WIDTH)),
      ]),
      tilePath(1, 0, Math.floor(size / TILE_WIDTH)),
    ]
    const lying = await lyingServer(base)
    const proofs: Inclusion[] = []
    for (const seq of [0, 1, 2, 255, 256, 511, 2_600, 5_119, 5_120, size - 1]) {
      const { data } = await ask<{ log: { inclusion: Inclusion } }>(INCLUSION, {
        tenant,
        variables: { seq },
      })
      proofs.push(data.log.inclusion)
    }
    const growths: Record<string, unknown>[] = []
    const sizes = [1, 2, 255, 256, 257, 4_096, 5_000, size]
    for (const [i, from] of sizes.entries()) {
      for (const to of sizes.slice(i)) {
        const { data, errors } = await ask<{ log: { consistency: Record<string, unknown> } }>(
          CONSISTENCY,
          { tenant, variables: { from, to } },
        )
        expect(errors).toBeUndefined()
        growths.push(data.log.consistency)
      }
    }
    const newest = proofs[0]!.note
    results = await runGo<Result[]>('.', {
      vkey: formatVkey(sha256, {
        name: `${SERVICE_NAME}/${tenant}`,
        publicKey: await firstKey(ledger, tenant),
      }),
      earlier,
      logs: [
        { name: 'crawl', url: base, want: true },
        ...lies.map((path) => ({
          name: `crawl ${path}`,
          url: `${lying}/${path}/log`,
          want: false,
        })),
        { name: 'crawl checkpoint', url: `${lying}/checkpoint/log`, want: false },
      ],
      notes: [
        ...earlier.map((text, i) => ({ name: `note ${i}`, text, want: true })),
        ...[1, 2, 4].map((line) => ({
          name: `note with line ${line} changed`,
          text:
            line === 1 ? newest.replace(`\n${size}\n`, `\n${size ^ 1}\n`) : flipLine(newest, line),
          want: false,
        })),
      ],
      proofs: proofs.flatMap(({ seq, tlogProof, header }) => [
        { name: `tlog-proof ${seq}`, text: tlogProof, leaf: header, want: true },
        { name: `tlog-proof ${seq} path`, text: flipLine(tlogProof, 2), leaf: header, want: false },
        {
          name: `tlog-proof ${seq} index`,
          text: tlogProof.replace(`index ${seq}\n`, `index ${seq ^ 1}\n`),
          leaf: header,
          want: false,
        },
        {
          name: `tlog-proof ${seq} leaf`,
          text: tlogProof,
          leaf: header.replace('"seq":', '"sep":'),
          want: false,
        },
      ]),
      inclusions: proofs.flatMap(({ seq: index, size, leaf, root, path }) => {
        const proof = { name: `inclusion ${index}`, index, size, leaf, root, path, want: true }
        return [
          proof,
          { ...proof, name: `${proof.name} root`, root: flipBit(root), want: false },
          { ...proof, name: `${proof.name} leaf`, leaf: flipBit(leaf), want: false },
          {
            ...proof,
            name: `${proof.name} path`,
            path: path.with(-1, flipBit(path.at(-1)!)),
            want: false,
          },
        ]
      }),
      consistencies: growths.flatMap((growth) => {
        const { from, to, fromRoot, path } = growth as {
          from: number
          to: number
          fromRoot: string
          path: string[]
        }
        const proof = { ...growth, name: `consistency ${from} to ${to}`, want: true }
        return [
          proof,
          { ...proof, name: `${proof.name} root`, fromRoot: flipBit(fromRoot), want: false },
          ...path.map((hash, i) => ({
            ...proof,
            name: `${proof.name} hash ${i}`,
            path: path.with(i, flipBit(hash)),
            want: false,
          })),
        ]
      }),
    })
  }, 600_000)

  /** Hands on what the server serves, with one bit changed in the file that the address names. */
  async function lyingServer(base: string) {
    const server = createServer(async (request, response) => {
      const [, lie, path] = /^\/(.+)\/log\/(.+)$/.exec(request.url!) ?? []
      const honest = await fetch(`${base}/${path}`, { headers: { 'accept-encoding': 'identity' } })
      const bytes = Buffer.from(await honest.arrayBuffer())
      if (path === lie && honest.ok) bytes[bytes.length >> 1]! ^= 0x01
      response.writeHead(honest.status).end(bytes)
    })
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    afterAll(() => server.close())
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  const wrong = (some: readonly Result[]) => some.filter(({ ok, want }) => ok !== want)

  it('crawls a log of more than 5,000 records over HTTP: torchwood, x/mod and transparency-dev', () => {
    expect(size).toBeGreaterThan(5_000)
    expect(resultsOf('crawl').filter(({ want }) => want)).toEqual([
      { name: 'crawl', want: true, ok: true },
    ])
  })

  it('is not taken in by any file with one bit changed', () => {
    const lies = resultsOf('crawl ')
    expect([lies.length, wrong(lies)]).toEqual([8, []])
    for (const { error } of lies) expect(error).not.toMatch(/status code|deadline|dial|retry/)
  })

  it.each([
    ['note', 11 + 3],
    ['tlog-proof', 10 * 4],
    ['inclusion', 10 * 4],
    ['consistency', 36],
  ])('agrees on every %s, good or with one bit changed', (kind, least) => {
    const some = resultsOf(kind)
    expect(some.length).toBeGreaterThanOrEqual(least)
    expect(some.filter(({ want }) => !want).length).toBeGreaterThan(0)
    expect(wrong(some)).toEqual([])
  })
})
