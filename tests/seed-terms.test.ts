import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { openClient } from '../cli/client.ts'
import { exportUpstream, findRoot } from '../cli/demo/answer.ts'
import { sendWorld } from '../cli/seed/send.ts'
import { sendTerms } from '../cli/seed/terms.ts'
import { sha256 } from '../core/sha256.ts'
import { trustRoot } from '../domains/evidence/trust-root.ts'
import { exitCode } from '../proofs/report.ts'
import { verifyBundle } from '../proofs/verify.ts'
import { testApp } from './setup/app.ts'

const { app, database } = await testApp()
const FOLDER = 'seeds/terms/licences'

it('the texts are those whose hashes the README tells', () => {
  const told = readFileSync('seeds/README.md', 'utf8')
  for (const name of readdirSync(FOLDER)) {
    const hash = createHash('sha256')
      .update(readFileSync(`${FOLDER}/${name}`))
      .digest('hex')
    expect(told).toContain(`| \`${name}\``)
    expect(told).toContain(hash)
  }
})

it('an export of the seed world states terms that verify offline, with the texts of its licences', async () => {
  const tenant = `seed-terms-${crypto.randomUUID().slice(0, 8)}`
  const client = openClient('http://localhost', tenant, { send: app.fetch })
  await sendWorld(client)
  expect(await sendTerms(client)).toBeGreaterThan(20)
  expect(await sendTerms(client)).toBe(0)
  const { bytes } = await exportUpstream(client, await findRoot(client))
  const trust = await trustRoot(database.graph(tenant).read, tenant)
  const report = await verifyBundle({ sha256, bytes, trust })
  expect(exitCode(report)).toBe(0)
  expect(report.verdict.terms.result).toBe('pass')
  const { unknowns, prohibitions, duties, texts, transformations } = report.terms!
  const nameOf = new Map(
    report.records.map(({ header, fields }) => [
      header.id,
      fields!.flatMap((field) =>
        'value' in field && field.name === 'name' ? [field.value] : [],
      )[0],
    ]),
  )
  // The events name it once, as a column of nobody's, and nothing says under which licence it is.
  expect(unknowns.map(({ path }) => path.map((id) => nameOf.get(id)).at(-1))).toEqual([
    'public.menu_item_id',
  ])
  expect(prohibitions.map(({ rule }) => rule.action).sort()).toEqual(['commercialize', 'sell'])
  // The transformation lifts the platform's duty to inform.
  expect(duties.map(({ rule }) => rule.action)).not.toContain('inform')
  expect(new Set(duties.map(({ spdx }) => spdx))).toEqual(
    new Set(['Apache-2.0', 'CC-BY-4.0', 'ODbL-1.0']),
  )
  expect(transformations).toHaveLength(1)
  expect(texts.map(({ held }) => held)).toEqual([true, true, true, true])
}, 240_000)
