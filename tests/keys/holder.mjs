#!/usr/bin/env node
// A small program that holds keys for a service, as one in front of an HSM would: a folder of PKCS #8
// files that nobody but it reads, and the protocol of docs/keys.md.
import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, sign } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

const folder = process.env.HOLDER_FOLDER
mkdirSync(folder, { recursive: true })
const publicX = (key) => createPublicKey(key).export({ format: 'jwk' }).x
const keys = readdirSync(folder)
  .sort()
  .map((name) => {
    const key = createPrivateKey(readFileSync(join(folder, name)))
    const x = publicX(key)
    const jwk = `{"crv":"Ed25519","kty":"OKP","x":"${x}"}`
    const kid = hash('sha256', jwk, 'base64url')
    return { key, use: name.split('-')[1].split('.')[0], x, kid }
  })

const asked = JSON.parse(await text(process.stdin))
const answers = {
  list: () => ({ keys: keys.map(({ use, x }) => ({ use, x })) }),
  make({ use }) {
    const { privateKey } = generateKeyPairSync('ed25519')
    const name = `${String(keys.length).padStart(4, '0')}-${use}.pem`
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' })
    writeFileSync(join(folder, name), pem, { mode: 0o600, flush: true })
    return { x: publicX(privateKey) }
  },
  sign({ kid, message }) {
    const held = keys.find((one) => one.kid === kid)
    if (!held) throw new Error(`no key ${kid}`)
    const bytes = Buffer.from(message, 'base64url')
    const signature = sign(null, bytes, held.key)
    if (process.env.HOLDER_LIES) signature[0] ^= 1
    return { signature: signature.toString('base64url') }
  },
}
if (process.env.HOLDER_FAILS) throw new Error('the card is not in its reader')
if (process.env.HOLDER_BABBLES) process.stdout.write('hello ')
process.stdout.write(JSON.stringify(answers[asked.op](asked)))
