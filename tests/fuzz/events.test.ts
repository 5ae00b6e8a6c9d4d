import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { expectClean } from '../ledger/support.ts'
import { testApp } from '../setup/app.ts'
import { mutateJson, mutateText, oneOf } from './mutate.ts'
import { answered, eachOf, seededNumbers } from './seeded.ts'

const EVENTS = 20_000
const AT_ONCE = 40

const { app, database, faults, freshTenant } = await testApp()
const next = seededNumbers()
const tenant = await freshTenant()

const FILES = ['airflow', 'client', 'column-lineage', 'food-delivery']
const texts = FILES.flatMap((name) =>
  readFileSync(`tests/fixtures/openlineage/${name}.ndjson`, 'utf8').trim().split('\n'),
)
const events = texts.map((text) => JSON.parse(text) as unknown)
const words = [...new Set(texts.join().match(/"[^"]{1,40}"|[[\]{}:,]/g))]

/** A real event, changed as data, as text, or as both. */
function changedEvent(): string {
  const data = String(JSON.stringify(mutateJson(next, oneOf(next, events))))
  return next(6) === 0 ? mutateText(next, data, words) : data
}

async function send(path: string, body: string) {
  const request = new Request(`http://localhost${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-selvedge-tenant': tenant },
    body,
  })
  const response = await answered(app.fetch(request), () => body)
  return { status: response.status, text: await response.text() }
}

it(`takes or refuses each of ${EVENTS} changed events by a code, and stays whole`, async () => {
  const counts = { taken: 0, refused: 0, codes: new Set<string>() }
  const wrong: string[] = []
  let sent = 0
  await eachOf(EVENTS / AT_ONCE, 4, async (i) => {
    const some = Array.from({ length: AT_ONCE }, changedEvent)
    sent += some.length
    if (i % 4 === 0) {
      for (const body of some) {
        const { status, text } = await send('/api/v1/lineage', body)
        if (status >= 500) wrong.push(`${status} ${text} ${body}`)
        if (status < 300) counts.taken++
        else counts.codes.add((JSON.parse(text) as { code: string }).code)
      }
      return
    }
    const whole = some.filter((text) => {
      try {
        JSON.parse(text)
        return true
      } catch {
        return false
      }
    })
    const { status, text } = await send('/api/v1/lineage/batch', `[${whole.join()}]`)
    if (status >= 500) wrong.push(`${status} ${text} [${whole.join()}]`)
    const { summary, results } = JSON.parse(text) as {
      summary?: { successful: number; failed: number; received: number }
      results?: { code?: string }[]
    }
    if (summary && summary.received !== whole.length) wrong.push(`${text} [${whole.join()}]`)
    counts.taken += summary?.successful ?? 0
    counts.refused += summary?.failed ?? 0
    for (const { code } of results ?? []) if (code) counts.codes.add(code)
  })
  expect(sent).toBe(EVENTS)
  expect(wrong.slice(0, 3)).toEqual([])
  expect(faults.slice(0, 3)).toEqual([])
  expect(counts.codes).not.toContain('INTERNAL_ERROR')
  // The fuzzer would be worth little if everything were taken, or nothing.
  expect(counts.taken).toBeGreaterThan(EVENTS / 20)
  expect(counts.refused).toBeGreaterThan(EVENTS / 20)
  expect(counts.codes.size).toBeGreaterThan(5)
  await expectClean(database, tenant)
}, 600_000)
