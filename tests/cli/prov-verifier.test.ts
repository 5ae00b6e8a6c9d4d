import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../../cli/prov-verifier/run.ts'
import { safe } from '../../cli/prov-verifier/text.ts'
import { sha256 } from '../../core/sha256.ts'
import { b64 } from '../../proofs/base64.ts'
import { hex } from '../../proofs/hex.ts'
import { CHECKS } from '../../proofs/report.ts'
import { formatTrust } from '../../proofs/trust.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { makeBundle } from '../make/bundle.ts'
import { smallLog } from '../make/small-log.ts'

const { log, report } = smallLog()
const question = { root: report, direction: 'UPSTREAM', depth: 5 } as const
const genuine = makeBundle(log, { question })
const tampered = makeBundle(
  log,
  { question },
  {
    manifest: (manifest) => ({ ...manifest, predicate: { ...manifest.predicate, records: 7 } }),
  },
)

let folder: string
const at = (name: string) => join(folder, name)

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'prov-verifier-'))
  const trust = formatTrust(genuine.trust)
  writeFileSync(at('bundle.zip'), genuine.bytes)
  writeFileSync(at('tampered.zip'), tampered.bytes)
  writeFileSync(at('trust.json'), trust)
  writeFileSync(at('retired.json'), trust.replaceAll('"until":null', '"until":20'))
  writeFileSync(at('misspelt.json'), trust.replaceAll('"until"', '"untill"'))
  writeFileSync(at('text.zip'), 'no zip at all')
  writeFileSync(at('huge.zip'), '')
  // Sparse: nothing is written, yet the file has the size.
  truncateSync(at('huge.zip'), 2 ** 31)
})
afterAll(() => rmSync(folder, { recursive: true }))

async function verifier(...args: string[]) {
  const written = { out: '', err: '' }
  const paths = args.map((arg) => (/\.(zip|json)$/.test(arg) ? at(arg) : arg))
  const exit = await run(paths, {
    out: (text) => {
      written.out += text
    },
    err: (text) => {
      written.err += text
    },
    colours: false,
  })
  return { exit, ...written }
}

describe('--trust with a fingerprint', () => {
  const digest = sha256(utf8(formatTrust(genuine.trust)))
  const [inHex, inBase64url] = [hex(digest), b64(digest)]

  it.each([inHex, inHex.toUpperCase(), inBase64url])(
    'takes trust.json beside the bundle: %s',
    async (named) => {
      expect((await verifier('bundle.zip', '--trust', named)).exit).toBe(0)
    },
  )

  it('takes it however it is laid out, and from inside the bundle too', async () => {
    const elsewhere = mkdtempSync(join(folder, 'carried-'))
    const laidOut = `${JSON.stringify(genuine.trust, null, 2)}\n`
    const attachments = [{ path: 'trust.json', bytes: utf8(laidOut) }]
    const carried = makeBundle(log, { question, attachments })
    writeFileSync(join(elsewhere, 'carried.zip'), carried.bytes)
    const path = join(basename(elsewhere), 'carried.zip')
    const given = (...more: string[]) => verifier(path, ...more)
    expect((await given('--trust', inHex)).exit).toBe(0)
    // Without a fingerprint nobody looks at what the bundle says of whom to trust.
    expect((await given()).exit).toBe(4)
    // One beside it that is another's does not hide the one inside.
    writeFileSync(join(elsewhere, 'trust.json'), 'no trust root')
    expect((await given('--trust', inHex)).exit).toBe(0)
  })

  it('takes none from inside that is larger than a file of it may be', async () => {
    const elsewhere = mkdtempSync(join(folder, 'stuffed-'))
    const stuffed = formatTrust(genuine.trust) + ' '.repeat(2 ** 20)
    const attachments = [{ path: 'trust.json', bytes: utf8(stuffed) }]
    writeFileSync(join(elsewhere, 'stuffed.zip'), makeBundle(log, { question, attachments }).bytes)
    const path = join(basename(elsewhere), 'stuffed.zip')
    expect((await verifier(path, '--trust', inHex)).exit).toBe(3)
  })

  it('refuses a trust root of another fingerprint, and never reads a file of such a name', async () => {
    const other = hex(sha256(utf8('another')))
    writeFileSync(at(other), formatTrust(genuine.trust))
    const { exit, err } = await verifier('bundle.zip', '--trust', other)
    expect([exit, err]).toEqual([3, expect.stringContaining(other)])
  })
})

it.each([
  ['that are not there', 'nowhere.json'],
  ['that are no proofs', 'trust.json'],
])('refuses anchors %s as unreadable', async (_what, file) => {
  const { exit } = await verifier('bundle.zip', '--trust', 'trust.json', '--anchors', file)
  expect(exit).toBe(3)
})

describe('the exit code', () => {
  it.each([
    [0, 'intact and authentic', ['bundle.zip', '--trust', 'trust.json']],
    [1, 'a check failed', ['tampered.zip', '--trust', 'trust.json']],
    [1, 'a check failed, trusted or not', ['tampered.zip', '--accept-untrusted']],
    [1, 'the key is retired', ['bundle.zip', '--trust', 'retired.json']],
    [4, 'nobody vouches for the keys', ['bundle.zip']],
    [0, 'nobody vouches for the keys, which will do', ['bundle.zip', '--accept-untrusted']],
    [3, 'there is no such bundle', ['nowhere.zip']],
    [3, 'the bundle is a folder', ['.']],
    [3, 'the bundle is no zip', ['text.zip']],
    [3, 'the bundle is larger than a bundle can be', ['huge.zip']],
    [3, 'there is no such trust root', ['bundle.zip', '--trust', 'nowhere.json']],
    [3, 'the trust root is not understood', ['bundle.zip', '--trust', 'misspelt.json']],
    [2, 'nothing was named', []],
    [2, 'two bundles were named', ['bundle.zip', 'tampered.zip']],
    [2, 'an option is unknown', ['bundle.zip', '--force']],
    [2, 'an option lacks its value', ['bundle.zip', '--trust']],
    [0, 'help was asked for', ['--help']],
    [0, 'the version was asked for', ['--version']],
  ] as const)('is %i where %s', async (code, _what, args) => {
    expect((await verifier(...args)).exit).toBe(code)
  })
})

describe('the report for a person', () => {
  it('names every check, every line of the verdict and the conclusion', async () => {
    const { out, err } = await verifier('bundle.zip', '--trust', 'trust.json')
    for (const name of Object.keys(CHECKS)) expect(out).toContain(` ${name} `)
    expect(out).toMatch(/^ {2}complete downstream +not evaluated/m)
    expect(out.trimEnd().split('\n').at(-1)).toBe('Genuine: intact and authentic.')
    expect(err).toBe('')
  })

  it('ends with the first check that failed', async () => {
    const { out } = await verifier('tampered.zip')
    expect(out).toContain('✗ record-count')
    expect(out.trimEnd().split('\n').at(-1)).toBe(
      'Refused: record-count: 6 records, and the manifest counts 7.',
    )
  })

  it('says how to get from intact to authentic', async () => {
    const { out } = await verifier('bundle.zip')
    expect(out.trimEnd()).toMatch(/Intact, and nobody vouches for its keys: .* --trust FILE\.$/)
  })

  it('has no escape sequence where colours are off, nor any that a bundle brings', async () => {
    const { out } = await verifier('bundle.zip')
    expect(out).not.toContain('\u001b')
    expect(safe('a\u001b[2Jb\u202ec\u009bd\ne')).toBe('a\\u{1b}[2Jb\\u{202e}c\\u{9b}d\\u{a}e')
  })
})

describe('--json', () => {
  it('prints one object with the whole report', async () => {
    const { out } = await verifier('bundle.zip', '--trust', 'trust.json', '--json')
    const { ok, exit, verdict, checks, bundle } = JSON.parse(out)
    expect({ ok, exit, bundle }).toEqual({
      ok: true,
      exit: 0,
      bundle: {
        ...{ tenant: 'acme', origin: log.origin, ...question },
        ...{ asOf: 21, stateSize: null, size: 21, records: 6, withhold: [] },
      },
    })
    expect(verdict).toEqual({
      intact: 'pass',
      authentic: 'pass',
      witnessed: 'not evaluated',
      current: 'not evaluated',
      completeUp: 'pass',
      completeDown: 'not evaluated',
      terms: 'not evaluated',
    })
    expect(checks).toHaveLength(Object.keys(CHECKS).length)
  })

  it('says of a refused bundle what is wrong, by code', async () => {
    const { ok, exit, checks } = JSON.parse((await verifier('tampered.zip', '--json')).out)
    expect([ok, exit]).toEqual([false, 1])
    expect(checks.find(({ result }: { result: string }) => result === 'fail')).toMatchObject({
      name: 'record-count',
      code: 'PROOF_RECORD_COUNT',
    })
  })

  it('says why there is no report', async () => {
    const { ok, exit, error } = JSON.parse((await verifier('nowhere.zip', '--json')).out)
    expect([ok, exit]).toEqual([false, 3])
    expect(error).toContain('cannot be read')
  })
})

describe('one entry alone', () => {
  it('is taken out of a bundle, and verifies by the proof beside it', async () => {
    const out = at('alone')
    const taken = await verifier('extract', 'bundle.zip', 'checkpoint', '--out', out)
    expect(taken.exit).toBe(0)
    const [file, proof] = taken.out.trim().split('\n') as [string, string]
    expect([file, proof]).toEqual([join(out, 'checkpoint'), join(out, 'checkpoint.stitch.json')])
    const trusted = [
      'entry',
      file,
      '--proof',
      'alone/checkpoint.stitch.json',
      '--trust',
      'trust.json',
    ]
    const { exit, out: told } = await verifier(...trusted)
    expect(exit).toBe(0)
    expect(told).toContain('Genuine: intact and authentic.')
    const { out: json } = await verifier(...trusted, '--json')
    expect(JSON.parse(json)).toMatchObject({
      ...{ ok: true, exit: 0, verdict: { intact: 'pass', authentic: 'pass' } },
      entry: { path: 'checkpoint' },
    })
    writeFileSync(file, 'something else')
    expect((await verifier(...trusted)).exit).toBe(1)
  })

  it.each([
    [2, 'no proof is named', ['entry', 'bundle.zip']],
    [2, 'no folder is named', ['extract', 'bundle.zip', 'checkpoint']],
    [2, 'no entry is named', ['extract', 'bundle.zip', '--out', '.']],
    [3, 'the bundle has no such entry', ['extract', 'bundle.zip', 'nowhere', '--out', '.']],
    [3, 'there is no such file', ['entry', 'nowhere.zip', '--proof', 'trust.json']],
    [1, 'the proof is none', ['entry', 'bundle.zip', '--proof', 'trust.json']],
  ] as const)('exits with %i where %s', async (code, _what, args) => {
    expect((await verifier(...args)).exit).toBe(code)
  })
})

describe('as a program', () => {
  const program = (...args: string[]) =>
    spawnSync(process.execPath, ['cli/prov-verifier.ts', ...args], { encoding: 'utf8' })

  it('exits with the code and writes nothing in colour to a pipe', () => {
    const { status, stdout } = program(at('bundle.zip'), '--trust', at('trust.json'))
    expect([status, stdout.includes('\u001b')]).toEqual([0, false])
    expect(program(at('bundle.zip')).status).toBe(4)
    expect(program().status).toBe(2)
  })

  it('loads nothing but proofs, core, and a handful of small libraries', () => {
    const listed = execFileSync(
      process.execPath,
      [
        '--import',
        `data:text/javascript,${encodeURIComponent(LIST_IMPORTS)}`,
        'cli/prov-verifier.ts',
        '--version',
      ],
      { encoding: 'utf8' },
    )
    const loaded = listed.match(/(?<=^load ).*$/gm) ?? []
    const ours = loaded.filter((url) => !url.includes('/node_modules/') && !url.startsWith('node:'))
    const strangers = ours.filter(
      (url) => !/\/(cli\/prov-verifier|proofs|core)[/.]|package\.json/.test(url),
    )
    expect(ours.length).toBeGreaterThan(20)
    expect(strangers).toEqual([])
    const packages = loaded.flatMap(
      (url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? [],
    )
    expect([...new Set(packages)].sort()).toEqual([
      '@noble/curves',
      '@noble/hashes',
      'jose',
      'picocolors',
    ])
    const network = loaded.filter((url) => /^node:(net|http|https|tls|dns|dgram)/.test(url))
    expect(network).toEqual([])
  })
})

/** Prints the address of every module as it is loaded. */
const LIST_IMPORTS = `
  import { registerHooks } from 'node:module'
  registerHooks({ resolve(specifier, context, next) {
    const found = next(specifier, context)
    console.log('load ' + found.url)
    return found
  } })`
