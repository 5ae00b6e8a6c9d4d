import { join } from 'node:path'
import type { Objects } from '../core/objects.ts'
import { openMergeWorker } from '../domains/openlineage/merge-worker.ts'
import { openFillWorker } from '../domains/search/fill.ts'
import { openErasureJournal } from '../ledger/erasures.ts'
import { type Ledger, openLedger } from '../ledger/ledger.ts'
import { openRegister } from '../ledger/register.ts'
import { type Database, openDatabase, type QueryStarted } from '../lineage/graph.ts'
import { migrate } from '../lineage/migrations.ts'
import type { Config } from './config.ts'
import { openKeyring } from './keyring.ts'
import { type Neo4j, type ResolveOptions, resolveNeo4j } from './neo4j/find.ts'
import { TRANSACTION_LOG_DAYS } from './neo4j/home.ts'
import { openObjectStore } from './objects/open.ts'
import type { Tracing } from './tracing/tracing.ts'
import { verifyDatabase } from './verify-database.ts'
import { type AskReplayer, openAskReplayer } from './witnessing/ask-replayer.ts'
import { openWitnessing } from './witnessing/open.ts'
import { readPolicyFile } from './witnessing/policy-file.ts'

/** Everything below HTTP, open and checked. */
export interface Service {
  neo4j: Neo4j
  database: Database
  ledger: Ledger
  objects: Objects
  /** How long an export waits for a witnessed checkpoint; zero where nobody is asked for one. */
  witnessWaitMs: number
  /** Asks for a replayer's note; `undefined` where none is configured. */
  askReplayer: AskReplayer | undefined
  /** What waits: commands for their transaction, checkpoints for a witness. */
  waiting(): { commands: number; witnesses: number }
  /** Ends in the reverse order of opening: what was accepted is answered first. */
  close(): Promise<void>
}

/**
 * Opens the keys of this home as the settings say.
 *
 * @throws {Problem} As `openKeyring`.
 */
export const openServiceKeys = (
  { home, keysPassphraseFile, keysCommand }: Config,
  { signing = true }: { signing?: boolean } = {},
) =>
  openKeyring(join(home, 'keys'), {
    passphraseFile: keysPassphraseFile,
    command: keysCommand,
    signing,
  })

/**
 * Finds Neo4j, brings it to the newest migration, and opens the ledger with the keys and the signing
 * register under the home directory.
 *
 * @param onError Told what fails in the background.
 * @throws {Problem} Where no Neo4j is found, or keys are not those of this database.
 */
export async function openService(
  config: Config,
  options: ResolveOptions & {
    onError?: (error: unknown) => void
    onQuery?: QueryStarted
    tracing?: Tracing | null
  },
): Promise<Service> {
  const { onError = () => {} } = options
  // Before anything is started: what cannot be read now would be told to nobody later.
  const policy = config.witnessPolicy === null ? null : readPolicyFile(config.witnessPolicy)
  const neo4j = await resolveNeo4j(config, options)
  const ends: (() => unknown)[] = [() => neo4j.stop()]
  const close = async () => {
    const failures: unknown[] = []
    for (const end of ends.splice(0).reverse()) {
      try {
        await end()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
  try {
    const database = openDatabase({ ...neo4j, onQuery: options.onQuery })
    ends.push(() => database.close())
    await verifyDatabase(database, neo4j, config)
    await migrate(database)
    const keys = await openServiceKeys(config)
    const register = config.signer ? openRegister(join(config.home, 'register.sqlite')) : null
    ends.push(() => register?.close())
    // Who does not sign leaves the asking to who does.
    const witnessing = policy && config.signer && openWitnessing({ database, policy, onError })
    if (witnessing) ends.push(() => witnessing.close())
    const objects = await openObjectStore(config, onError)
    ends.push(() => objects.close())
    // Beside the register, for the same reason: it must outlive what a backup brings back.
    const journal = register && openErasureJournal(join(config.home, 'erasures.sqlite'))
    ends.push(() => journal?.close())
    const pendingDays = Math.max(config.backupDays, TRANSACTION_LOG_DAYS)
    const ledger = await openLedger({
      database,
      service: config.service,
      keys,
      register,
      erasing: journal && { journal, objects, pendingDays },
      ...(witnessing && { onSigned: witnessing.signed }),
      onError,
      ...(options.tracing && { batches: options.tracing.batches }),
    })
    ends.push(() => ledger.close())
    const merges = openMergeWorker({ database, ledger, onError })
    ends.push(() => merges.close())
    const filling = openFillWorker({ database, onError })
    ends.push(() => filling.close())
    const witnessWaitMs = policy === null ? 0 : config.witnessWait
    const waiting = {
      waitMs: config.witnessWait,
      onError,
      ...(options.tracing && { send: options.tracing.fetch }),
    }
    const askReplayer = config.replayer ? openAskReplayer(config.replayer, waiting) : undefined
    const depths = () => ({
      commands: ledger.waiting(),
      witnesses: witnessing ? witnessing.waiting() : 0,
    })
    return { neo4j, database, ledger, objects, witnessWaitMs, askReplayer, waiting: depths, close }
  } catch (error) {
    // What went wrong first is what the caller must hear of.
    await close().catch(() => {})
    throw error
  }
}
