import { ProofError } from '../error.ts'
import type { Question } from '../manifest.ts'
import type { ReadRecord } from '../records.ts'
import { isDesign } from '../relations.ts'
import type { ReadState } from '../state-part.ts'

/** How far each shown entity lies from the root, by id. */
export type Distances = ReadonlyMap<string, number>

/** What a bundle's records have to do with its question. */
export interface Lineage {
  question: Question
  byId: ReadonlyMap<string, ReadRecord>
  /** Empty where that direction was not asked. */
  up: Distances
  down: Distances
}

/**
 * Requires that the root is shown, and that every record lies on the way that was asked: at most
 * `depth` edges up- or downstream of it by design-level edges of the shown out-sets. Otherwise a
 * bundle could lay a stranger's record beside the answer. A bundle that states terms may also show what
 * says them where the way ends: `TERM_KINDS`, upstream of the root or of what lies upstream of it.
 *
 * @throws {ProofError} `PROOF_LINEAGE_ROOT`, `PROOF_LINEAGE_UNREACHED`
 */
export function reachRecords(
  question: Question,
  records: readonly ReadRecord[],
  statesTerms = false,
) {
  const byId = new Map(records.map((record) => [record.header.id, record]))
  if (!byId.has(question.root)) {
    throw new ProofError('PROOF_LINEAGE_ROOT', `the root ${question.root} is not shown`)
  }
  const lineage = { question, byId, up: walkUp(question, byId), down: walkDown(question, byId) }
  const aside = statesTerms ? walkTerms(question.root, lineage) : new Set<string>()
  const stray = records.find(
    ({ header: { id } }) => !lineage.up.has(id) && !lineage.down.has(id) && !aside.has(id),
  )
  if (stray !== undefined) {
    throw new ProofError('PROOF_LINEAGE_UNREACHED', `${stray.header.id} is not on the way asked`)
  }
  return { value: lineage, detail: tellReach(lineage) }
}

/**
 * Requires that nothing upstream is left out, by the out-sets shown: every record nearer than `depth`
 * shows its whole out-set, and every design-level edge of it leads to a record of the bundle.
 *
 * @throws {ProofError} `PROOF_LINEAGE_HIDDEN`, `PROOF_LINEAGE_INCOMPLETE`
 */
export function checkUpstream({ question, byId, up }: Lineage) {
  let names = 0
  for (const [id, distance] of up) {
    if (distance >= question.depth) continue
    names += namesAmong(byId.get(id)!.out)
    const out = designLinks(byId.get(id)!)
    if (out === null) {
      throw new ProofError('PROOF_LINEAGE_HIDDEN', `${id}, nearer than the depth, hides its edges`)
    }
    const missing = out.find((link) => !byId.has(link.id))
    if (missing !== undefined) {
      throw new ProofError(
        'PROOF_LINEAGE_INCOMPLETE',
        `${id} ${missing.rel} ${missing.id}, which is not shown`,
      )
    }
  }
  return `${tellBoundary({ question, byId, up })}${tellNames(names)}`
}

/**
 * Requires that nothing downstream is left out, by the in-sets of the state: every entity nearer than
 * `depth` shows its whole in-set at design level, and every edge of it comes from a record of the bundle
 * that shows it too. One that is shown because it lies upstream as well could keep back its edges
 * otherwise, and would not be followed: what lies behind it would be missed.
 *
 * @throws {ProofError} `PROOF_LINEAGE_HIDDEN`, `PROOF_LINEAGE_INCOMPLETE`
 */
export function checkDownstream({ question, byId, down }: Lineage, { entities }: ReadState) {
  const inSets = new Map(entities.map(({ id, design }) => [id, design]))
  let names = 0
  for (const [id, distance] of down) {
    if (distance >= question.depth) continue
    const design = inSets.get(id)
    if (design === undefined || design instanceof Uint8Array) {
      throw new ProofError('PROOF_LINEAGE_HIDDEN', `${id} hides who lies downstream of it`)
    }
    // Only the root's can be missing: by theirs the others were reached.
    const { out } = byId.get(id)!
    if (out === null) throw new ProofError('PROOF_LINEAGE_HIDDEN', `${id} hides its edges`)
    names += namesAmong(design) + namesAmong(out)
    const missing = design.find((edge) => isDesign(edge.rel) && !down.has(edge.id))
    if (missing === undefined) continue
    const edge = `${missing.id} ${missing.rel} ${id}`
    throw byId.has(missing.id)
      ? new ProofError('PROOF_LINEAGE_HIDDEN', `${edge}, and hides its edges`)
      : new ProofError('PROOF_LINEAGE_INCOMPLETE', `${edge}, and is not shown`)
  }
  const border = [...down].filter(([, distance]) => distance === question.depth).length
  const nearer = `every in-set nearer than depth ${question.depth} is shown and followed`
  return `${nearer}; ${border} at the boundary (depth ${question.depth})${tellNames(names)}`
}

/** Lineage does not walk from an entity to what it is another name of, and what lies beyond that is not shown. */
const namesAmong = (edges: readonly { rel: string }[] | null) =>
  (edges ?? []).filter(({ rel }) => rel === 'ALIAS_OF').length
const tellNames = (names: number) =>
  names === 0 ? '' : `; ${names} known under another name, which is not followed`

/** A record's edges that lineage walks, `null` where its out-set is not shown. */
const designLinks = ({ out }: ReadRecord) => out?.filter(({ rel }) => isDesign(rel)) ?? null

function walkUp({ root, direction, depth }: Question, byId: Lineage['byId']): Distances {
  if (direction === 'DOWNSTREAM') return new Map()
  const upstream = (id: string) => designLinks(byId.get(id)!) ?? []
  return walk(root, depth, (id) =>
    upstream(id)
      .map((link) => link.id)
      .filter((to) => byId.has(to)),
  )
}

function walkDown({ root, direction, depth }: Question, byId: Lineage['byId']): Distances {
  if (direction === 'UPSTREAM') return new Map()
  const downstream = new Map<string, string[]>()
  for (const [id, record] of byId) {
    for (const link of designLinks(record) ?? []) {
      const known = downstream.get(link.id)
      if (known) known.push(id)
      else downstream.set(link.id, [id])
    }
  }
  return walk(root, depth, (id) => downstream.get(id) ?? [])
}

/** The kinds of what says terms. */
const TERM_KINDS = new Set(['Source', 'License', 'Clause', 'Transformation'])

/** What says terms and is reached through nothing else, from the root or what is shown upstream of it. */
function walkTerms(root: string, { up, byId }: Lineage): ReadonlySet<string> {
  const seen = new Set([root, ...up.keys()])
  for (const id of seen) {
    for (const { id: to } of designLinks(byId.get(id)!) ?? []) {
      if (TERM_KINDS.has(byId.get(to)?.header.kind ?? '')) seen.add(to)
    }
  }
  return seen
}

/** Breadth-first, each entity once, at its least distance. */
function walk(root: string, depth: number, next: (id: string) => string[]): Distances {
  const distances = new Map([[root, 0]])
  // A Map goes on over what is added while it is walked, in order: it is its own queue.
  for (const [id, distance] of distances) {
    if (distance === depth) continue
    for (const to of next(id)) if (!distances.has(to)) distances.set(to, distance + 1)
  }
  return distances
}

function tellReach({ question: { direction, depth }, up, down }: Lineage) {
  const sides = [
    direction !== 'DOWNSTREAM' && `${up.size - 1} upstream`,
    direction !== 'UPSTREAM' && `${down.size - 1} downstream`,
  ]
  return `the root and ${sides.filter(Boolean).join(', ')}, within depth ${depth}`
}

function tellBoundary({ question: { depth }, byId, up }: Omit<Lineage, 'down'>) {
  const border = [...up].filter(([, distance]) => distance === depth).map(([id]) => byId.get(id)!)
  const shown = border.flatMap((record) => designLinks(record) ?? [])
  const onward = new Set(shown.map(({ id }) => id).filter((id) => !byId.has(id))).size
  const hidden = border.filter(({ out }) => out === null).length
  const boundary = `${border.length} at the boundary (depth ${depth})`
  const beyond = `${onward} known beyond it${hidden > 0 ? `, ${hidden} with edges not shown` : ''}`
  return `every out-set nearer than depth ${depth} is shown and followed; ${boundary}, ${beyond}`
}
