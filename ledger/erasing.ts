import { earlierNow } from '../core/earlier-now.ts'
import { type Objects, tenantOfAddress } from '../core/objects.ts'
import type { Problem } from '../core/problem.ts'
import { carriersOf, headersOfErasure, knownEntities, subjectOf } from '../lineage/erasures.ts'
import type { Database } from '../lineage/graph.ts'
import { parseLeaf, type RecordHeader } from '../proofs/leaf.ts'
import type { Receipt } from './attempt.ts'
import { discardAttachments } from './discard-attachments.ts'
import { discardExports } from './discard-exports.ts'
import { discardUnrecorded } from './discard-unrecorded.ts'
import type { Because, Draft } from './draft.ts'
import type { Entry, ErasureJournal } from './erasures.ts'
import type { Command } from './ledger.ts'
import { eraseNoJournal, policyInForce } from './problems.ts'

/** What erasing needs beside the database. */
export interface ErasingOptions {
  journal: ErasureJournal
  /** Where exports are kept, which may hold what is erased, and attachments, which are erased. */
  objects: Objects
  /** How long backups and transaction logs may still hold what was erased. */
  pendingDays: number
}

/** What a caller wants erased: an entity, some of its records, or who a pseudonym stands for. */
export type ErasureCommand = Pick<
  Command,
  'tenant' | 'subject' | 'key' | 'request' | 'policies'
> & {
  because: Because
  what: { entity: string; records?: readonly number[] } | { actorOf: string }
}

/** What was done again of a journal. */
export interface Reapplied {
  /** Erasures of which the database still, or again, held something. */
  erased: number
  /** All entries of the journal for this tenant. */
  entries: number
}

/** In whose name the service itself completes erasures. */
const ERASER = 'selvedge:erasures'

/**
 * Carries erasures out to the end: the journal before the commit, the files after it, and both again
 * where a process was killed between them, or a database restored (docs/runbooks/erasure.md).
 */
export function openErasures(
  {
    database,
    erasing,
    onError,
  }: {
    database: Database
    erasing: ErasingOptions | null
    onError(error: unknown): void
  },
  submit: (command: Command) => Promise<Receipt>,
) {
  const tellHeld = (tenant: string, id: string, holds: readonly number[]) =>
    submit({
      tenant,
      subject: ERASER,
      request: `list what ${id} holds`,
      ids: [id],
      run: async (draft) => [draft.assert({ kind: 'Export', id, fields: { holds: [...holds] } })],
    })

  /** Deletes the files that hold what an erasure erased; the database refuses them already. */
  const finish = async ({ journal, objects }: ErasingOptions, tenant: string, entry: Entry) => {
    const { erasure, entity, files } = entry
    if (entity !== null) {
      const rows = await headersOfErasure(database.graph(tenant).read, { id: entity, erasure })
      const targets = rows.flatMap(({ header }) => (parseLeaf(header) as RecordHeader).targets!)
      const own = files.filter((file) => tenantOfAddress(file) === tenant)
      const exported = files.filter((file) => tenantOfAddress(file) === undefined)
      const tell = (id: string, holds: readonly number[]) => tellHeld(tenant, id, holds)
      await discardExports({ database, objects, tenant, files: exported, tell }, new Set(targets))
      await discardAttachments({ database, objects }, tenant, own)
      await discardUnrecorded({ database, objects }, earlierNow())
    }
    await journal.applied(erasure)
  }

  const isLeft = async (tenant: string, { entity, actor, bodies }: Entry) => {
    const { read } = database.graph(tenant)
    if (actor !== null) return (await subjectOf(read, actor)) !== undefined
    const gone = new Set(bodies)
    return (await carriersOf(read, entity!)).some(({ body, left }) => left && gone.has(body))
  }

  /** Erases again what is there of it, and says whether anything was. */
  const again = async (options: ErasingOptions, tenant: string, entry: Entry) => {
    const left = await isLeft(tenant, entry)
    if (left) {
      await submit({
        tenant,
        subject: ERASER,
        request: `erase again ${entry.erasure}`,
        ids: [...(entry.entity === null ? [] : [entry.entity]), entry.erasure],
        run: (draft) => eraseAgain(draft, entry),
      })
    }
    await finish(options, tenant, entry)
    return left
  }

  return {
    async erase({ because, what, ...command }: ErasureCommand): Promise<Receipt> {
      if (!erasing) throw eraseNoJournal()
      const ids = [because.id, ...('entity' in what ? [what.entity] : [])]
      const run = (draft: Draft) => {
        if (!('entity' in what)) return draft.eraseActor({ subject: what.actorOf }, because)
        // Under the lock: whoever may erase must not lift a policy, however it came to be in force.
        const found = draft.get(what.entity)
        if (found?.kind === 'Policy' && found.action === 'assert') throw policyInForce(what.entity)
        return draft.erase({ id: what.entity, records: what.records }, because)
      }
      const receipt = await submit({ ...command, ids, run })
      const entries = await erasing.journal.of(command.tenant)
      const told = new Set(receipt.outcomes.map(({ id }) => id))
      // What fails here is refused to readers all the same, and done at the next start.
      for (const entry of entries.filter(({ erasure, applied }) => !applied && told.has(erasure))) {
        await finish(erasing, command.tenant, entry).catch(onError)
      }
      return receipt
    },

    /** Erases again whatever the journal names and the database holds: after a restore. */
    async reapply(tenant: string): Promise<Reapplied> {
      if (!erasing) throw eraseNoJournal()
      const entries = await erasing.journal.of(tenant)
      let erased = 0
      for (const entry of entries) if (await again(erasing, tenant, entry)) erased += 1
      return { erased, entries: entries.length }
    },

    /** Completes what an earlier process has journalled and not carried out, or a restore undone. */
    async complete() {
      if (!erasing) return
      await discardUnrecorded({ database, objects: erasing.objects }, earlierNow()).catch(onError)
      for (const tenant of await erasing.journal.tenants()) {
        try {
          const entries = await erasing.journal.of(tenant)
          const ids = entries.map(({ erasure }) => erasure)
          const known = await knownEntities(database.graph(tenant).read, ids)
          for (const entry of entries) {
            if (!known.has(entry.erasure)) await again(erasing, tenant, entry)
            else if (!entry.applied) await finish(erasing, tenant, entry)
          }
        } catch (error) {
          onError(error)
        }
      }
    },
  }
}

async function eraseAgain(draft: Draft, { erasure, entity, actor, bodies, ...entry }: Entry) {
  const because = { id: erasure, ground: entry.ground, reason: entry.reason }
  try {
    return entity === null
      ? await draft.eraseActor({ actor: actor! }, because)
      : await draft.erase({ id: entity, bodies }, because)
  } catch (error) {
    // Somebody else was faster, or the backup is from before there was such a thing.
    if (['ACTOR_UNKNOWN', 'ENTITY_UNKNOWN'].includes((error as Problem).code)) return []
    throw error
  }
}
