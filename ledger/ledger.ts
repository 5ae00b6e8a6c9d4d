import { AsyncLocalStorage } from 'node:async_hooks'
import { sha256 } from '../core/sha256.ts'
import { findCommands } from '../lineage/commands.ts'
import type { Database } from '../lineage/graph.ts'
import { readLog } from '../lineage/log.ts'
import { b64 } from '../proofs/base64.ts'
import { utf8 } from '../proofs/utf8.ts'
import { openAcross } from './across.ts'
import { type Receipt, replay, type Task } from './attempt.ts'
import type { Batches } from './batches.ts'
import { checkLog, type SignedCheckpoint } from './checkpointer.ts'
import type { Draft, Name, Outcome } from './draft.ts'
import {
  type ErasingOptions,
  type ErasureCommand,
  openErasures,
  type Reapplied,
} from './erasing.ts'
import { openForgetting } from './forgetting.ts'
import { type KeyDesk, openKeyDesk } from './key-desk.ts'
import type { Keys } from './keys.ts'
import { keyInvalid, ledgerClosing, nameInvalid } from './problems.ts'
import { openPublished } from './published.ts'
import type { Register } from './register.ts'
import { openSequencer, type Sequencer } from './sequencer.ts'
import { joinService } from './service.ts'
import { openSigner } from './signer.ts'
import { type Founding, foundTenant, NewestKeyMoved } from './tenant.ts'

export type { Position, Receipt } from './attempt.ts'
export type { SignedCheckpoint } from './checkpointer.ts'

/** Something that a caller wants recorded. */
export interface Command {
  tenant: string
  /** Who asks; the log carries a pseudonym for it. */
  subject: string
  /** The caller's Idempotency-Key. Without one, a repetition by the caller is a new command. */
  key?: string
  /** What was asked, as text: the same key with another text is refused. */
  request: string
  names?: readonly Name[]
  ids?: readonly string[]
  /**
   * The version of the policies by which this was permitted. Where others are in force under the lock,
   * it is refused as `POLICIES_CHANGED`, and may be decided anew.
   */
  policies?: string
  /** Decides under the lock as ever, and writes nothing: what a command would come to. */
  dry?: boolean
  /** Decides what is recorded; may run several times, and must touch nothing but the draft. */
  run(draft: Draft): Promise<readonly Outcome[]>
}

/** A command on two logs: that of its tenant, and another's, which is told of it. */
export interface CommandAcross extends Command {
  other: string
  /** What the other's log records, decided after `run`, under both locks. */
  mirror: Pick<Command, 'names' | 'ids' | 'run'>
}

/** Who asked, in the log of another tenant: no subject that a caller could have. */
const subjectAbroad = (tenant: string) => `→${tenant}`

/** The one write path: everything that changes what a tenant can see goes through here. */
export interface Ledger {
  /**
   * Carries a command out and answers after the commit.
   *
   * @throws {Problem} What the command refuses; `TENANT_UNKNOWN`, `IDEMPOTENCY_KEY_REUSED`,
   *   `LEDGER_BUSY`, `LOG_BEHIND_REGISTER`, `REGISTER_MISMATCH`, `DATABASE_UNAVAILABLE`.
   */
  submit(command: Command): Promise<Receipt>
  /**
   * Carries a command out on two logs in one transaction, so that neither has what the other lacks.
   * The other's log tells of the tenant, and never of who asked.
   *
   * @returns The receipt of the tenant's own log; a command that was carried out before changes neither.
   * @throws {Problem} As `submit`; `TENANT_UNKNOWN` also where there is no other.
   */
  submitAcross(command: CommandAcross): Promise<Receipt>
  /**
   * What a command was answered that was carried out under this key, or `null` where there is none:
   * for a caller whose command is costly to make ready.
   *
   * @throws {Problem} `IDEMPOTENCY_KEY_REUSED` where the key was another request's.
   */
  find(command: Pick<Command, 'tenant' | 'subject' | 'key' | 'request'>): Promise<Receipt | null>
  /** Founds a tenant: its log, its keys and its record. */
  createTenant(founding: { tenant: string; subject: string; key?: string }): Promise<Receipt>
  /**
   * Erases for good, and answers after the commit. It is journalled before that, so that what a
   * restored backup brings back is erased again.
   *
   * @throws {Problem} As `submit`; `ENTITY_UNKNOWN`, `ACTOR_UNKNOWN`, `ERASE_REFUSED`,
   *   `ERASE_RECORD_INVALID`; `ERASE_NO_JOURNAL` on a server that keeps none.
   */
  erase(command: ErasureCommand): Promise<Receipt>
  /**
   * Erases again whatever the journal names and the tenant's database holds: to be called after a
   * restore, once the log may be written to.
   */
  reapplyErasures(tenant: string): Promise<Reapplied>
  /** The last published checkpoint, or `null` before the first. */
  checkpoint(tenant: string): Promise<SignedCheckpoint | null>
  /** Signs now, and returns a checkpoint of at least this size. */
  checkpointOf(tenant: string, atLeast: number): Promise<SignedCheckpoint>
  /** How many commands wait for their transaction, of all tenants. */
  waiting(): number
  /** Which keys sign, and how they come and go. */
  readonly keys: KeyDesk
  /** Answers what was accepted, signs what is committed, and stops. */
  close(): Promise<void>
}

export interface LedgerOptions {
  database: Database
  /** The service's name: the first part of every log's origin. */
  service: string
  keys: Keys
  /** `null` on a server that leaves signing to another. */
  register: Register | null
  /** Told of every checkpoint that is published. */
  onSigned?(tenant: string): void
  /** `null` or nothing on a server that may not erase. */
  erasing?: ErasingOptions | null
  /**
   * `on demand`: nothing is signed before a checkpoint is asked for, and so no state record comes
   * between what is written. For who counts positions, and has no readers that wait for checkpoints.
   */
  signing?: 'in the background' | 'on demand'
  /** The backup that the caller is restoring into the database; to others that is closed. */
  restoring?: string
  /** Who follows commands into their transactions. */
  batches?: Batches
  /** Told what fails in the background. */
  onError?(error: unknown): void
  /** The clock by which old commands are forgotten. */
  now?(): number
}

/**
 * Opens the ledger on a migrated database: joins the service, checks keys and register, and signs
 * what an earlier server may have left unsigned.
 *
 * @throws {Problem} `KEYS_MISMATCH`, `SERVICE_MISMATCH`, `REGISTER_BUSY`, `DATABASE_UNAVAILABLE`.
 */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const { database, service, keys, register, restoring, onError = () => {} } = options
  const refusal = await joinService(database, { service, keys, register, restoring })
  /** The logs that this process has checked against the register, and may write to, in that epoch. */
  const checked = new Map<string, number>()
  const sequencers = new Map<string, Sequencer>()
  /** Work beside the sequencers, which a ledger that closes waits for. */
  const beside = new Set<Promise<unknown>>()
  let closing = false
  // A transaction is several requests' at once: it must not seem to be that of the first of them.
  const ofNobody = AsyncLocalStorage.snapshot()

  const signer =
    register && !refusal
      ? openSigner({
          database,
          register,
          keys,
          onSigned: options.onSigned ?? (() => {}),
          background: options.signing !== 'on demand',
          onRefused: (tenant) => checked.delete(tenant),
          onError,
        })
      : null

  const forgetting = openForgetting(database, { now: options.now, onError })

  const checkOnce = async (tenant: string) => {
    if (!register) return null
    const epoch = checked.get(tenant) ?? (await checkLog(database, tenant, register))
    checked.set(tenant, epoch)
    return epoch
  }

  const erasing = options.erasing ?? null
  const journalling = erasing && {
    journal: erasing.journal,
    pendingMs: erasing.pendingDays * 86_400_000,
  }

  const sequencerOf = (tenant: string) => {
    let sequencer = sequencers.get(tenant)
    if (!sequencer) {
      sequencer = openSequencer(database, tenant, {
        erasing: journalling,
        ofNobody,
        batches: options.batches,
        before: () => checkOnce(tenant),
        moved: () => checked.delete(tenant),
        committed: () => {
          signer?.soon(tenant)
          forgetting.committed(tenant)
        },
        // Names that no tenant has must not pile up.
        useless: () => sequencers.delete(tenant),
      })
      sequencers.set(tenant, sequencer)
    }
    return sequencer
  }

  const mayWrite = (key: string | undefined) => {
    if (closing) throw ledgerClosing()
    if (refusal) throw refusal
    if (key !== undefined && !/^[\x21-\x7e]{1,255}$/.test(key)) throw keyInvalid()
    return key ?? crypto.randomUUID()
  }

  const published = openPublished(database, (tenant) => {
    if (refusal) throw refusal
    return signer?.now(tenant)
  })

  const desk = openKeyDesk({
    database,
    keys,
    async before(tenant) {
      mayWrite(undefined)
      await checkOnce(tenant)
    },
    publish: published.atLeast,
  })

  /** Keys may be rotated at any time: a new log then begins with the new one. */
  const found = async (founding: Omit<Founding, 'keys'>): Promise<Receipt> => {
    for (;;) {
      try {
        return await foundTenant(database, { ...founding, keys: await desk.newest() }, register)
      } catch (error) {
        if (!(error instanceof NewestKeyMoved)) throw error
      }
    }
  }

  /** Fixed before the first attempt, so that each finds what an earlier one may have done. */
  const taskOf = ({
    subject,
    key,
    request,
    names = [],
    ids = [],
    policies,
    dry,
    run,
  }: Command): Task => {
    // Read for the whole batch at once, so that one of these would take all of it down.
    if (!names.every(isWellFormed)) throw nameInvalid()
    const fixed = { key: mayWrite(key), request: requestHash(request), text: request.length }
    return { subject, ...fixed, names, ids, policies, dry, run }
  }

  const submit: Ledger['submit'] = async (command) =>
    sequencerOf(command.tenant).submit(taskOf(command))

  const writeAcross = openAcross(database, {
    before: checkOnce,
    moved: (tenant) => checked.delete(tenant),
    committed: (tenant) => {
      signer?.soon(tenant)
      forgetting.committed(tenant)
    },
  })

  /** Has the ledger wait for it where it closes. */
  const held = <T>(work: Promise<T>): Promise<T> => {
    const settled = work.catch(() => {})
    beside.add(settled)
    void settled.finally(() => beside.delete(settled))
    return work
  }

  const erasures = openErasures({ database, erasing, onError }, submit)
  // Whoever restores has them reapplied, and says how many there were.
  if (!refusal && restoring === undefined) await erasures.complete()

  return {
    keys: desk,
    submit,
    async submitAcross(command) {
      const { tenant, other, mirror, request } = command
      const task = taskOf(command)
      const told = taskOf({ tenant: other, subject: subjectAbroad(tenant), request, ...mirror })
      return held(writeAcross({ tenant, task, other, mirror: told }))
    },
    erase: erasures.erase,
    reapplyErasures: erasures.reapply,
    async find({ tenant, subject, key, request }) {
      if (key === undefined) return null
      const { read } = database.graph(tenant)
      const [row] = await findCommands(read, [{ principal: subject, key: mayWrite(key) }])
      const head = row && (await readLog(read))
      if (!row || !head) return null
      const again = replay(row, { key, request: requestHash(request) }, head.epoch)
      if (again.end === 'refused') throw again.problem
      return again.receipt
    },
    async createTenant({ tenant, subject, key }) {
      const founding = {
        tenant,
        service,
        subject,
        key: mayWrite(key),
        request: requestHash(`tenantCreate ${tenant}`),
        newestOf: desk.newestOf,
      }
      const receipt = await held(found(founding))
      database.noteApplied(tenant, receipt.position)
      signer?.soon(tenant)
      return receipt
    },
    checkpoint: published.last,
    checkpointOf: published.atLeast,
    waiting: () => [...sequencers.values()].reduce((sum, { waiting }) => sum + waiting, 0),
    async close() {
      closing = true
      await Promise.all([...sequencers.values()].map((sequencer) => sequencer.close()))
      await Promise.all(beside)
      await forgetting.close()
      await signer?.close()
    },
  }
}

const isWellFormed = ({ namespace, name }: Name) => namespace.isWellFormed() && name.isWellFormed()

const requestHash = (request: string) => b64(sha256(utf8(request)))
