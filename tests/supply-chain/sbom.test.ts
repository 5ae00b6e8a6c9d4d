import { execFileSync, spawnSync } from 'node:child_process'
import { homedir, hostname } from 'node:os'
import { describe, expect, it } from 'vitest'
import { readTree } from '../../supply-chain/packages.ts'
import { makeSbom } from '../../supply-chain/sbom.ts'
import { cycloneDxValidator } from '../setup/cyclonedx.ts'

const AT = '2026-01-02T03:04:05.000Z'
const tree = readTree('.')
const sbom = makeSbom(tree, AT)

const isValid = cycloneDxValidator('1.6')

const knowsSbom = spawnSync('npm', ['sbom', '--help'], { stdio: 'ignore' }).status === 0
if (!knowsSbom) {
  process.stderr.write(
    '\n  !! 1 test skipped: npm here is older than 10, which has no `npm sbom`\n\n',
  )
}

describe('the bill of materials', () => {
  it('is valid by the schema of CycloneDX 1.6', () => {
    isValid(sbom)
    expect(isValid.errors).toBeNull()
  })

  const [first, ...rest] = sbom.components
  it.each<[string, object]>([
    ['a component without a type', { components: [{ ...first, type: undefined }, ...rest] }],
    [
      'a licence that SPDX does not know',
      { components: [{ ...first, licenses: [{ license: { id: 'MITT' } }] }] },
    ],
    [
      'a hash that is none',
      { components: [{ ...first, hashes: [{ alg: 'SHA-512', content: 'abc' }] }] },
    ],
    ['a member of no meaning', { registry: 'here' }],
  ])('would not be valid with %s', (_what, changes) => {
    expect(isValid(JSON.parse(JSON.stringify({ ...sbom, ...changes })))).toBe(false)
  })

  it.skipIf(!knowsSbom)('names every package that npm installs, and no other', () => {
    // npm's own bill of materials, by npm's own reading of the lockfile.
    const npm = execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], {
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const theirs = (JSON.parse(npm) as { components: { purl: string }[] }).components
    expect(sbom.components.map(({ purl }) => purl)).toEqual(
      [...new Set(theirs.map(({ purl }) => purl))].sort(),
    )
  })

  it('says of each what it needs, down to the last', () => {
    const refs = new Set(sbom.components.map((one) => one['bom-ref']))
    const needs = new Map(sbom.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]))
    const reached = new Set<string>()
    const walk = (ref: string) => {
      for (const to of needs.get(ref)!) {
        if (reached.has(to)) continue
        reached.add(to)
        walk(to)
      }
    }
    walk(sbom.metadata.component['bom-ref'])
    expect(reached).toEqual(refs)
  })

  it('keeps apart what is shipped and what only development needs', () => {
    const scopeOf = (name: string) => sbom.components.find((one) => one.name === name)?.scope
    expect([scopeOf('zod'), scopeOf('vitest')]).toEqual(['required', 'excluded'])
  })

  it('names no registry and no folder or machine', () => {
    const text = JSON.stringify(sbom)
    expect(text.match(/https?:\/\/[^/"]+/g)).toEqual(['http://cyclonedx.org'])
    for (const own of [process.cwd(), homedir(), hostname()]) expect(text).not.toContain(own)
    expect(text).not.toContain('node_modules')
  })

  it('is the same for the same lockfile and time', () => {
    expect(makeSbom(readTree('.'), AT)).toEqual(sbom)
    expect(makeSbom(tree, '2026-01-02T03:04:06.000Z').serialNumber).not.toBe(sbom.serialNumber)
  })
})
