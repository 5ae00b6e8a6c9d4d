import type { CommandRow } from '../../lineage/commands.ts'
import type { PastEpoch } from '../../lineage/epochs.ts'

/** What an archive begins with: whose backup it is (docs/specs/backup.md, "Lines"). */
export interface OpeningLine {
  is: 'backup'
  v: 'selvedge/backup/1'
  service: string
  /** The id of the signing register that the database knows; `null` where it knows none. */
  register: string | null
  /** The ids of the service's keys, in the order in which they came. */
  checkpoint: string[]
  manifest: string[]
  /** The tenants asked for; `null` for all. */
  tenants: string[] | null
  /** Whether it holds the files that records lead to; nothing in a backup of before there were any. */
  files?: boolean
  at: string
}

/** Begins what is held of one tenant, and fixes how far that goes. */
export interface LogLine {
  is: 'log'
  tenant: string
  origin: string
  epoch: number
  past: PastEpoch[]
  namingKey: string
  /** The checkpoint up to which everything is held: a signed note, and the size that it covers. */
  size: number
  note: string
  /** The last one that a quorum cosigned, if it covers no more; `null` where there is none. */
  witnessed: string | null
}

/** A leaf, with what is stored beside its header; what is not there is left out. */
export interface LeafLine {
  is: 'leaf'
  header: string
  fields?: string
  secret?: string
  /** By which record the body is gone; one beyond the checkpoint where that came while this was made. */
  erased?: number
  erasure?: string
}

/** The latest run time of a run's edge, which cannot be derived where the run's body is erased. */
export interface TimeLine {
  is: 'time'
  from: string
  rel: 'RUN_USED' | 'RUN_GENERATED'
  to: string
  time: string
}

/** Who stands behind a pseudonym. */
export interface ActorRow {
  subject: string
  actor: string
}

/** A merge, as it stood at the checkpoint; `until` is `null` where it was under way. */
export interface MergeState {
  alias: string
  canonical: string
  since: number
  until: number | null
  part: number
}

/** An event of usage; what was erased of it is `null`. */
export interface UsageState {
  key: string
  window: string
  c: string
  text: string | null
  salt: string | null
  value: string | null
  time: string | null
}

/** A window of usage, as it stood at the checkpoint: one that a later record seals is closed, and no more. */
export interface WindowState {
  id: string
  series: string
  day: string
  meter: string | null
  subject: string | null
  unit: string | null
  state: 'open' | 'closing' | 'sealed'
  record: string | null
  /** Where it is sealed. */
  seq: number | null
  blocks: string[] | null
  firsts: string[] | null
}

/** What the database holds of a tenant that is in no record. */
export type ShelfLine =
  | { is: 'command'; row: CommandRow }
  | { is: 'actor'; row: ActorRow }
  | { is: 'merge'; row: MergeState }
  | { is: 'usage'; row: UsageState }
  | { is: 'window'; row: WindowState }

/** Begins a file: its parts follow, up to its size, or that it is torn. */
export interface FileLine {
  is: 'file'
  /** One of those that lead to it. */
  id: string
  /** SHA-256 in hexadecimal, after the tenant and a `.` for an attachment. */
  address: string
  size: number
}

/** The next bytes of a file, in base64. */
export interface PartLine {
  is: 'part'
  bytes: string
}

/** What the store had of the file was damaged: what stands here of it counts for nothing. */
export interface TornLine {
  is: 'torn'
}

/** How much was held of a tenant: the last line of it. */
export interface EndLine extends Counts {
  is: 'end'
  tenant: string
}

export interface Counts {
  leaves: number
  times: number
  commands: number
  actors: number
  merges: number
  /** Events of usage and their windows, whole files, and torn ones; left out where there are none. */
  usages?: number
  windows?: number
  files?: number
  torn?: number
}

/** What the whole archive holds, signed: its last line. */
export interface ManifestLine {
  is: 'manifest'
  manifest: Manifest
  /** The key, a manifest key of the service, and its signature over the manifest. */
  kid: string
  x: string
  signature: string
}

export interface Manifest {
  v: 'selvedge/backup/1'
  id: string
  service: string
  at: string
  /** SHA-256 over every line before this one, in hexadecimal. */
  digest: string
  /** As the opening has it. */
  files?: boolean
  tenants: ({ tenant: string; origin: string; size: number; root: string } & Counts)[]
}

export type TenantLine =
  | LogLine
  | LeafLine
  | TimeLine
  | ShelfLine
  | FileLine
  | PartLine
  | TornLine
  | EndLine
export type Line = OpeningLine | TenantLine | ManifestLine
