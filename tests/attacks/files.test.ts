import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { constants, crc32, deflateRawSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { run } from '../../cli/prov-verifier/run.ts'
import { openArchive } from '../../domains/backup/archive-reader.ts'
import { openArchiveWriter } from '../../domains/backup/archive-writer.ts'
import { newSealer } from '../../domains/backup/seal.ts'
import { readZip } from '../../proofs/zip.ts'
import { readConfig } from '../../server/config.ts'
import { readIssuers } from '../../server/identity/issuers-file.ts'
import { readOperations } from '../../server/limits/operations-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'selvedge-files-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
/** A file in a folder of its own. */
function written(name: string, content: string | Uint8Array) {
  const at = join(folder, String(files++))
  mkdirSync(at)
  writeFileSync(join(at, name), content)
  return join(at, name)
}

interface Part {
  path: string
  bytes: Uint8Array
  method?: number
  size?: number
  /** Where its bytes are said to stand. */
  at?: number
}

/** A zip that says whatever it is told to. */
function zipOf(parts: readonly Part[]): Buffer {
  const locals: Buffer[] = []
  const directory: Buffer[] = []
  for (const { path, bytes, method = 0, size = bytes.length, at } of parts) {
    const name = Buffer.from(path)
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(20, 0)
    fields.writeUInt16LE(0x0800, 2)
    fields.writeUInt16LE(method, 4)
    fields.writeUInt16LE(0x0021, 8)
    fields.writeUInt32LE(crc32(bytes), 10)
    fields.writeUInt32LE(bytes.length, 14)
    fields.writeUInt32LE(size, 18)
    fields.writeUInt16LE(name.length, 22)
    const offset = locals.reduce((sum, { length }) => sum + length, 0)
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(at ?? offset, 10)
    directory.push(
      Buffer.concat([
        Buffer.from('PK\x01\x02\x14\0', 'latin1'),
        fields,
        tail.subarray(0, 14),
        name,
      ]),
    )
    if (at === undefined)
      locals.push(Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, name, bytes]))
  }
  const [local, central] = [Buffer.concat(locals), Buffer.concat(directory)]
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(parts.length, 8)
  end.writeUInt16LE(parts.length, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(local.length, 16)
  return Buffer.concat([local, central, end])
}

const text = Buffer.from('x')
const ZEROS = deflateRawSync(Buffer.alloc(20_000_000))
const named = (path: string) => zipOf([{ path, bytes: text }])
const many = Array.from({ length: 1_000 }, (_, i) => ({
  path: `f${String(i).padStart(4, '0')}`,
  bytes: text,
  at: 0,
}))

/** The same zip, which says that it has so many entries. */
function countingTo(entries: number, zip: Buffer) {
  zip.writeUInt16LE(entries, zip.length - 12)
  return zip
}

const ZIPS: [name: string, zip: Buffer, code: string][] = [
  ['a name that leads upwards', named('../evil'), 'PROOF_ZIP_PATH'],
  ['a name that leads upwards further on', named('a/../../evil'), 'PROOF_ZIP_PATH'],
  ['a name from the root', named('/etc/cron.d/evil'), 'PROOF_ZIP_PATH'],
  ['a name as Windows has it', named('..\\evil'), 'PROOF_ZIP_PATH'],
  ['a name with a drive', named('c:evil'), 'PROOF_ZIP_PATH'],
  ['a name with a NUL in it', named('manifest.json\0.txt'), 'PROOF_ZIP_PATH'],
  ['a name in capitals, which a disk may fold', named('Manifest.json'), 'PROOF_ZIP_PATH'],
  [
    '20 MB of zeros, deflated',
    zipOf([{ path: 'manifest.json', bytes: ZEROS, method: 8, size: 20_000_000 }]),
    'PROOF_ZIP_FORM',
  ],
  [
    'a size of four gigabytes',
    zipOf([{ path: 'manifest.json', bytes: text, size: 0xffffffff }]),
    'PROOF_ZIP_FORM',
  ],
  [
    '1,000 entries that are all the same bytes',
    zipOf([{ path: 'a', bytes: ZEROS }, ...many]),
    'PROOF_ZIP_FORM',
  ],
  ['a count of entries that are not there', countingTo(0xffff, named('a')), 'PROOF_ZIP_FORM'],
]

describe('a bundle that attacks its reader is refused', () => {
  it.each(ZIPS)('for %s', async (_name, zip, code) => {
    expect(() => readZip(zip)).toThrow(expect.objectContaining({ code }))
    const said: string[] = []
    const terminal = {
      out: (one: string) => said.push(one),
      err: (one: string) => said.push(one),
      colours: false,
    }
    expect([1, 3]).toContain(await run([written('bundle.zip', zip)], terminal))
    expect(said.join('')).not.toMatch(/\bat \S+ \(|node_modules/)
  })
})

const config = (yaml: string) => () =>
  readConfig({ SELVEDGE_CONFIG: written('settings.yaml', yaml) })
const issuers = (yaml: string) => () => readIssuers(written('issuers.yaml', yaml))
const operations = (json: string) => () => readOperations(written('operations.json', json))
const LEAST = 'name: a, issuer: "https://a.example", audience: a, tenant: a'
const BILLION = `${['a: &a [x, x]', ...Array.from({ length: 30 }, (_, i) => `${'b'.repeat(i + 1)}: &${'b'.repeat(i + 1)} [*${i ? 'b'.repeat(i) : 'a'}, *${i ? 'b'.repeat(i) : 'a'}]`)].join('\n')}\n`

const SETTINGS: [name: string, read: () => unknown, code: string][] = [
  ['settings of every object', config('__proto__: { port: 1 }\n'), 'CONFIG_UNKNOWN'],
  [
    'settings of a constructor',
    config('constructor: { prototype: { port: 1 } }\n'),
    'CONFIG_UNKNOWN',
  ],
  [
    'settings that refer to each other a billion times, and are none',
    config(BILLION),
    'CONFIG_UNKNOWN',
  ],
  [
    'settings that merge others in',
    config('base: &b { port: 1 }\n<<: *b\n'),
    'CONFIG_FILE_INVALID',
  ],
  [
    'issuers of every object',
    issuers(`{ "issuers": [{ ${LEAST}, "__proto__": { serviceWide: true } }] }`),
    'ISSUERS_INVALID',
  ],
  [
    'issuers that are a prototype',
    issuers(`{ "__proto__": { issuers: [{ ${LEAST} }] } }`),
    'ISSUERS_INVALID',
  ],
  ['issuers that refer to each other a billion times', issuers(BILLION), 'ISSUERS_INVALID'],
  [
    'issuers with a tag of another language',
    issuers('!!js/function "function () { process.exit(1) }"'),
    'ISSUERS_INVALID',
  ],
  [
    'operations of every object',
    operations('{"__proto__": "{ log { size } }"}'),
    'OPERATIONS_INVALID',
  ],
  [
    'operations by a path',
    operations('{"../../../etc/passwd": "{ log { size } }"}'),
    'OPERATIONS_INVALID',
  ],
  [
    'operations that nest too deep',
    operations(JSON.stringify({ x: '{ a '.repeat(100) + '}'.repeat(100) })),
    'OPERATIONS_INVALID',
  ],
]

describe('a file of settings that attacks its reader is refused', () => {
  it.each(SETTINGS)('for %s', (_name, read, code) => {
    expect(read).toThrow(expect.objectContaining({ code }))
    expect(({} as { port?: number; serviceWide?: boolean }).port).toBeUndefined()
    expect(({} as { port?: number; serviceWide?: boolean }).serviceWide).toBeUndefined()
  })
})

describe('a backup that attacks its reader is refused', () => {
  const PASSPHRASE = 'correct horse'
  const opened = async (bytes: Uint8Array) => {
    const archive = await openArchive(written('x.backup', bytes), PASSPHRASE)
    try {
      return [...archive.lines()]
    } finally {
      archive.close()
    }
  }

  it.each([40, 1e9, -1, '17', null])('for a head that asks for work 2^%s', async (logN) => {
    const { head } = await newSealer(PASSPHRASE, { logN: 10 })
    const forged = Buffer.from(head)
      .toString()
      .replace('"logN":10', `"logN":${JSON.stringify(logN)}`)
    await expect(opened(Buffer.from(forged))).rejects.toMatchObject({
      code: 'BACKUP_NOT_AN_ARCHIVE',
    })
  })

  it('for a chunk that says it has four gigabytes', async () => {
    const path = join(folder, 'whole.backup')
    const writer = await openArchiveWriter(path, PASSPHRASE, { logN: 10 })
    writer.finish('the end')
    writer.close()
    const { head } = await newSealer(PASSPHRASE, { logN: 10 })
    const chunk = Buffer.concat([
      head,
      Buffer.alloc(16),
      Buffer.from('ffffffff', 'hex'),
      Buffer.alloc(64),
    ])
    await expect(opened(chunk)).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' })
  })

  it('for what its passphrase opens, and inflates without end', async () => {
    const sealer = await newSealer(PASSPHRASE, { logN: 10 })
    // Pieces that each stand for themselves, so that nobody need hold what they inflate to.
    const piece = deflateRawSync(Buffer.alloc(1_000_000), { finishFlush: constants.Z_FULL_FLUSH })
    const bomb = Buffer.concat(Array.from({ length: 300 }, () => piece))
    const chunk = sealer.seal(bomb, { number: 0, last: true })
    await expect(opened(Buffer.concat([sealer.head, chunk]))).rejects.toMatchObject({
      code: 'BACKUP_DAMAGED',
    })
  })
})
