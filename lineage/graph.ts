import neo4j, {
  type Driver,
  type Record as DriverRow,
  Integer,
  type ManagedTransaction,
} from 'neo4j-driver'
import { databaseTimeout, databaseUnavailable } from './problems.ts'
import { atMost, during, timeLeft, type Until } from './until.ts'
import { type Halves, packed, rowOf } from './whole-numbers.ts'

/** The scope of the service's own nodes. It can never be a tenant's name (docs/specs/record.md). */
export const SERVICE = '-'

export type Params = Record<string, unknown>

/** A Cypher text that has been registered, and what a row of its answer looks like. */
export interface Query<Row> {
  readonly name: string
  readonly text: string
  readonly scope: 'tenant' | 'service'
  readonly row?: Row
}

/** Runs registered texts inside a transaction of one tenant. */
export interface Transaction {
  run<Row>(query: Query<Row>, params?: Params): Promise<Row[]>
}

/**
 * The graph as one tenant may touch it: `$tenant` is bound here and nowhere else.
 *
 * `read` runs in READ mode as one auto-commit transaction and is tried again on transient errors;
 * `write` is a managed transaction, so its work may run several times and must not act outside it.
 * Both end after their timeout. What is read for a caller (`Until`) ends with the caller's time, and
 * at once where the caller goes; what is written does not, since others may share the transaction.
 *
 * @throws {Problem} `DATABASE_UNAVAILABLE` where the database does not answer, `DATABASE_TIMEOUT`
 *   where it takes longer than the timeout; of a read for a caller `DEADLINE_EXCEEDED` and
 *   `REQUEST_CANCELLED`.
 */
export interface Graph {
  readonly tenant: string
  read<Row>(query: Query<Row>, params?: Params): Promise<Row[]>
  write<T>(work: (transaction: Transaction) => Promise<T>, timeoutMs?: number): Promise<T>
}

/** Runs a text, be it in a transaction (`transaction.run`) or outside one (`graph.read`). */
export type Ask = <Row>(query: Query<Row>, params?: Params) => Promise<Row[]>

/** How much of a log is applied: `seq` leaves of it, in the epoch that it had then. */
interface Applied {
  epoch: number
  seq: number
}

export interface Database {
  /** @param until How long a caller waits for what is read; without one, as long as any read may take. */
  graph(tenant: string, until?: Until): Graph
  /**
   * One managed transaction over several tenants. Each text runs for the tenant that it is asked
   * through; what the work does for one it does for all, or for none.
   *
   * @throws {Error} Where the work asks through a tenant that is not among those named.
   */
  writeAcross<T>(
    tenants: readonly string[],
    work: (of: (tenant: string) => Transaction) => Promise<T>,
  ): Promise<T>
  /** Runs one schema command (constraints and indexes have no tenant). */
  schema(command: string): Promise<void>
  /** The operators of the plan that the database would use. */
  explain(query: Query<unknown>, params?: Params): Promise<string[]>
  /**
   * Says that a tenant's log is applied in full up to a position, since a commit of this process was
   * confirmed: reads see it from now on (lineage/position.ts says why this must be known).
   */
  noteApplied(tenant: string, position: Applied): void
  /** How many connections there may be, and how many are in use or waited for. */
  pool(): { most: number; busy: number }
  /** Resolves where the database answers. */
  verify(): Promise<void>
  close(): Promise<void>
}

/** Told when a text begins to run; what it returns is told when it has, or has failed. */
export type QueryStarted = (
  query: Pick<Query<unknown>, 'name'>,
  access: 'read' | 'write',
) => (error?: unknown) => void

const registered: Query<unknown>[] = []

/** Every text of the program, so that start-up can plan it and a test can look at its plan. */
export const queries = (): readonly Query<unknown>[] => registered

/** Where a node pattern with a label, or with any expression over labels, opens. */
const LABELLED = /\(\s*(?:\w+|`[^`]*`)?\s*(?::|\bIS\b)[^()]*/g

/** `(e:Entity {tenant: $tenant`, and nothing cleverer: what cannot be seen to be scoped is refused. */
const SCOPED = /^\(\s*\w*\s*:\s*[\w:]+\s+\{tenant: \$(tenant|service)\b/

const COMMENT = /\/\/.*$/gm

/**
 * Registers a text of one tenant. Every labelled node pattern in it must open with the tenant, or
 * with the service's own scope, so that a query across tenants cannot be written by forgetting
 * something.
 *
 * @param text Opens with a comment line that names it: `// datasets by ids`.
 * @throws {Error} While the program loads, where a text breaks one of these rules.
 */
export function query<Row>(text: string): Query<Row> {
  const nodes = text.replace(COMMENT, '').match(LABELLED) ?? []
  const unscoped = nodes.filter((node) => !SCOPED.test(node))
  if (unscoped.length > 0) throw new Error(`not scoped to a tenant: ${unscoped[0]} in ${text}`)
  return register(text, 'tenant')
}

/** Registers a text that looks over tenants' logs. It runs in the scope of the service alone. */
export const serviceQuery = <Row>(text: string): Query<Row> => register(text, 'service')

function register<Row>(text: string, scope: Query<Row>['scope']): Query<Row> {
  const name = /^\s*\/\/ (\S.*)$/m.exec(text)?.[1]
  if (!name || !text.trimStart().startsWith('//')) throw new Error(`a text without a name: ${text}`)
  if (!/\$tenant\b/.test(text.replace(COMMENT, '')))
    throw new Error(`a text without $tenant: ${name}`)
  const entry: Query<Row> = Object.freeze({ name, text: text.trim(), scope })
  registered.push(entry)
  return entry
}

const TIMEOUT_MS = 15_000
const READ_TRIES = 5
/** The driver doubles its pauses from a second on and looks at this before each: 1 + 2 + 4 + 8 s at most. */
const RETRY_MS = 8_000
/** Neo4j itself ends what takes too long. One that has not done so by now has hung, or is cut off. */
const SILENT_MS = 2_000

export interface DatabaseOptions {
  uri: string
  username: string
  password: string
  poolSize?: number
  /** For how long what is transient is tried again. */
  retryMs?: number
  onQuery?: QueryStarted
}

/** Opens a pool of connections; nothing is sent before the first query. */
export function openDatabase({
  uri,
  username,
  password,
  poolSize = 32,
  retryMs = RETRY_MS,
  onQuery,
}: DatabaseOptions): Database {
  const driver = neo4j.driver(uri, neo4j.auth.basic(username, password), {
    maxConnectionPoolSize: poolSize,
    connectionAcquisitionTimeout: 5_000,
    maxTransactionRetryTime: retryMs,
    userAgent: 'selvedge',
    telemetryDisabled: true,
  })
  const applied = new Map<string, Applied>()
  const door: Door = { driver, onQuery, retryMs, busy: 0 }
  return {
    graph: (tenant, until) => openGraph(door, tenant, { applied, until }),
    writeAcross: (tenants, work) =>
      writeManaged(door, (managed) =>
        work((tenant) => {
          if (!tenants.includes(tenant)) throw new Error(`${tenant} is not in this transaction`)
          return inside(door, managed, (text, params) => bound(tenant, applied, text, params))
        }),
      ),
    noteApplied: (tenant, position) => {
      const known = applied.get(tenant)
      if (known && known.epoch > position.epoch) return
      if (known?.epoch === position.epoch && known.seq >= position.seq) return
      applied.set(tenant, position)
    },
    schema: (command) => runSchema(driver, command),
    explain: (text, params) => explain(driver, text, params),
    verify: async () => {
      await driver.verifyConnectivity().catch(tellDatabase)
    },
    pool: () => ({ most: poolSize, busy: door.busy }),
    close: () => driver.close(),
  }
}

/** What all graphs of a database share. */
interface Door {
  driver: Driver
  onQuery: QueryStarted | undefined
  retryMs: number
  /** Reads and transactions under way: each has a connection, or waits for one. */
  busy: number
}

/** The parameters of a text with those that the tenant's handle alone may set. */
function bound(
  tenant: string,
  applied: ReadonlyMap<string, Applied>,
  text: Query<unknown>,
  params: Params,
): Params {
  if (text.scope === 'service' && tenant !== SERVICE) {
    throw new Error(`${text.name} runs in the scope of the service alone`)
  }
  const { epoch, seq } = applied.get(tenant) ?? { epoch: 0, seq: 0 }
  const known = { tenant, service: SERVICE, applied: BigInt(seq), appliedEpoch: BigInt(epoch) }
  return { ...(packed(params) as Params), ...known }
}

function openGraph(
  door: Door,
  tenant: string,
  { applied, until }: { applied: ReadonlyMap<string, Applied>; until: Until | undefined },
): Graph {
  const bind = (text: Query<unknown>, params: Params) => bound(tenant, applied, text, params)
  return {
    tenant,
    read: async <Row>(text: Query<Row>, params: Params = {}) =>
      occupying(door, () =>
        observed(door, { text, access: 'read' }, () =>
          readWithRetry<Row>(door.driver, text, { params: bind(text, params), until }),
        ),
      ),
    write: (work, timeoutMs) =>
      writeManaged(door, (managed) => work(inside(door, managed, bind)), timeoutMs),
  }
}

const inside = (
  door: Door,
  managed: ManagedTransaction,
  bind: (text: Query<unknown>, params: Params) => Params,
): Transaction => ({
  run: <Row>(text: Query<Row>, params: Params = {}) =>
    observed(door, { text, access: 'write' }, async () =>
      rows<Row>((await managed.run(text.text, bind(text, params))).records),
    ),
})

async function writeManaged<T>(
  door: Door,
  work: (managed: ManagedTransaction) => Promise<T>,
  timeoutMs = TIMEOUT_MS,
): Promise<T> {
  const session = door.driver.session({ defaultAccessMode: neo4j.session.WRITE })
  let isOver = false
  const awaited = async (managed: ManagedTransaction) => {
    const result = await work(managed)
    // Its caller was told that it was not done: it is not committed after that.
    if (isOver) throw databaseUnavailable()
    return result
  }
  const transact = () => session.executeWrite(awaited, { timeout: timeoutMs })
  const end = () => {
    isOver = true
    void session.close().catch(() => {})
  }
  const mostMs = timeoutMs + door.retryMs + SILENT_MS
  try {
    return await occupying(door, () =>
      atMost(mostMs, { work: transact, end }, databaseUnavailable),
    ).catch(tellDatabase)
  } finally {
    await session.close()
  }
}

async function occupying<T>(door: Door, work: () => Promise<T>): Promise<T> {
  door.busy += 1
  try {
    return await work()
  } finally {
    door.busy -= 1
  }
}

async function observed<T>(
  { onQuery }: Door,
  { text, access }: { text: Query<unknown>; access: 'read' | 'write' },
  work: () => Promise<T>,
): Promise<T> {
  const ended = onQuery?.(text, access)
  try {
    const result = await work()
    ended?.()
    return result
  } catch (error) {
    ended?.(error)
    throw error
  }
}

/** An auto-commit read has no retry in the driver, and costs two round trips less than one that has. */
async function readWithRetry<Row>(
  driver: Driver,
  text: Query<Row>,
  { params, until }: { params: Params; until: Until | undefined },
) {
  const giveUpAt = performance.now() + RETRY_MS
  for (let attempt = 1; ; attempt++) {
    const timeout = until ? timeLeft(until) : TIMEOUT_MS
    const session = driver.session({ defaultAccessMode: neo4j.session.READ })
    // Closing a session resets its connection, and that ends what it runs in the database.
    const end = () => void session.close().catch(() => {})
    try {
      const work = async () => session.run(text.text, params, { timeout })
      const { records } = until
        ? await during(until, { work, end })
        : await atMost(TIMEOUT_MS + SILENT_MS, { work, end }, databaseUnavailable)
      return rows<Row>(records)
    } catch (error) {
      const isLast = attempt === READ_TRIES || performance.now() > giveUpAt
      if (isLast || !mayPass(error)) return tellDatabase(error)
      await pause(Math.random() * 20 * 2 ** attempt)
    } finally {
      await session.close()
    }
  }
}

/** A connection that ended while it logged on has asked nothing yet; the driver would not try again. */
const mayPass = (error: unknown) =>
  neo4j.isRetryableError(error) ||
  (error instanceof neo4j.Neo4jError && error.code === 'ProtocolError')

const pause = (milliseconds: number) =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })

const isWhole = (value: object): value is Halves => value instanceof Integer

const rows = <Row>(records: DriverRow[]) =>
  records.map((record) => rowOf<Row>(record.entries(), isWhole))

async function runSchema(driver: Driver, command: string) {
  if (
    !/^(CREATE|DROP) (CONSTRAINT|INDEX|RANGE INDEX|FULLTEXT INDEX)\b|^CALL db\.awaitIndexes\b/.test(
      command,
    )
  ) {
    throw new Error(`not a schema command: ${command}`)
  }
  const session = driver.session({ defaultAccessMode: neo4j.session.WRITE })
  try {
    await session.executeWrite((managed) => managed.run(command), { timeout: 120_000 })
  } catch (error) {
    tellDatabase(error)
  } finally {
    await session.close()
  }
}

interface Plan {
  operatorType: string
  children: Plan[]
}

async function explain(driver: Driver, text: Query<unknown>, params: Params = {}) {
  const session = driver.session({ defaultAccessMode: neo4j.session.READ })
  try {
    const { summary } = await session.run(`EXPLAIN ${text.text}`, {
      ...params,
      tenant: SERVICE,
      service: SERVICE,
    })
    const operators = (plan: Plan): string[] => [
      plan.operatorType,
      ...plan.children.flatMap(operators),
    ]
    return summary.plan ? operators(summary.plan as Plan) : []
  } finally {
    await session.close()
  }
}

/** `ProtocolError` is what the driver makes of a connection that ends while it logs on. */
const UNREACHABLE = /^(ServiceUnavailable|SessionExpired|ProtocolError|N\/A)$/
/** A transaction whose time is up while it waits for a lock is told that its lock client was stopped. */
const TOO_SLOW = /\.(TransactionTimedOut\w*|LockAcquisitionTimeout|LockClientStopped|Terminated)$/

/** Turns what the driver throws where the database is away or too slow into a `Problem`; the rest passes. */
function tellDatabase(error: unknown): never {
  if (!(error instanceof neo4j.Neo4jError)) throw error
  if (TOO_SLOW.test(error.code)) {
    throw databaseTimeout(error)
  }
  // What is transient has been tried again for as long as a caller waits: it is as good as away.
  if (UNREACHABLE.test(error.code) || neo4j.isRetryableError(error)) {
    throw databaseUnavailable(error)
  }
  throw error
}
