import { describe, expect, it } from 'vitest'
import { createApp } from '../../server/app.ts'
import { graphiqlPage } from '../../server/graphiql.ts'
import { openHeaderIdentity } from '../../server/identity/open.ts'
import { defaultLimits, type Limits } from '../../server/limits/limits.ts'

const none = undefined as never

/** A server, in development or where tokens say who asks, that is opened in a browser. */
function opened(isDevelopment: boolean, introspection: Limits['introspection']) {
  const app = createApp({
    ...{ database: none, ledger: none, objects: none },
    identity: { ...openHeaderIdentity(), isDevelopment },
    limits: { ...defaultLimits(), introspection },
  })
  return (headers: Record<string, string> = {}) =>
    app.fetch(
      new Request('http://localhost/graphql', { headers: { accept: 'text/html', ...headers } }),
    )
}

describe('GraphiQL', () => {
  it.each([
    ['in development', true, 'auto', true],
    ['in development, where introspection is off', true, 'off', false],
    ['where tokens say who asks', false, 'auto', false],
    ['there, where introspection is on', false, 'on', true],
  ] as const)(
    'is there just where introspection is: %s',
    async (_what, development, setting, is) => {
      const response = await opened(development, setting)()
      const text = await response.text()
      expect(text.includes('<title>Selvedge')).toBe(is)
      if (!is) expect([response.status >= 400, text.length < 2_000]).toEqual([true, true])
    },
  )

  it('is made once, whoever asks and however often', async () => {
    expect(graphiqlPage(true)).toBe(graphiqlPage(true))
    expect(await graphiqlPage(true)).not.toEqual(await graphiqlPage(false))
  })

  it('is not sent to a browser that has it', async () => {
    const open = opened(true, 'auto')
    const first = await open()
    const etag = first.headers.get('etag')!
    const again = await open({ 'if-none-match': etag })
    expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag])
    expect(again.headers.get('cache-control')).toBe('private, no-cache')
    const other = await open({ 'if-none-match': '"another"' })
    expect([other.status, (await other.text()) === (await first.text())]).toEqual([200, true])
  })
})
