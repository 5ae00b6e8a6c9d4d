import { createHash } from 'node:crypto'
import type { Package, Tree } from './packages.ts'
import { parseExpression } from './spdx.ts'

/**
 * The bill of materials of a tree, as CycloneDX 1.6: every package with licence, hash and what it
 * needs, and whether it is shipped. It is the same for the same lockfile and time, and names neither a
 * registry nor a folder of the machine that made it.
 *
 * @param at When it is made, in ISO 8601.
 */
export function makeSbom(tree: Tree, at: string) {
  const own = `pkg:npm/${tree.name}@${tree.version}`
  const components = componentsOf(tree)
  const refs = new Map(tree.packages.map((one) => [one.path, purlOf(one)]))
  const needs = new Map<string, Set<string>>([
    [own, new Set(tree.needs.map((to) => refs.get(to)!))],
  ])
  for (const one of tree.packages) {
    const ref = purlOf(one)
    const known = needs.get(ref) ?? new Set<string>()
    for (const path of one.needs) known.add(refs.get(path)!)
    needs.set(ref, known)
  }
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify([at, own, components]))}`,
    version: 1,
    metadata: {
      timestamp: at,
      lifecycles: [{ phase: 'pre-build' }],
      tools: {
        components: [{ type: 'application', name: 'selvedge-sbom', version: tree.version }],
      },
      component: {
        'bom-ref': own,
        type: 'application',
        name: tree.name,
        version: tree.version,
        description: tree.description,
        purl: own,
        licenses: licencesOf(tree.licence),
      },
    },
    components,
    dependencies: [...needs.entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([ref, to]) => ({ ref, dependsOn: [...to].sort() })),
  }
}

/** A package that is installed in several places is one component. */
function componentsOf({ packages }: Tree) {
  const byRef = new Map<string, Package>()
  for (const one of packages) {
    const before = byRef.get(purlOf(one))
    if (!before || rank(one) > rank(before)) byRef.set(purlOf(one), one)
  }
  return [...byRef.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => component(one))
}

const rank = ({ development, optional }: Package) => (development ? 0 : 2) + (optional ? 0 : 1)

function component(one: Package) {
  const { name, version, licence, development, optional, integrity } = one
  const [group, bare] = name.startsWith('@') ? name.split('/') : [undefined, name]
  return {
    'bom-ref': purlOf(one),
    type: 'library',
    ...(group !== undefined && { group }),
    name: bare!,
    version,
    // The words of CycloneDX: «excluded» is what only development needs.
    scope: development ? 'excluded' : optional ? 'optional' : 'required',
    purl: purlOf(one),
    ...(integrity !== null && { hashes: [hashOf(integrity)] }),
    ...(licence !== null && { licenses: licencesOf(licence) }),
  }
}

const ALGORITHMS: Record<string, string> = { sha512: 'SHA-512', sha384: 'SHA-384', sha1: 'SHA-1' }

function hashOf(integrity: string) {
  const [algorithm = '', digest = ''] = integrity.split('-')
  return { alg: ALGORITHMS[algorithm]!, content: Buffer.from(digest, 'base64').toString('hex') }
}

function licencesOf(licence: string) {
  const expression = parseExpression(licence)
  if (!expression) return [{ license: { name: licence } }]
  return 'id' in expression && expression.exception === null
    ? [{ license: { id: expression.id } }]
    : [{ expression: licence }]
}

/** The name of a package across tools (purl): the «@» of a scope is escaped in it. */
const purlOf = ({ name, version }: Pick<Package, 'name' | 'version'>) =>
  `pkg:npm/${name.replace(/^@/, '%40')}@${encodeURIComponent(version)}`

/** A UUID of version 8 (RFC 9562 section 5.8): derived from what it names. */
function uuidOf(text: string) {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
