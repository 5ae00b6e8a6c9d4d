import { b64, unb64 } from './base64.ts'
import type { ProofCode } from './error.ts'
import { emptyHash, type Sha256 } from './hash.ts'
import type { RecordHeader } from './leaf.ts'
import { MAX_CHANGES } from './leaf-rules.ts'
import { compareLinks, type Link } from './outset.ts'
import { levelOf } from './relations.ts'
import { ownText, type ReplayEdge, ReplayEntity } from './replay-entity.ts'
import { inLevel } from './state.ts'

/** Takes down that a record breaks a rule; it may throw. */
export type RecordFault = (code: ProofCode, message: string) => void

/** The records of one log, one after the other: what takes the records before one to see. */
export class ReplayRecords {
  readonly entities = new Map<string, ReplayEntity>()
  /** The entities whose leaf or in-sets have changed since somebody last emptied this. */
  readonly changed = new Set<ReplayEntity>()
  readonly #sha256: Sha256
  readonly #emptyBody: string
  readonly #relations = new Map<string, string>()

  constructor(sha256: Sha256) {
    this.#sha256 = sha256
    this.#emptyBody = b64(emptyHash(sha256))
  }

  /** Reads the next record. @param hash Its leaf. */
  accept(header: RecordHeader, hash: Uint8Array, fault: RecordFault) {
    const { id, kind, version, action } = header
    const known = this.entities.get(id)
    if (version !== (known?.version ?? 0) + 1) {
      fault('PROOF_REPLAY_VERSION', `${version} follows ${known?.version ?? 0}`)
    }
    if (known && known.kind !== kind) fault('PROOF_REPLAY_KIND', `${kind}, and was ${known.kind}`)
    const entity = known ?? new ReplayEntity(header)
    // Before it is entered: what it links has to be there without it, but for itself.
    if (action === 'erase') this.#erase(header, entity, fault)
    else this.#relink(header, entity, { hash, fault })
    this.entities.set(entity.id, entity)
    const { seq } = header
    const body = header.body === entity.body ? entity.body : ownText(header.body)
    Object.assign(entity, { version, action, body, leaf: hash })
    entity.full = header.links.length + header.unlinks.length === MAX_CHANGES ? header : null
    entity.carry(seq, body)
    this.changed.add(entity)
  }

  #relink(
    header: RecordHeader,
    entity: ReplayEntity,
    { hash, fault }: { hash: Uint8Array; fault: RecordFault },
  ) {
    const { action, links, unlinks, out } = header
    if (entity.full) checkContinues(header, entity.full, fault)
    for (const { rel, id } of unlinks) {
      const edge = entity.out.find(rel, id)
      if (edge) this.#drop(edge)
      else fault('PROOF_REPLAY_UNLINK', `${rel} ${id} is dropped and not in force`)
    }
    if (action === 'retire') for (const edge of entity.out.all()) this.#drop(edge)
    for (const link of links) this.#link(link, entity, { header, hash, fault })
    const root = b64(entity.out.root(this.#sha256))
    if (root !== out) fault('PROOF_REPLAY_OUT', `its edges have the root ${root}, it says ${out}`)
  }

  #link(
    { rel, id, leaf }: Link,
    down: ReplayEntity,
    { header, hash, fault }: { header: RecordHeader; hash: Uint8Array; fault: RecordFault },
  ) {
    const name = `${rel} ${id}`
    if (levelOf(rel) === undefined) fault('PROOF_REPLAY_RELATION', `${rel} is no relation`)
    const held = down.out.find(rel, id)
    if (held) {
      fault('PROOF_REPLAY_LINK', `${name} is linked and in force already`)
      this.#drop(held)
    }
    const itself = id === down.id
    const up = itself ? down : this.entities.get(id)
    const latest = itself || !up ? null : up.leaf
    const wanted = latest && b64(latest)
    if (leaf !== wanted || !up) {
      fault('PROOF_REPLAY_LINK_LEAF', `${name} at ${leaf}; its latest is ${up ? wanted : 'none'}`)
    }
    if (rel === 'ALIAS_OF') this.#alias(down, up, header, fault)
    // A neighbour that is nowhere still counts to the out-set; an in-set it has not got.
    const end = up ?? new ReplayEntity({ id, kind: '' })
    // The neighbour's own leaf, not the text that names it: a large log has many edges.
    const at = leaf === wanted ? latest : leaf === null ? null : unb64(leaf)
    const edge: ReplayEdge = { rel: this.#relation(rel), up: end, down, leaf: at, by: hash }
    down.out.add(edge)
    end.in[inLevel(rel) ?? 'design'].add(edge)
    if (up) this.changed.add(up)
  }

  /** One text for all edges of a relation. */
  #relation(rel: string) {
    const known = this.#relations.get(rel) ?? ownText(rel)
    this.#relations.set(known, known)
    return known
  }

  #drop(edge: ReplayEdge) {
    const { rel, up, down } = edge
    down.out.remove(edge)
    if (rel === 'ALIAS_OF') down.alias = null
    up.in[inLevel(rel) ?? 'design'].remove(edge)
    this.changed.add(up)
  }

  #alias(
    entity: ReplayEntity,
    canonical: ReplayEntity | undefined,
    { action }: RecordHeader,
    fault: RecordFault,
  ) {
    if (action !== 'retire') fault('PROOF_REPLAY_ALIAS', 'an alias that is not retired')
    let end = canonical
    while (end && end !== entity) end = end.alias ?? undefined
    if (end === entity) fault('PROOF_REPLAY_ALIAS', 'an alias of itself, by way of others')
    else entity.alias = canonical ?? null
  }

  #erase({ seq, out, body, targets = [] }: RecordHeader, entity: ReplayEntity, fault: RecordFault) {
    const bodies = entity.bodies()
    const named = new Set(targets)
    const stranger = targets.find((target) => !bodies.at.has(target))
    if (stranger !== undefined) {
      fault('PROOF_REPLAY_ERASE_TARGET', `${stranger} is no record of this entity`)
    }
    const erased = new Set(targets.flatMap((target) => bodies.at.get(target) ?? []))
    erased.delete(this.#emptyBody)
    for (const record of [...erased].flatMap((carried) => bodies.of.get(carried)!)) {
      if (named.has(record)) continue
      fault('PROOF_REPLAY_ERASE_TARGET', `${record} carries an erased body and is not named`)
    }
    if (out !== b64(entity.out.root(this.#sha256)))
      fault('PROOF_REPLAY_OUT', 'an erasure changes edges')
    const expected = erased.has(entity.body) ? this.#emptyBody : entity.body
    if (body !== expected) {
      fault('PROOF_REPLAY_ERASE_BODY', `the body after ${seq} is ${body}, not ${expected}`)
    }
  }
}

/**
 * More than 300 changes go into consecutive versions of one body: all drops, then all additions, each
 * sorted throughout. A body's root has a secret in it, so an equal one is no coincidence.
 */
function checkContinues(header: RecordHeader, before: RecordHeader, fault: RecordFault) {
  const goesOn = header.seq === before.seq + 1 && header.body === before.body
  if (!goesOn || header.action !== 'assert') return
  const ordered = (first: readonly Link[] | RecordHeader['unlinks'], next: typeof first) =>
    first.length === 0 || next.length === 0 || compareLinks(first.at(-1)!, next[0]!) < 0
  const late = before.links.length > 0 && header.unlinks.length > 0
  const sorted = ordered(before.unlinks, header.unlinks) && ordered(before.links, header.links)
  if (late || !sorted) {
    fault('PROOF_REPLAY_SPLIT', `its changes do not follow those of ${before.seq}`)
  }
}
