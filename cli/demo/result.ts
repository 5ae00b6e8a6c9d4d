/** What `selvedge demo --json` prints. A scene that was not reached has left nothing here. */
export interface DemoResult {
  /** Whether everything held that the demo shows. */
  ok: boolean
  tenant: string
  /** Why it ended early. */
  error?: { code: string; message: string }
  neo4j?: { way: string; describe: string }
  counts?: {
    events: number
    accepted: number
    /** Leaves that the log grew by: none on a second run. */
    appended: number
  }
  lineage?: {
    root: string
    name: string
    direction: 'UPSTREAM'
    depth: number
    /** The hops to the node that is farthest away. */
    hops: number
    nodes: number
    edges: number
    truncated: boolean
    position: string
  }
  /** What may be done with the model of the seed world, and what is left of it. */
  governance?: {
    mayUse: string
    /** The licence that forbids it. */
    because: string | null
    /** What went on though its assessment had ended. */
    expired: string[]
    toReview: string[]
    card: string
    proof: string
    /** What shows the record that the proof is held against. */
    bundle: string
    /** Whether the usage was verified. */
    proven: boolean
  }
  checkpoint?: { origin: string; size: number }
  bundle?: { path: string; bytes: number; records: number; size: number }
  trust?: { path: string }
  /** Each line of the verdict on the bundle. */
  verdict?: Record<string, string>
  /** Each forgery, and the checks that it did not pass. */
  tampered?: { name: string; path: string; exit: number; failed: string[] }[]
  /** What each step took. */
  seconds: Record<string, number>
}
