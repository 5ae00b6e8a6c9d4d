import { bodies, recordNotes } from './bodies.ts'
import { type EntityAt, entitiesAt } from './entities.ts'
import { erasuresOf } from './erasures.ts'
import { countQuery, grantedQuery, placesQuery } from './granted-texts.ts'
import type { Ask, Graph } from './graph.ts'
import type { Kind } from './kinds.ts'
import { isOnItsWay, leafProofAsk, readLog, readWholeLog } from './log.ts'
import { mergesOf } from './merges.ts'
import { formatPosition, isOfLog, type LogState, type Position } from './position.ts'
import {
  cursorInvalid,
  grantExceeded,
  grantUnknown,
  positionLost,
  positionNotReached,
  rootUnknown,
} from './problems.ts'
import { type LineagePage, type Page, pageOf, pageParams } from './traversal.ts'
import { type Direction, WAYS, type Way } from './traversal-texts.ts'

/** A grant as the receiver's log has it: what it lets be read, and the record that gave it. */
export interface HeldGrant {
  id: string
  /** The record in the log of the tenant that gave it. */
  given: { seq: number; leaf: string }
  root: string
  direction: Direction
  depth: number
  kinds: readonly Kind[]
  until: string
}

/** One page of what is granted. */
export interface GrantedPage extends LineagePage {
  root: string
  /** What the page answers, with what was left out filled in. */
  question: { root: string; direction: Direction; depth: number }
  /** How many nodes the walk would have come to next, were their kinds granted. */
  hidden: number
}

/** A question within a grant; what is left out is all that the grant allows. */
export interface GrantedQuestion {
  root?: string | null
  direction?: Direction | null
  depth?: number | null
}

/**
 * The graph of another tenant as one grant shows it: no other text can be run through it, and what it
 * reads of an entity it reads of those alone that it has shown.
 *
 * The first read fixes the position, and all others are at the same.
 */
export interface GrantedGraph {
  /**
   * @throws {Problem} `LINEAGE_ROOT_UNKNOWN`, `GRANT_EXCEEDED`, `GRANT_UNKNOWN` where the grant is over,
   *   `LINEAGE_CURSOR_INVALID` for a position before the grant, `POSITION_LOST`, `POSITION_NOT_REACHED`.
   */
  lineage(asked: GrantedQuestion, page: Page, at?: Position): Promise<GrantedPage>
  /** Those of the entities that are granted. */
  entities(ids: readonly string[]): Promise<EntityAt[]>
  /** The bodies of the entities' records in force, as JSON text by `seq`: to be shown as the grant says. */
  bodies(entities: readonly EntityAt[]): ReturnType<typeof bodies>
  recordTimes(entities: readonly EntityAt[]): ReturnType<typeof recordNotes>
  erasures(entities: readonly EntityAt[]): ReturnType<typeof erasuresOf>
  /** Whether an entity of the page is being joined with another name. */
  isMerging(page: GrantedPage): Promise<boolean>
  /** What the proof of the entity's record in force takes. */
  proofAsk(entity: EntityAt): Ask
  /** The position of what was read; reads the head where nothing was. */
  position(): Promise<Position>
}

/**
 * How many of some entities of its own a tenant shows by a grant that it has given, at `n`. Whether the
 * grant holds, the caller looks at; nothing of another tenant is read.
 */
export async function countShown(
  ask: Ask,
  { root, direction, depth, kinds }: Pick<HeldGrant, 'root' | 'direction' | 'depth' | 'kinds'>,
  { ids, n }: { ids: readonly string[]; n: number },
): Promise<number> {
  const asked = { grantKinds: kinds, grantFollows: true, root, ids, n }
  return (await ask(countQuery(direction, depth), asked))[0]?.count ?? 0
}

/** How far an entity is from the root, each way that the grant goes. */
type Place = { entity: EntityAt } & { [way in Way]?: number }

/** Opens the graph of the tenant that gave a grant, for the one that holds it. */
export function openGranted({ read, ...graph }: Graph, grant: HeldGrant): GrantedGraph {
  const bound = {
    grant: grant.id,
    grantLeaf: grant.given.leaf,
    grantKinds: grant.kinds,
    grantUntil: grant.until,
  }
  const ways = WAYS[grant.direction].map(([way]) => way)
  const shown = new WeakSet<EntityAt>()
  let decided: Promise<LogState & { n: number }> | undefined

  const show = <Entity extends EntityAt>(entity: Entity) => {
    shown.add(entity)
    return entity
  }

  const ofShown = (entities: readonly EntityAt[]) => {
    if (!entities.every((entity) => shown.has(entity))) throw new Error('no grant has shown that')
    return entities
  }

  /**
   * Where no row comes, the grant is over; or this server has not seen yet what gave it, or the
   * position asked for. Where that is on its way, it is looked at again with all that is committed. No
   * other reader takes the giver's lock: neither a grant that is over nor a made-up cursor holds it up.
   */
  const inForce = async <Row extends LogState>(
    n: number | null,
    ask: () => Promise<Row | undefined>,
  ): Promise<Row> => {
    const isThere = (row: Row | undefined) => row !== undefined && row.size >= (n ?? 0)
    let row = await ask()
    if (!isThere(row)) {
      const head = await readLog(read)
      if (head && isOnItsWay(head, Math.max(n ?? 0, grant.given.seq + 1))) {
        await readWholeLog({ read, ...graph })
        row = await ask()
      }
    }
    if (!row) throw grantUnknown(grant.id)
    if (isThere(row)) return row
    const { epoch, size } = row
    throw positionNotReached(
      formatPosition({ epoch, seq: n! }),
      formatPosition({ epoch, seq: size }),
    )
  }

  /** Reads at the position of all else that is read here. */
  const pinned = async <Row extends LogState & { n: number }>(
    ask: (n: number | null) => Promise<Row | undefined>,
  ): Promise<Row> => {
    if (decided) {
      const { n } = await decided
      return inForce(n, () => ask(n))
    }
    const first = inForce(null, () => ask(null))
    decided = first
    decided.catch(() => {
      decided = undefined
    })
    return first
  }

  const readAt = async <Row extends LogState & { n: number }>(
    at: Position | undefined,
    ask: (n: number | null) => Promise<Row | undefined>,
  ) => {
    if (!at) return pinned(ask)
    if (at.seq <= grant.given.seq) throw cursorInvalid()
    const row = await inForce(at.seq, () => ask(at.seq))
    if (!isOfLog(at, row)) throw positionLost(formatPosition(at), row.epoch)
    decided ??= Promise.resolve(row)
    return row
  }

  const places = async (ids: readonly string[], at?: Position) => {
    const found = new Map<string, Place>()
    for (const way of ways) {
      const text = placesQuery(way, grant.depth)
      const row = await readAt(
        at,
        async (n) => (await read(text, { ...bound, root: grant.root, ids, n }))[0],
      )
      for (const [i, entity] of (await entitiesAt(read, row, row.n)).entries()) {
        const known = found.get(entity.id) ?? { entity: show(entity) }
        found.set(entity.id, { ...known, [way]: row.distances[i]! })
      }
    }
    return found
  }

  /** How far the grant goes on from its root, or from a place that the walk comes to. */
  const left = async (root: string, at?: Position) => {
    if (root === grant.root) return new Map(ways.map((way) => [way, grant.depth]))
    const place = (await places([root], at)).get(root)
    if (!place) throw rootUnknown(root)
    return new Map(
      ways.flatMap((way) =>
        place[way] === undefined ? [] : [[way, grant.depth - place[way]] as const],
      ),
    )
  }

  return {
    async lineage({ root: asked, direction: wanted, depth: hops }, page, at) {
      const root = asked ?? grant.root
      const open = await left(root, at)
      const direction = wanted ?? (open.size === 2 ? 'BOTH' : [...open.keys()][0]!)
      const steps = WAYS[direction].map(([way]) => open.get(way))
      if (steps.includes(undefined)) throw grantExceeded('direction', [...open.keys()].join(' or '))
      const most = Math.min(...(steps as number[]))
      const depth = hops ?? most
      if (depth > most) throw grantExceeded('depth', most)
      const text = grantedQuery(direction, depth)
      const params = { ...bound, grantFollows: root === grant.root, root, ...pageParams(page) }
      const row = await readAt(at, async (n) => (await read(text, { ...params, n }))[0])
      const found = await pageOf(read, row)
      if (found.root === null) throw rootUnknown(root)
      for (const { entity } of found.nodes) show(entity)
      const question = { root, direction, depth }
      return { ...found, root: found.root, question, hidden: row.hidden }
    },
    entities: async (ids) => [...(await places(ids)).values()].map(({ entity }) => entity),
    bodies: (entities) => bodies(read, seqsOf(ofShown(entities))),
    recordTimes: (entities) => recordNotes(read, seqsOf(ofShown(entities))),
    erasures: (entities) => erasuresOf(read, seqsOf(ofShown(entities))),
    async isMerging({ nodes, n }) {
      const ids = ofShown(nodes.map(({ entity }) => entity)).map(({ id }) => id)
      return (await mergesOf(read, ids, n)).length > 0
    },
    proofAsk(entity) {
      ofShown([entity])
      return leafProofAsk(read, entity.seq)
    },
    async position() {
      if (!decided) await places([])
      const { n, epoch } = await decided!
      return { epoch, seq: n }
    },
  }
}

const seqsOf = (entities: readonly EntityAt[]) => entities.map(({ seq }) => seq)
