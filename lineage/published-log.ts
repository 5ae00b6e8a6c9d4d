import { type Ask, query } from './graph.ts'
import { HANDED_OUT } from './witnessed-log.ts'

/** What is published of a tenant's log, and what its tenant says of it. */
export interface PublishedLog {
  epoch: number
  /** The last published checkpoint, a signed note, cosigned where a quorum has; `null` before the first. */
  checkpoint: string | null
  /** The body of the tenant's own record in force, as JSON text; `null` where it is erased. */
  tenantFields: string | null
}

/** The tenant's own record is its log's third leaf (docs/specs/log.md, "Writing"); its last version is in force. */
const OWN_RECORD = `MATCH (log:Log {tenant: $tenant})
  OPTIONAL MATCH (opening:Record {tenant: $tenant, seq: 2})
  OPTIONAL MATCH (self:Entity {tenant: $tenant, id: opening.id})
  OPTIONAL MATCH (own:Record {tenant: $tenant, seq: self.seq})`

const COLUMNS = `log.epoch AS epoch, ${HANDED_OUT} AS checkpoint, own.fields AS tenantFields`

const PUBLISHED = query<PublishedLog>(`
  // published log
  ${OWN_RECORD}
  RETURN ${COLUMNS}`)

const PUBLISHED_TILE = query<PublishedLog & { hashes: string | null }>(`
  // published log with one tile
  ${OWN_RECORD}
  OPTIONAL MATCH (tile:Tile {tenant: $tenant, level: $level, index: $index})
  RETURN ${COLUMNS}, tile.hashes AS hashes`)

const OWN_MEMBER = query<{ isThere: boolean; holds: boolean }>(`
  // whether a tenant's own record holds a member
  OPTIONAL MATCH (opening:Record {tenant: $tenant, seq: 2})
  OPTIONAL MATCH (self:Entity {tenant: $tenant, id: opening.id})
  OPTIONAL MATCH (own:Record {tenant: $tenant, seq: self.seq})
  RETURN opening IS NOT NULL AS isThere, coalesce(own.fields CONTAINS $member, false) AS holds`)

/** Whether there is such a tenant, and its own record holds a member as it is written. */
export const readOwnMember = async (ask: Ask, member: string) =>
  (await ask(OWN_MEMBER, { member }))[0]!

/** What is published, or `undefined` where there is no such tenant. */
export const readPublished = async (ask: Ask) => (await ask(PUBLISHED))[0]

/** The same with the stored hashes of one tile, base64url; `null` where it is not stored. */
export const readPublishedTile = async (
  ask: Ask,
  { level, index }: { level: number; index: number },
) => (await ask(PUBLISHED_TILE, { level, index }))[0]
