import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { chain } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { subscribe } from './subscriber.ts'

const test = await testApp()

const page = readFileSync('docs/how-to/changes.md', 'utf8')
const [follow, under, effects, expiring] = [...page.matchAll(/^```graphql\n(.*?)^```$/gms)].map(
  ([, text]) => text!,
)

it('docs/how-to/changes.md: does as it says', async () => {
  const tenant = await test.freshTenant()
  const [raw] = await chain(test, tenant)
  const open = (query: string, variables = {}) =>
    subscribe({ send: (request) => test.app.fetch(request), tenant, query, variables })

  const following = await open(follow!, { after: '0:4' })
  expect((await following.next())?.data?.changes).toMatchObject({
    entity: { kind: 'Dataset', name: 'clean' },
    version: { action: 'ASSERT', linked: [{ relation: 'WAS_DERIVED_FROM', to: raw }] },
  })
  following.cut()

  const below = await open(under!, { root: raw })
  const told = [await below.next(), await below.next(), await below.next()]
  expect(told.map((one) => one!.data!.changes.entity)).toEqual([
    { name: 'raw' },
    { name: 'clean' },
    { name: 'public' },
  ])
  below.cut()

  const effect = await open(effects!)
  expect(effect.response.status).toBe(200)
  effect.cut()

  const ends = await open(expiring!)
  expect(ends.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  ends.cut()
})

it('docs/how-to/changes.md: shows the bytes that are sent', async () => {
  const tenant = await test.freshTenant()
  await chain(test, tenant)
  const [, shown] = /```text\n(.*?)```/s.exec(page)!
  const [, query] = /-d '(\{.*\})'/.exec(page)!
  const going = new AbortController()
  const response = await test.app.fetch(
    new Request('http://localhost/graphql', {
      method: 'POST',
      signal: going.signal,
      headers: {
        accept: 'text/event-stream',
        'content-type': 'application/json',
        'x-selvedge-tenant': tenant,
      },
      body: query!.replace('after: \\"0:0\\"', 'after: \\"0:3\\"'),
    }),
  )
  let text = ''
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream() as never)) {
    text += chunk as unknown as string
    if (text.includes('event: next') && text.endsWith('\n\n')) break
  }
  going.abort()

  expect(text).toContain(shown)
})
