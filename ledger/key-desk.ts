import { type Database, SERVICE } from '../lineage/graph.ts'
import { leafTime } from '../lineage/key-log.ts'
import { readLog } from '../lineage/log.ts'
import { readService, registerKey } from '../lineage/service.ts'
import type { KeyLeaf } from '../proofs/leaf.ts'
import { addKey, compromiseKey, type KeyChange, type KeyNamed, retireKey } from './key-changes.ts'
import { KEY_USES, type Keys, type KeyUse, type SigningKey } from './keys.ts'
import { heldKey, keyForSize, type LogKeys, readLogKeys } from './log-keys.ts'
import { keyUnknown, tenantUnknown } from './problems.ts'

export type { KeyChange, KeyNamed } from './key-changes.ts'

/** Where the keys of the service are looked up, and how they come and go. */
export interface KeyDesk {
  /** The private keys, wherever they are. */
  readonly held: Keys
  /** The ids of the service's keys by use, in the order in which they came. */
  registered(): Promise<Record<KeyUse, string[]>>
  /** Which of some keys of a use, in the order in which they came, is the newest that may sign. */
  newestOf(kids: readonly string[]): string
  /** The newest key of each use: what a new log begins with. @throws {Problem} `KEY_NOT_HELD` */
  newest(): Promise<Record<KeyUse, SigningKey>>
  /** Makes another key, which is the newest of its use from now on; it signs in no log yet. */
  make(use: KeyUse): Promise<SigningKey>
  /** The keys of a log as its records have them. @throws {Problem} `TENANT_UNKNOWN` */
  ofLog(tenant: string): Promise<LogKeys>
  /** The key that signs for a use at a size of a log. @throws {Problem} `KEY_NONE_STANDS`, `KEY_NOT_HELD` */
  signerOf(tenant: string, asked: { use: KeyUse; size: number }): Promise<SigningKey>
  /** The key records of a log after the first two, below a size. */
  recordsOf(tenant: string, below: number): Promise<KeyLeaf[]>
  /**
   * Brings a key into a log and retires those that it follows. What was done before is not done again,
   * so that it can be repeated after whatever interrupted it; nothing is left to do where it returns
   * no change.
   *
   * @param keep Leaves the keys before it standing.
   * @throws {Problem} `KEY_NONE_STANDS`, `KEY_NOT_HELD`, `TENANT_UNKNOWN`, `CHECKPOINT_NOT_READY`
   */
  rotate(tenant: string, key: SigningKey, keep?: boolean): Promise<KeyChange[]>
  /** Retires a key of a log. @throws {Problem} `KEY_LAST`, `KEY_NOT_IN_LOG`, `KEY_NOT_HELD` */
  retire(named: KeyNamed): Promise<KeyChange[]>
  /**
   * Says in a log that somebody else may have a key; where that key signs, another one is brought in
   * first.
   *
   * @param since When somebody else may have got it (RFC 3339); `null` where nobody knows.
   * @param next What signs in its place.
   * @throws {Problem} As `rotate`, and `KEY_NOT_IN_LOG`.
   */
  compromise(named: KeyNamed, how: { since: string | null; next: SigningKey }): Promise<KeyChange[]>
}

interface Deps {
  database: Database
  keys: Keys
  /** Throws where the log may not be written to. */
  before(tenant: string): Promise<void>
  /** Signs and publishes a checkpoint of at least this size. */
  publish(tenant: string, atLeast: number): Promise<unknown>
}

export function openKeyDesk({ database, keys, before, publish }: Deps): KeyDesk {
  const at = { database, keys }
  const service = database.graph(SERVICE)
  const ofLog = (tenant: string) => readLogKeys(database.graph(tenant).read, tenant)

  const registered = async () => {
    const row = await readService(service.read)
    return { checkpoint: row?.checkpoint ?? [], manifest: row?.manifest ?? [] }
  }

  const newestOf = (kids: readonly string[]) => kids.findLast((kid) => !keys.isBanned(kid)) ?? ''

  const rotate = async (tenant: string, key: SigningKey, keep = false) => {
    await before(tenant)
    const added = await addKey(at, tenant, key)
    const { schedule } = await ofLog(tenant)
    const { seq } = schedule.find(({ use, kid }) => use === key.use && kid === key.kid)!
    // Published under the old key before the new one signs, and before the old one ends.
    await publish(tenant, seq + 1)
    const changes = [added]
    const old = schedule.filter((one) => one.use === key.use && one.seq < seq && one.until === null)
    for (const { use, kid } of keep ? [] : old) {
      changes.push(await retireKey(at, { tenant, use, kid }))
    }
    return changes.filter((change) => change !== null)
  }

  /** The first size whose last leaf is not older than a time; a key nobody knows more of, from its own start. */
  const sizeSince = async ({ tenant, use, kid }: KeyNamed, since: string | null) => {
    const { read } = database.graph(tenant)
    if (since === null) {
      const { schedule } = await ofLog(tenant)
      return schedule.find((one) => one.use === use && one.kid === kid)?.from ?? 0
    }
    const head = await readLog(read)
    if (!head) throw tenantUnknown(tenant)
    const text = new Date(since).toISOString()
    let [low, high] = [0, head.size]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if ((await leafTime(read, middle))! < text) low = middle + 1
      else high = middle
    }
    return low
  }

  return {
    held: keys,
    registered,
    newestOf,
    async newest() {
      const kids = await registered()
      const found = await Promise.all(KEY_USES.map((use) => heldKey(keys, newestOf(kids[use]))))
      return { checkpoint: found[0]!, manifest: found[1]! }
    },
    async make(use) {
      const key = await keys.make(use)
      await service.write(({ run }) => registerKey(run, use, key.kid))
      return key
    },
    ofLog,
    signerOf: async (tenant, asked) => keyForSize(keys, await ofLog(tenant), asked),
    async recordsOf(tenant, below) {
      const { leaves } = await ofLog(tenant)
      return leaves.filter(({ seq, prev }) => prev !== null && seq < below)
    },
    rotate,
    async retire(named) {
      await before(named.tenant)
      const change = await retireKey(at, named)
      return change ? [change] : []
    },
    async compromise(named, { since, next }) {
      if (next.kid === named.kid || next.use !== named.use) throw keyUnknown(next.kid)
      const from = await sizeSince(named, since)
      const changes = await rotate(named.tenant, next)
      const change = await compromiseKey(at, { ...named, from })
      return change ? [...changes, change] : changes
    },
  }
}
