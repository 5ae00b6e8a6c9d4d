import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../../server/app.ts'
import { type Listening, listen } from '../../server/listen.ts'

/**
 * DNS rebinding: a page at a name of its own points that name at this machine, and its reader's browser
 * then takes us for the page's own server. The browser cannot be told apart from our user; the name in
 * the Host header can.
 */
let listening: Listening
beforeAll(async () => {
  // Nothing below the door is asked: a refusal comes before, and a probe needs none of it.
  const nobody = undefined as never
  const app = createApp({ database: nobody, ledger: nobody, objects: nobody, readiness: nobody })
  listening = await listen(app, { host: '127.0.0.1', port: 0 })
})
afterAll(() => listening.close())

/** Sends the lines as they are, which no HTTP client would, and gives the status and the body. */
function send(...lines: string[]): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: listening.port })
    let answer = ''
    socket.setEncoding('utf8').on('data', (part) => {
      answer += part
    })
    socket.once('error', reject)
    socket.once('close', () => {
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1])
      resolve({ status, body: answer.slice(answer.indexOf('\r\n\r\n') + 4) })
    })
    socket.write(`${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`)
  })
}

describe('while a header alone says who asks', () => {
  it.each([
    'localhost',
    'LocalHost',
    'localhost:PORT',
    '127.0.0.1',
    '127.0.0.1:PORT',
    '127.0.0.1:1',
    '[::1]',
    '[::1]:PORT',
  ])('a request is taken that was sent to %s', async (host) => {
    const sent = `Host: ${host.replace('PORT', String(listening.port))}`
    expect(await send('GET /livez HTTP/1.1', sent)).toMatchObject({ status: 200 })
  })

  it.each([
    // Names of the attacker's, pointed here.
    'evil.example',
    'evil.example:PORT',
    'EVIL.EXAMPLE',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '127.0.0.1.nip.io',
    'evil-localhost',
    'localhost-evil.example:PORT',
    // Names that resolve to loopback where somebody else may serve a page.
    'selvedge.localhost',
    'evil.localhost:PORT',
    'localhost.localdomain',
    'localhost.',
    '127.0.0.1.',
    // Other spellings of addresses, among them all interfaces and this machine's neighbours.
    '0.0.0.0',
    '0.0.0.0:PORT',
    '0',
    '127.1',
    '127.0.0.2',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[0:0:0:0:0:0:0:1%25lo]',
    '::1',
    '10.0.0.5:PORT',
    '169.254.169.254',
    // What is no host, or one that only looks like ours.
    'localhost@evil.example',
    'evil.example@localhost',
    'localhost/evil.example',
    'localhost?evil.example',
    'localhost#evil.example',
    'localhost\\evil.example',
    'localhost:evil',
    'localhost:99999',
    'localhost:PORT:PORT',
    'localhost,evil.example',
    'localhost evil.example',
    'http://localhost',
    'xn--lclhost-cxa8f',
  ])('a request is refused that was sent to %s', async (host) => {
    const sent = `Host: ${host.replaceAll('PORT', String(listening.port))}`
    for (const path of ['/livez', '/graphql', '/exports/x', '/log/acme/checkpoint']) {
      const { status, body } = await send(`GET ${path} HTTP/1.1`, sent)
      expect([path, status]).toEqual([path, 421])
      expect(body).toContain('HOST_NOT_LOCAL')
    }
  })

  it.each<[string, string[]]>([
    ['names no host', ['GET /livez HTTP/1.1']],
    ['names an empty host', ['GET /livez HTTP/1.1', 'Host:']],
    ['names two', ['GET /livez HTTP/1.1', 'Host: localhost', 'Host: evil.example']],
    [
      'names two, the other way round',
      ['GET /livez HTTP/1.1', 'Host: evil.example', 'Host: localhost'],
    ],
    [
      'says another one in its target',
      ['GET http://evil.example/livez HTTP/1.1', 'Host: localhost'],
    ],
    [
      'is forwarded for another',
      ['GET /livez HTTP/1.1', 'Host: evil.example', 'X-Forwarded-Host: localhost'],
    ],
  ])('a request is refused that %s', async (_what, lines) => {
    const { status } = await send(...lines)
    expect([400, 404, 421]).toContain(status)
  })
})
