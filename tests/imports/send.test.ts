import { expect, it } from 'vitest'
import { openClient, type Send } from '../../cli/client.ts'
import { sendLines } from '../../cli/import/send.ts'

const lines = [1, 2, 3].map((line) => ({ line, item: '{}' }))
const done = (line: number) => ({ line, ok: true, id: 'x', changed: true, replayed: false })
const busy = (line: number) => ({
  line,
  ok: false,
  code: 'LEDGER_BUSY',
  message: 'm',
  retriable: true,
})

/** A server that answers in turn as told, and what it was sent. */
function served(answers: (() => Response)[]) {
  const sent: number[][] = []
  const send: Send = async (request) => {
    sent.push(((await request.json()) as { line: number }[]).map(({ line }) => line))
    return answers[sent.length - 1]!()
  }
  return { sent, client: openClient('http://localhost', 'acme', { send }) }
}

const broken = () => {
  throw new TypeError('fetch failed')
}
const refusing = (status: number, code: string) => () =>
  Response.json({ code, detail: 'd' }, { status })
const pausesMs = [1, 1, 1]

it('sends again what may yet succeed, and only that', async () => {
  const { sent, client } = served([
    broken,
    refusing(503, 'SERVER_BUSY'),
    () => Response.json({ results: [done(1), busy(2), busy(3)] }),
    () => Response.json({ results: [done(2), { ...busy(3), retriable: false }] }),
  ])
  const results = await sendLines(lines, { client, key: 'k', pausesMs })
  expect(results.map(({ line, ok }) => [line, ok])).toEqual([
    [1, true],
    [2, true],
    [3, false],
  ])
  expect(sent).toEqual([
    [1, 2, 3],
    [1, 2, 3],
    [1, 2, 3],
    [2, 3],
  ])
})

it('gives up after the last try with what was said then, and at once where nothing can help', async () => {
  const away = served(Array.from({ length: 4 }, () => refusing(503, 'SERVER_BUSY')))
  await expect(sendLines(lines, { client: away.client, key: 'k', pausesMs })).rejects.toMatchObject(
    {
      code: 'SERVER_BUSY',
    },
  )
  expect(away.sent.length).toBe(4)
  const late = served(
    Array.from(
      { length: 4 },
      () => () => Response.json({ results: lines.map(({ line }) => busy(line)) }),
    ),
  )
  await expect(sendLines(lines, { client: late.client, key: 'k', pausesMs })).rejects.toMatchObject(
    {
      code: 'LEDGER_BUSY',
    },
  )
  const denied = served([refusing(403, 'PERMISSION_DENIED')])
  await expect(sendLines(lines, { client: denied.client, pausesMs })).rejects.toMatchObject({
    code: 'PERMISSION_DENIED',
  })
})
