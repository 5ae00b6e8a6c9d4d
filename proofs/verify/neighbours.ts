import { b64 } from '../base64.ts'
import { ProofError } from '../error.ts'
import type { ReadRecord } from '../records.ts'
import { type InEdge, inLevel } from '../state.ts'
import type { ReadState, ShownInSet } from '../state-part.ts'

/** The in-edges of an entity that are shown, by relation and downstream end; `null` where only a root is. */
type Listed = Record<'design' | 'run', ReadonlyMap<string, InEdge> | null>

const keyOf = ({ rel, id }: { rel: string; id: string }) => `${rel} ${id}`
const differ = (up: string, down: string, rel: string) =>
  new ProofError('PROOF_STATE_NEIGHBOURS', `${down} ${rel} ${up}: its two ends tell otherwise`)

/**
 * Requires both ends of an edge to agree wherever both are shown: what is in the in-set of the one is
 * in the out-set of the other, and the other way round; and the leaf in the in-set is that of the
 * record that added the edge, where that is the record shown (docs/specs/state.md, "Verifying", step 6).
 *
 * @throws {ProofError} `PROOF_STATE_NEIGHBOURS`
 */
export function checkNeighbours(records: readonly ReadRecord[], { entities }: ReadState) {
  const byId = new Map(records.map((record) => [record.header.id, record]))
  const owners = new Map(records.map(({ header, leaf }) => [b64(leaf), header.id]))
  const outSets = new Map(
    records.flatMap(({ header: { id }, out }): [string, ReadonlySet<string>][] =>
      out === null ? [] : [[id, new Set(out.map(keyOf))]],
    ),
  )
  const inSets = new Map(
    entities.map(({ id, design, run }): [string, Listed] => [
      id,
      { design: byKey(design), run: byKey(run) },
    ]),
  )
  let edges = 0
  for (const [up, { design, run }] of inSets) {
    for (const edge of [...(design?.values() ?? []), ...(run?.values() ?? [])]) {
      const owner = owners.get(edge.leaf)
      checkInEdge(up, edge, { down: byId.get(edge.id), out: outSets.get(edge.id), owner })
      edges++
    }
  }
  for (const { header, out } of records) {
    for (const { rel, id } of out ?? []) {
      const level = inLevel(rel)
      // An unknown relation is for `link-ends` to refuse.
      const set = level && inSets.get(id)?.[level]
      if (set && !set.has(keyOf({ rel, id: header.id }))) throw differ(id, header.id, rel)
    }
  }
  return `${edges} in-edges shown, each as its other end has it`
}

const byKey = (set: ShownInSet) =>
  set instanceof Uint8Array ? null : new Map(set.map((edge) => [keyOf(edge), edge]))

function checkInEdge(
  up: string,
  { rel, id }: InEdge,
  {
    down,
    out,
    owner,
  }: {
    down: ReadRecord | undefined
    /** Its out-set by relation and neighbour: a hub's is too long to be searched for every edge. */
    out: ReadonlySet<string> | undefined
    owner: string | undefined
  },
) {
  if (owner !== undefined && owner !== id) throw differ(up, id, rel)
  if (down === undefined) return
  const same = (edge: { rel: string; id: string }) => edge.rel === rel && edge.id === up
  if (out && !out.has(keyOf({ rel, id: up }))) throw differ(up, id, rel)
  if (down.header.links.some(same) !== (owner !== undefined)) throw differ(up, id, rel)
}
