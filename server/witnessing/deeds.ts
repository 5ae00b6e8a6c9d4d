import type { WitnessedLog } from '../../lineage/witnessed-log.ts'

/** What one witness did last for one log. */
export interface Deed {
  /** The witness's own name. */
  witness: string
  /** The size that it cosigned last; zero where it never did, as far as is known. */
  size: number
  /** When it says that it did, in seconds; `null` where it never did. */
  time: number | null
  /** The code of what went wrong when it was asked last; `null` where nothing did. */
  problem: string | null
  /** When it was asked last, by our clock. */
  at: string
}

/** The deeds of a log's witnesses, by their vkeys: another key is another witness. */
export type Deeds = Map<string, Deed>

/** Writes deeds for the database, beside the origin that they are about. */
export const writeDeeds = (origin: string, deeds: Deeds) =>
  JSON.stringify({ origin, deeds: Object.fromEntries(deeds) })

/** Reads the deeds of a log; there are none where they are about an earlier epoch of it. */
export function readDeeds({
  origin,
  witnesses,
}: Pick<WitnessedLog, 'origin' | 'witnesses'>): Deeds {
  if (witnesses === null) return new Map()
  const read = JSON.parse(witnesses) as { origin: string; deeds: Record<string, Deed> }
  return new Map(read.origin === origin ? Object.entries(read.deeds) : [])
}
