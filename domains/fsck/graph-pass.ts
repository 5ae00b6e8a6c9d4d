import { sha256 } from '../../core/sha256.ts'
import { type Findable, findableOf } from '../../lineage/findable.ts'
import { type Kind, kindInUrn, OPEN } from '../../lineage/kinds.ts'
import { nameUrn } from '../../proofs/ids.ts'
import type { DifferenceName, Report } from './difference.ts'
import type { Standing } from './erased-pass.ts'
import type { Replayed } from './replay.ts'
import type { StoredNode } from './store.ts'

export interface GraphPassOptions {
  tenant: string
  /** How many leaves were replayed: what came after is not looked at. */
  size: number
  /** How many leaves the words of entities follow from; they are not looked at where that is unknown. */
  searched: number | null
  namingKey: Uint8Array
  replayed: ReadonlyMap<string, Replayed>
  standings: ReadonlyMap<string, Standing>
  report: Report
}

/** Holds the stored entities and edges against those that the headers make. */
export class GraphPass {
  readonly #options: GraphPassOptions
  readonly #seen = new Set<string>()

  constructor(options: GraphPassOptions) {
    this.#options = options
  }

  accept(nodes: readonly StoredNode[]) {
    for (const node of nodes) this.#node(node)
  }

  /** Reports those of the entities (all, where none are named) that no node was found for. */
  end(due: Iterable<string> = this.#options.replayed.keys()) {
    const { report } = this.#options
    for (const id of due) {
      if (!this.#seen.has(id)) report({ name: 'ENTITY_MISSING', id, what: 'records, but no node' })
    }
  }

  #node(node: StoredNode) {
    const { size, replayed } = this.#options
    const tell = (name: DifferenceName, what: string) =>
      this.#options.report({ name, id: node.id, what })
    const entity = replayed.get(node.id)
    this.#seen.add(node.id)
    if (!entity) {
      if (!(node.first >= size)) tell('ENTITY_UNKNOWN', 'a node, but no record')
      return
    }
    const standing = this.#options.standings.get(node.id)!
    for (const [name, stored, expected] of valuesOf(node, { entity, standing, size })) {
      if (stored !== expected) tell('ENTITY_VALUE', `${name} is ${stored}, not ${expected}`)
    }
    if (!node.labels.includes(entity.kind)) tell('ENTITY_VALUE', `no label ${entity.kind}`)
    this.#name(node, standing, tell)
    this.#words(node, standing, tell)
    this.#edges(node, entity, tell)
  }

  /** An erased name is stored nowhere; asserted anew, its entity may go without one. */
  #name(
    node: StoredNode,
    { erased }: Standing,
    tell: (name: DifferenceName, what: string) => void,
  ) {
    const nameless = node.namespace === '' && node.name === ''
    if (node.seq < this.#options.size && erased !== null) {
      if (!nameless) tell('ENTITY_NAME', 'an erased name is still stored')
    } else if (!nameless && isNamed(node.id) && this.#urnOf(node) !== node.id) {
      tell('ENTITY_NAME', 'the id is not that of its namespace and name')
    }
  }

  /** By what it is found follows from its body: erased or retired, by nothing. */
  #words(
    { id, kind, seq, fields, words, owners, risk }: StoredNode,
    { action, erased }: Standing,
    tell: (name: DifferenceName, what: string) => void,
  ) {
    const { tenant, size, searched } = this.#options
    if (searched === null || searched > size || seq >= searched) return
    // A body that should be there is told of where its record is looked at.
    if (fields === null && action === 'assert' && erased === null) return
    const said = bodyIn(fields)
    if (!said) return
    const expected = findableOf(tenant, { id, kind: kind as Kind, action, fields: said })
    for (const [name, stored] of Object.entries({ words, owners, risk })) {
      if (JSON.stringify(stored) !== JSON.stringify(expected[name as keyof Findable])) {
        tell('ENTITY_WORDS', `${name}, by which it is found, do not follow from what it says`)
      }
    }
  }

  #urnOf({ kind, namespace, name }: StoredNode) {
    return nameUrn(sha256, this.#options.namingKey, kindInUrn(kind as Kind), namespace, name)
  }

  #edges(node: StoredNode, entity: Replayed, tell: (name: DifferenceName, what: string) => void) {
    const { size, tenant } = this.#options
    const stored = new Map<string, string | null>()
    for (const [rel, to, since, until, leaf, ...tenants] of node.edges) {
      if (tenants.some((other) => other !== tenant)) tell('EDGE_TENANT', `${rel} ${to}`)
      if (since >= size) continue
      // An edge that ends at the position after the last one is in force there.
      const life = `${rel} ${to} from ${since} until ${until >= size ? OPEN : until}`
      if (stored.has(life)) tell('EDGE_UNKNOWN', `${life} is there twice`)
      stored.set(life, leaf)
    }
    for (const { rel, id, since, until, leaf } of entity.edges) {
      const life = `${rel} ${id} from ${since} until ${until ?? OPEN}`
      if (!stored.has(life)) tell('EDGE_MISSING', life)
      else if (stored.get(life) !== leaf) tell('EDGE_LEAF', `${life} at ${stored.get(life)}`)
      stored.delete(life)
    }
    for (const life of stored.keys()) tell('EDGE_UNKNOWN', life)
  }
}

/** What a node holds and must hold; one that has moved on since is compared in what never changes. */
function valuesOf(
  node: StoredNode,
  { entity, standing, size }: { entity: Replayed; standing: Standing; size: number },
) {
  const fixed: [string, unknown, unknown][] = [
    ['kind', node.kind, entity.kind],
    ['first', node.first, entity.first],
  ]
  if (node.seq >= size) return fixed
  const alias = standing.action === 'retire' ? [...entity.links.values()][0]?.id : undefined
  return [
    ...fixed,
    ['version', node.version, entity.version],
    ['seq', node.seq, entity.seq],
    ['action', node.action, standing.action],
    ['erased', node.erased, standing.erased],
    ['leaf', node.leaf, entity.leaf],
    ['out', node.out, entity.out],
    ['alias', node.alias, alias ?? null],
  ] as [string, unknown, unknown][]
}

/** `undefined` where it cannot be read, of which the same holds. */
function bodyIn(fields: string | null): Record<string, unknown> | undefined {
  try {
    return JSON.parse(fields ?? '{}') as Record<string, unknown>
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const isNamed = (id: string) => id.split(':')[3] === 'h'
