import { fork } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { verifyEd25519 } from '../../proofs/ed25519.ts'
import { kidOf } from '../../proofs/keyleaf.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { openKeyring } from '../../server/keyring.ts'
import { makeKey } from '../make/keys.ts'

const folder = mkdtempSync(join(tmpdir(), 'selvedge-keyring-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let homes = 0
const freshHome = () => {
  homes += 1
  return join(folder, `home-${homes}`, 'keys')
}
const withCode = (code: string) => expect.objectContaining({ code })
const message = utf8('a message')

const passphraseFile = join(folder, 'passphrase')
writeFileSync(passphraseFile, 'correct horse\nbattery staple\n')
const modeOf = (path: string) => statSync(path).mode & 0o777

describe('keys in files', () => {
  it('are made on the first run, one for each use, and are the same on the next', async () => {
    const home = freshHome()
    const [first, again] = [await openKeyring(home), await openKeyring(home)]
    const kids = (await first.list()).map(({ use, kid }) => `${use} ${kid}`)
    expect(kids.map((one) => one.split(' ')[0]).sort()).toEqual(['checkpoint', 'manifest'])
    expect((await again.list()).map(({ use, kid }) => `${use} ${kid}`)).toEqual(kids)
    for (const name of readdirSync(home)) expect(modeOf(join(home, name))).toBe(0o600)
    expect(modeOf(home)).toBe(0o700)
  })

  it('are the same for two processes that make them at the same moment', async () => {
    const processes = [0, 1].map(() => fork(join(import.meta.dirname, 'opener.ts')))
    afterAll(() => {
      for (const one of processes) one.kill('SIGKILL')
    })
    await Promise.all(processes.map((one) => once(one, 'message')))
    for (let round = 0; round < 40; round++) {
      const home = freshHome()
      const told = processes.map((one) => once(one, 'message'))
      const at = Date.now() + 10
      for (const one of processes) one.send({ folder: home, at })
      const [first, other] = (await Promise.all(told)).map(([kids]) => kids as string[])
      expect(first!.map((kid) => kid.split(' ')[0]).sort()).toEqual(['checkpoint', 'manifest'])
      expect(other).toEqual(first)
    }
  }, 60_000)

  it('sign what their public half verifies, under the id that is its thumbprint', async () => {
    for (const key of await (await openKeyring(freshHome())).list()) {
      expect(verifyEd25519(key.publicKey, message, await key.sign(message))).toBe(true)
      expect(kidOf(sha256, key.publicKey)).toBe(key.kid)
    }
  })

  it('are those of the first release, unchanged, and are closed to others where they were open', async () => {
    const home = freshHome()
    await openKeyring(home)
    const spine = { checkpoint: makeKey('spine checkpoint'), manifest: makeKey('spine manifest') }
    for (const [use, { jwk }] of Object.entries(spine)) {
      writeFileSync(join(home, `${use}.json`), `${JSON.stringify(jwk)}\n`)
      chmodSync(join(home, `${use}.json`), 0o644)
    }
    const keys = await openKeyring(home)
    for (const { kid } of Object.values(spine)) expect(await keys.find(kid)).not.toBeNull()
    expect(readFileSync(join(home, 'checkpoint.json'), 'utf8')).toBe(
      `${JSON.stringify(spine.checkpoint.jwk)}\n`,
    )
    expect(modeOf(join(home, 'checkpoint.json'))).toBe(0o600)
  })

  it('are found by a server that shares the folder as soon as another one has made them', async () => {
    const home = freshHome()
    const [one, other] = [await openKeyring(home), await openKeyring(home)]
    const made = [await one.make('checkpoint'), await one.make('checkpoint')]
    for (const { kid } of made) {
      const found = await other.find(kid)
      expect(
        verifyEd25519(
          made.find((key) => key.kid === kid)!.publicKey,
          message,
          await found!.sign(message),
        ),
      ).toBe(true)
    }
    const inOrder = (await other.list()).filter(({ use }) => use === 'checkpoint')
    expect(inOrder.slice(1).map(({ kid }) => kid)).toEqual(made.map(({ kid }) => kid))
    expect(await other.find(makeKey('nobody').kid)).toBeNull()
  })

  it('never sign again once they are banned, on any server of the folder', async () => {
    const home = freshHome()
    const [one, other] = [await openKeyring(home), await openKeyring(home)]
    const [key] = await one.list()
    const elsewhere = await other.find(key!.kid)
    await one.ban(key!.kid)
    await one.ban(key!.kid)
    await expect(elsewhere!.sign(message)).rejects.toEqual(withCode('KEY_COMPROMISED'))
    await expect(key!.sign(message)).rejects.toEqual(withCode('KEY_COMPROMISED'))
    expect(readFileSync(join(home, 'compromised'), 'utf8')).toBe(`${key!.kid}\n`)
  })

  it('are not made, and no folder either, where only public halves are asked for', async () => {
    const home = freshHome()
    expect(await (await openKeyring(home, { signing: false })).list()).toEqual([])
  })
})

describe('keys in files, with a passphrase', () => {
  it('are on disk as nothing that can sign without it, those that were plain before too', async () => {
    const home = freshHome()
    const plain = await (await openKeyring(home)).list()
    const secrets = readdirSync(home).map(
      (name) => JSON.parse(readFileSync(join(home, name), 'utf8')).d,
    )
    const keys = await openKeyring(home, { passphraseFile })
    const made = await keys.make('manifest')
    const files = readdirSync(home).map((name) => readFileSync(join(home, name), 'utf8'))
    expect(files).toHaveLength(3)
    for (const text of files) {
      expect(JSON.parse(text)).not.toHaveProperty('d')
      for (const secret of secrets) expect(text).not.toContain(secret)
    }
    const again = await openKeyring(home, { passphraseFile })
    for (const { kid, publicKey } of [...plain, made]) {
      const key = await again.find(kid)
      expect(verifyEd25519(publicKey, message, await key!.sign(message))).toBe(true)
    }
    for (const name of readdirSync(home)) expect(modeOf(join(home, name))).toBe(0o600)
  })

  it('are refused by code without it, or with another, and still tell their public halves', async () => {
    const home = freshHome()
    const keys = await (await openKeyring(home, { passphraseFile })).list()
    await expect(openKeyring(home)).rejects.toEqual(withCode('KEY_FILE_ENCRYPTED'))
    const wrong = join(folder, 'wrong')
    writeFileSync(wrong, 'correct horse battery staple\n')
    const withWrong = openKeyring(home, { passphraseFile: wrong })
    await expect(withWrong).rejects.toEqual(withCode('KEY_PASSPHRASE_WRONG'))
    writeFileSync(wrong, '\n')
    const withNone = openKeyring(home, { passphraseFile: wrong })
    await expect(withNone).rejects.toEqual(withCode('KEY_PASSPHRASE_WRONG'))
    const told = await (await openKeyring(home, { signing: false })).list()
    expect(told.map(({ kid }) => kid)).toEqual(keys.map(({ kid }) => kid))
    await expect(told[0]!.sign(message)).rejects.toEqual(withCode('KEY_FILE_ENCRYPTED'))
  })

  it('are refused where the public half beside them is another key’s', async () => {
    const home = freshHome()
    await openKeyring(home, { passphraseFile })
    const path = join(home, 'manifest.json')
    const file = JSON.parse(readFileSync(path, 'utf8'))
    writeFileSync(path, JSON.stringify({ ...file, x: makeKey('other').x }))
    const opened = openKeyring(home, { passphraseFile })
    await expect(opened).rejects.toEqual(withCode('KEY_FILE_INVALID'))
  })
})

it.each([
  ['no JSON', 'x'],
  ['no key', '{}'],
  ['a key of another kind', '{"kty":"RSA"}'],
  ['a public key alone', JSON.stringify({ ...makeKey('public').jwk, d: undefined })],
])('a file that holds %s is refused by code', async (_what, text) => {
  const home = freshHome()
  await openKeyring(home)
  writeFileSync(join(home, 'checkpoint.json'), text)
  await expect(openKeyring(home)).rejects.toEqual(withCode('KEY_FILE_INVALID'))
})

it('refuses every JWK of Wycheproof as a file of a key: none is of Ed25519', async () => {
  const keys = ['signature', 'key', 'crypto'].flatMap((what) => {
    const path = `tests/fixtures/vectors/wycheproof/json_web_${what}_test.json`
    const { testGroups } = JSON.parse(readFileSync(path, 'utf8')) as {
      testGroups: { private?: { keys?: object[] }; public?: { keys?: object[] } }[]
    }
    return testGroups
      .flatMap((group) => [group.private, group.public])
      .flatMap((one) => (one ? (one.keys ?? [one]) : []))
  })
  expect(keys.length).toBeGreaterThan(80)
  const home = freshHome()
  await openKeyring(home)
  for (const jwk of keys) {
    writeFileSync(join(home, 'checkpoint.json'), JSON.stringify(jwk))
    await expect(openKeyring(home)).rejects.toEqual(withCode('KEY_FILE_INVALID'))
  }
})

describe('keys that another program holds', () => {
  const command = join(import.meta.dirname, 'holder.mjs')
  const open = (name = 'held') => {
    process.env.HOLDER_FOLDER = join(folder, name)
    return openKeyring(freshHome(), { command })
  }
  afterEach(() => {
    for (const name of ['LIES', 'FAILS', 'BABBLES']) delete process.env[`HOLDER_${name}`]
  })

  it('are made, listed and signed with, and none of them is in a file of ours', async () => {
    const home = freshHome()
    process.env.HOLDER_FOLDER = join(folder, 'card')
    const keys = await openKeyring(home, { command })
    const made = await keys.make('checkpoint')
    const held = await (await openKeyring(home, { command })).list()
    expect(held.map(({ use }) => use)).toEqual(['checkpoint', 'manifest', 'checkpoint'])
    expect(held[2]!.kid).toBe(made.kid)
    expect(verifyEd25519(made.publicKey, message, await held[2]!.sign(message))).toBe(true)
    expect(readdirSync(home)).toEqual([])
  })

  it.each([
    ['a signature that does not hold', 'LIES', 'does not hold'],
    ['a failure, with what the program says', 'FAILS', 'the card is not in its reader'],
    ['what is no JSON', 'BABBLES', 'no JSON object'],
  ])('hand on nothing but a refusal for %s', async (_what, how, because) => {
    const keys = await open()
    const [key] = await keys.list()
    process.env[`HOLDER_${how}`] = '1'
    await expect(key!.sign(message)).rejects.toMatchObject({
      code: 'KEY_COMMAND_FAILED',
      message: expect.stringContaining(because),
    })
  })

  it('are refused by code where there is no such program', async () => {
    const opened = openKeyring(freshHome(), { command: join(folder, 'nowhere') })
    await expect(opened).rejects.toEqual(withCode('KEY_COMMAND_FAILED'))
  })
})
