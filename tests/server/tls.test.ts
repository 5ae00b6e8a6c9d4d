import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { afterAll, describe, expect, it, vi } from 'vitest'
import type { App } from '../../server/app.ts'
import { findConfigFaults, readConfig } from '../../server/config.ts'
import { listen } from '../../server/listen.ts'
import { serve } from '../../server/serve.ts'
import { readTlsFiles, reloadTls } from '../../server/tls.ts'

const folder = mkdtempSync(join(tmpdir(), 'selvedge-tls-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Two certificates whose keys lie beside them for anybody to see: they vouch for nothing. */
const FIRST = { cert: 'tests/fixtures/tls/first.crt', key: 'tests/fixtures/tls/first.key' }
const SECOND = { cert: 'tests/fixtures/tls/second.crt', key: 'tests/fixtures/tls/second.key' }
const ca = [FIRST, SECOND].map(({ cert }) => readFileSync(cert))
const files = { cert: join(folder, 'server.crt'), key: join(folder, 'server.key') }

function put({ cert, key }: typeof FIRST) {
  copyFileSync(key, files.key)
  copyFileSync(cert, files.cert)
}

/** An app that says how it was asked, behind TLS. */
const app = {
  isLocal: true,
  fetch: undefined as never,
  endSubscriptions: () => {},
  listener: (_incoming, outgoing) => void outgoing.end('answered'),
} as App

put(FIRST)
const told: unknown[] = []
const server = await listen(app, {
  host: '127.0.0.1',
  port: 0,
  tls: files,
  onTls: (error) => told.push(error),
})
afterAll(server.close)

/** Connects anew, and gives what it was answered and by which certificate. */
async function ask() {
  const asked = request({ host: '127.0.0.1', port: server.port, ca, agent: false }).end()
  const [answer] = await once(asked, 'response')
  let text = ''
  for await (const part of answer) text += part
  const { CN } = (answer.socket as TLSSocket).getPeerCertificate().subject
  return { text, name: CN }
}

describe('a server with a certificate', () => {
  it('answers by TLS, at an address that says so', async () => {
    expect(server.url).toBe(`https://127.0.0.1:${server.port}`)
    expect(await ask()).toEqual({ text: 'answered', name: 'first.selvedge.test' })
  })

  it.each([
    ['TLSv1.2', 'TLSv1.2'],
    ['TLSv1.3', 'TLSv1.3'],
  ] as const)('takes %s', async (version, spoken) => {
    const options = { minVersion: version, maxVersion: version, ca }
    const socket = connect(server.port, '127.0.0.1', options)
    await once(socket, 'secureConnect')
    expect(socket.getProtocol()).toBe(spoken)
    socket.destroy()
  })

  it('takes nothing older, and nothing in the clear', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' } as const
    const socket = connect(server.port, '127.0.0.1', { ...old, ca })
    const [error] = await once(socket, 'error')
    expect(String(error)).toMatch(/version/i)
    await expect(fetch(`http://127.0.0.1:${server.port}/`)).rejects.toThrow()
  })

  it('has another certificate when it is told to read it, on the same port', async () => {
    put(SECOND)
    server.reload()
    expect(await ask()).toMatchObject({ name: 'second.selvedge.test' })
    expect(told.at(-1)).toBeNull()
  })

  it('keeps the one before where the files are none, or do not belong together', async () => {
    copyFileSync(FIRST.key, files.key)
    server.reload()
    expect(told.at(-1)).toMatchObject({ code: 'TLS_FILES_INVALID' })
    writeFileSync(files.cert, 'half a certif')
    server.reload()
    expect(told.at(-1)).toMatchObject({ code: 'TLS_FILES_INVALID' })
    expect(await ask()).toMatchObject({ name: 'second.selvedge.test' })
  })

  it('reads the files by itself when they change', async () => {
    put(FIRST)
    const contexts: unknown[] = []
    const watched = reloadTls(
      { setSecureContext: (options) => contexts.push(options.cert) },
      files,
      { told: () => {}, lookMs: 20 },
    )
    // The first look only learns what is there; it may come after this change, and then a later one counts.
    await vi.waitFor(
      () => {
        put(contexts.length % 2 === 0 ? SECOND : FIRST)
        expect(contexts.length).toBeGreaterThan(0)
      },
      { timeout: 30_000, interval: 100 },
    )
    watched.close()
  })
})

describe('a certificate', () => {
  it.each([
    ['is not there', { cert: '/nowhere', key: FIRST.key }],
    ['has another key', { cert: FIRST.cert, key: SECOND.key }],
    ['is none', { cert: FIRST.key, key: FIRST.key }],
  ])('that %s is refused, also by config --check', (_what, { cert, key }) => {
    expect(() => readTlsFiles({ cert, key })).toThrow(
      expect.objectContaining({ code: 'TLS_FILES_INVALID' }),
    )
    const faults = findConfigFaults({ SELVEDGE_TLS_CERT: cert, SELVEDGE_TLS_KEY: key })
    expect(faults).toMatchObject([{ setting: 'SELVEDGE_TLS_CERT' }])
  })

  it.each([
    ['SELVEDGE_TLS_CERT', FIRST.cert],
    ['SELVEDGE_TLS_KEY', FIRST.key],
  ])(
    'is not given by half: %s alone is refused before anything is started',
    async (name, value) => {
      const env = { [name]: value, SELVEDGE_HOME: folder, NEO4J_URI: 'bolt://127.0.0.1:1' }
      expect(findConfigFaults(env)).toMatchObject([{ setting: 'SELVEDGE_TLS_CERT' }])
      const config = { ...readConfig(env), logLevel: 'silent' } as const
      await expect(serve(config, { progress: () => {} } as never)).rejects.toMatchObject({
        code: 'TLS_HALF_GIVEN',
      })
    },
  )

  it('is used where it is right', () => {
    const env = {
      SELVEDGE_TLS_CERT: FIRST.cert,
      SELVEDGE_TLS_KEY: FIRST.key,
      SELVEDGE_HOME: folder,
    }
    expect(findConfigFaults(env)).toEqual([])
  })
})
