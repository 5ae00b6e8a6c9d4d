import { sha256 } from '../core/sha256.ts'
import type { RecordRow } from '../lineage/entity-store.ts'
import { b64 } from '../proofs/base64.ts'
import { bodyRoot, sealFields } from '../proofs/body.ts'
import { canonical } from '../proofs/canonical.ts'
import { emptyHash, leafHash } from '../proofs/hash.ts'
import { leafBytes, type RecordHeader } from '../proofs/leaf.ts'
import { MAX_CHANGES } from '../proofs/leaf-rules.ts'
import { compareLinks, outRoot } from '../proofs/outset.ts'
import { text } from '../proofs/utf8.ts'
import { type Entity, type Held, linkKey } from './entity.ts'
import { bodyTooLarge } from './problems.ts'

/** A record of a larger body, in characters of canonical JSON, is refused: each version holds it whole. */
export const MOST_BODY = 4_000_000

/** Who and where a record is written for. */
export interface Writing {
  tenant: string
  at: string
  actor: string
  secret: Uint8Array
  /** The position of the first record. */
  seq: number
}

/** A record as it will be stored, and the entity as it is after it. */
export interface Version {
  row: RecordRow
  entity: Entity
  opened: Held[]
  closed: Held[]
}

/** The root of a body without fields. */
export const EMPTY_BODY = b64(emptyHash(sha256))
const EMPTY_OUT = b64(outRoot(sha256, []))

/**
 * Derives the records that lead from `before` to `next`: one, or several where more than 300 edges
 * change. All drops come before all additions, and every part carries the same new body.
 *
 * @param next What stays in force has its old leaf there, if perhaps another time. The entity as it shall be; its version, seq, leaf and out are computed here.
 */
export function assertVersions(
  before: Entity | undefined,
  next: Pick<Entity, 'id' | 'kind' | 'namespace' | 'name' | 'fields' | 'links'>,
  writing: Writing,
): Version[] {
  const held = before?.links ?? new Map<string, Held>()
  const dropped = [...held.values()].filter(({ rel, id }) => !next.links.has(linkKey(rel, id)))
  const added = [...next.links.values()].filter(({ rel, id }) => !held.has(linkKey(rel, id)))
  const changes = [
    ...dropped.sort(compareLinks).map((link) => ({ link, adds: false })),
    ...added.sort(compareLinks).map((link) => ({ link, adds: true })),
  ]
  const body = b64(bodyRoot(sha256, sealFields(sha256, writing.secret, next.fields)))
  const fields = canonical(next.fields)
  if (fields.length > MOST_BODY) throw bodyTooLarge(next.id, fields.length, MOST_BODY)
  const secret = b64(writing.secret)
  const versions: Version[] = []
  // An edge that stays keeps its leaf; the time of a run's edge may have moved.
  const links = new Map([...held].map(([key, link]) => [key, next.links.get(key) ?? link]))
  let last = before
  for (let from = 0; from === 0 || from < changes.length; from += MAX_CHANGES) {
    const part = changes.slice(from, from + MAX_CHANGES)
    const closed = part.filter(({ adds }) => !adds).map(({ link }) => link)
    const opened = part.filter(({ adds }) => adds).map(({ link }) => link)
    for (const { rel, id } of closed) links.delete(linkKey(rel, id))
    for (const link of opened) links.set(linkKey(link.rel, link.id), link)
    const out =
      part.length === 0 && last?.action === 'assert'
        ? last.out
        : b64(outRoot(sha256, [...links.values()].map(bare)))
    const entity = seal(
      { ...next, links: new Map(links) },
      { last, writing, body, out, action: 'assert', opened, closed },
    )
    versions.push({ ...entity, row: { ...entity.row, fields, secret }, opened, closed })
    last = entity.entity
  }
  return versions
}

/** Derives the record that retires an entity: no body, no edges but the alias's one. */
export function retireVersion(before: Entity, alias: Held | null, writing: Writing): Version {
  const opened = alias ? [alias] : []
  const links = new Map(opened.map((link) => [linkKey(link.rel, link.id), link]))
  const sealed = seal(
    { ...before, fields: {}, links },
    {
      last: before,
      writing,
      body: EMPTY_BODY,
      out: alias ? b64(outRoot(sha256, [bare(alias)])) : EMPTY_OUT,
      action: 'retire',
      opened,
      closed: [],
    },
  )
  const closed = [...before.links.values()].filter(({ rel }) => rel !== 'ALIAS_OF')
  const { erased } = before
  return {
    // An erased entity that is retired stays one whose name is gone.
    row: { ...sealed.row, ...(erased !== null && { erased }) },
    entity: { ...sealed.entity, aliasOf: alias?.id ?? null, erased },
    opened,
    closed,
  }
}

/**
 * Derives a record that erases: edges stay as they are, and so does the body unless it is among those
 * erased (docs/specs/record.md, "erase"). An entity that is left without a body loses its name too,
 * which was part of what is erased.
 *
 * @param kept The body in force where it stays: its root, and what is stored of it.
 */
export function eraseVersion(
  before: Entity,
  { targets, kept }: { targets: number[]; kept: KeptBody | null },
  writing: Writing,
): Version {
  const next = kept ? before : { ...before, namespace: '', name: '', fields: {} }
  const sealed = seal(next, {
    last: before,
    writing,
    body: kept?.body ?? EMPTY_BODY,
    out: before.out,
    action: 'erase',
    opened: [],
    closed: [],
    targets,
  })
  const erased = kept ? null : (before.erased ?? sealed.entity.seq)
  return {
    row: {
      ...sealed.row,
      ...(kept?.secret && { fields: canonical(before.fields), secret: kept.secret }),
      ...(erased !== null && { erased }),
    },
    entity: { ...sealed.entity, action: before.action, aliasOf: before.aliasOf, erased },
    opened: [],
    closed: [],
  }
}

/** A body in force that is repeated as it is. */
export interface KeptBody {
  body: string
  secret: string | null
}

const bare = ({ rel, id, leaf }: Held) => ({ rel, id, leaf })

function seal(
  next: Pick<Entity, 'id' | 'kind' | 'namespace' | 'name' | 'fields' | 'links'>,
  of: {
    last: Entity | undefined
    writing: Writing
    body: string
    out: string
    action: RecordHeader['action']
    opened: Held[]
    closed: Held[]
    targets?: number[]
  },
): Pick<Version, 'row' | 'entity'> {
  const { last, writing, action, body, out } = of
  const seq = last && last.seq >= writing.seq ? last.seq + 1 : writing.seq
  const version = (last?.version ?? 0) + 1
  const header: RecordHeader = {
    v: 'selvedge/record/1',
    tenant: writing.tenant,
    seq,
    kind: next.kind,
    id: next.id,
    version,
    action,
    at: writing.at,
    actor: writing.actor,
    links: of.opened.map(bare),
    unlinks: of.closed.map(({ rel, id }) => ({ rel, id })),
    out,
    body,
    ...(of.targets && { targets: of.targets }),
  }
  const bytes = leafBytes(header)
  const leaf = b64(leafHash(sha256, bytes))
  const { id, kind, namespace, name, fields, links } = next
  return {
    row: {
      seq,
      type: 'record',
      header: text(bytes),
      leaf,
      at: writing.at,
      id,
      kind,
      version,
      action,
    },
    entity: {
      id,
      kind,
      namespace,
      name,
      version,
      seq,
      first: last?.first ?? seq,
      action: action === 'retire' ? 'retire' : 'assert',
      leaf,
      out,
      erased: null,
      aliasOf: null,
      fields,
      links,
    },
  }
}
