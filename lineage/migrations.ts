import { type Ask, type Database, query, SERVICE } from './graph.ts'

interface Migration {
  number: number
  name: string
  commands: readonly string[]
}

/**
 * What the database must have before data comes, in order. A migration that has been released is
 * never changed; each is idempotent, for it may have run in part.
 *
 * Community has neither existence nor type constraints: the write path checks those.
 */
export const MIGRATIONS: readonly Migration[] = [
  {
    number: 1,
    name: 'keys of every node',
    commands: [
      'CREATE CONSTRAINT entity_id IF NOT EXISTS FOR (n:Entity) REQUIRE (n.tenant, n.id) IS UNIQUE',
      'CREATE CONSTRAINT record_seq IF NOT EXISTS FOR (n:Record) REQUIRE (n.tenant, n.seq) IS UNIQUE',
      'CREATE CONSTRAINT log_tenant IF NOT EXISTS FOR (n:Log) REQUIRE n.tenant IS UNIQUE',
      'CREATE CONSTRAINT tile_place IF NOT EXISTS FOR (n:Tile) REQUIRE (n.tenant, n.level, n.index) IS UNIQUE',
      'CREATE CONSTRAINT command_key IF NOT EXISTS FOR (n:Command) REQUIRE (n.tenant, n.principal, n.key) IS UNIQUE',
      'CREATE CONSTRAINT actor_subject IF NOT EXISTS FOR (n:Actor) REQUIRE (n.tenant, n.subject) IS UNIQUE',
      'CREATE CONSTRAINT tenant_entry IF NOT EXISTS FOR (n:TenantEntry) REQUIRE (n.tenant, n.name) IS UNIQUE',
      'CREATE CONSTRAINT service_one IF NOT EXISTS FOR (n:Service) REQUIRE n.tenant IS UNIQUE',
    ],
  },
  {
    number: 2,
    name: 'an entity as of a position; commands by age',
    commands: [
      'CREATE INDEX record_of_entity IF NOT EXISTS FOR (n:Record) ON (n.tenant, n.id, n.seq)',
      'CREATE INDEX command_age IF NOT EXISTS FOR (n:Command) ON (n.tenant, n.at)',
    ],
  },
  {
    number: 3,
    name: 'pages of the state tree; state records by position',
    commands: [
      'CREATE CONSTRAINT page_place IF NOT EXISTS FOR (n:Page) REQUIRE (n.tenant, n.tree, n.prefix, n.since) IS UNIQUE',
      'CREATE INDEX page_end IF NOT EXISTS FOR (n:Page) ON (n.tenant, n.until)',
      'CREATE CONSTRAINT state_seq IF NOT EXISTS FOR (n:StateRecord) REQUIRE (n.tenant, n.seq) IS UNIQUE',
    ],
  },
  {
    number: 4,
    name: 'merges under way',
    commands: [
      'CREATE CONSTRAINT merge_alias IF NOT EXISTS FOR (n:Merge) REQUIRE (n.tenant, n.alias) IS UNIQUE',
      'CREATE INDEX merge_canonical IF NOT EXISTS FOR (n:Merge) ON (n.tenant, n.canonical)',
    ],
  },
  {
    number: 5,
    name: 'logs that are to be signed',
    commands: ['CREATE INDEX log_unsigned IF NOT EXISTS FOR (n:Log) ON (n.unsigned)'],
  },
  {
    number: 6,
    name: 'words of entities',
    commands: [
      // Words are parted by us (lineage/words.ts), and looked for in the transaction that wrote them on.
      "CREATE FULLTEXT INDEX entity_words IF NOT EXISTS FOR (n:Entity) ON EACH [n.words] OPTIONS {indexConfig: {`fulltext.analyzer`: 'whitespace', `fulltext.eventually_consistent`: false}}",
    ],
  },
  {
    number: 7,
    name: 'events of usage, and their windows',
    commands: [
      'CREATE CONSTRAINT usage_event_key IF NOT EXISTS FOR (n:UsageEvent) REQUIRE (n.tenant, n.key) IS UNIQUE',
      'CREATE CONSTRAINT usage_window_id IF NOT EXISTS FOR (n:UsageWindow) REQUIRE (n.tenant, n.id) IS UNIQUE',
      'CREATE INDEX usage_event_place IF NOT EXISTS FOR (n:UsageEvent) ON (n.tenant, n.window, n.key)',
      'CREATE INDEX usage_window_series IF NOT EXISTS FOR (n:UsageWindow) ON (n.tenant, n.series, n.day)',
      'CREATE INDEX usage_window_record IF NOT EXISTS FOR (n:UsageWindow) ON (n.tenant, n.record)',
      'CREATE INDEX usage_window_seq IF NOT EXISTS FOR (n:UsageWindow) ON (n.tenant, n.seq)',
    ],
  },
  {
    number: 8,
    name: 'deliveries of webhooks, and what could not be delivered',
    commands: [
      'CREATE CONSTRAINT delivery_id IF NOT EXISTS FOR (n:Delivery) REQUIRE (n.tenant, n.id) IS UNIQUE',
      'CREATE INDEX delivery_due IF NOT EXISTS FOR (n:Delivery) ON (n.tenant, n.at)',
      'CREATE CONSTRAINT dead_letter_place IF NOT EXISTS FOR (n:DeadLetter) REQUIRE (n.tenant, n.hook, n.seq) IS UNIQUE',
    ],
  },
]

const LOCK_CONSTRAINT =
  'CREATE CONSTRAINT migration_lock IF NOT EXISTS FOR (n:MigrationLock) REQUIRE n.tenant IS UNIQUE'

const LOCK_MIGRATIONS = query<{ applied: number }>(`
  // lock the migrations
  MERGE (lock:MigrationLock {tenant: $tenant}) SET lock.holder = $holder
  RETURN coalesce(lock.applied, 0) AS applied`)

const NOTE_MIGRATION = query(`
  // note an applied migration
  MATCH (lock:MigrationLock {tenant: $tenant}) SET lock.applied = $number`)

const APPLIED_MIGRATION = query<{ applied: number }>(`
  // the newest migration that is applied
  MATCH (lock:MigrationLock {tenant: $tenant}) RETURN coalesce(lock.applied, 0) AS applied`)

/** The number of the newest migration that the database has; zero before the first. */
export const appliedMigration = async (ask: Ask): Promise<number> =>
  (await ask(APPLIED_MIGRATION))[0]?.applied ?? 0

/** An index over a large graph takes minutes to fill. */
const LONGEST_MS = 600_000

/**
 * Brings the database to the newest migration and returns the numbers that it applied. The lock is
 * a node that stays locked in an open transaction, so a second server that starts meanwhile waits,
 * and a killed one leaves nothing behind.
 */
export async function migrate(database: Database): Promise<number[]> {
  await database.schema(LOCK_CONSTRAINT)
  return database.graph(SERVICE).write(async (transaction) => {
    const [lock] = await transaction.run(LOCK_MIGRATIONS, { holder: crypto.randomUUID() })
    const pending = MIGRATIONS.filter(({ number }) => number > lock!.applied)
    for (const { number, commands } of pending) {
      for (const command of commands) await database.schema(command)
      await transaction.run(NOTE_MIGRATION, { number })
    }
    if (pending.length > 0) await database.schema('CALL db.awaitIndexes(500)')
    return pending.map(({ number }) => number)
  }, LONGEST_MS)
}
