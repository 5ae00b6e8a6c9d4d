import { failpoint } from '../../core/failpoint.ts'
import { appendLeaves } from '../../ledger/append-leaves.ts'
import { edgeRows } from '../../ledger/edge-rows.ts'
import { stopWebhooks } from '../../lineage/deliveries.ts'
import { changeEntities, createEntityNodes, writeEdges } from '../../lineage/entity-store.ts'
import type { Graph, Transaction } from '../../lineage/graph.ts'
import { OPEN } from '../../lineage/kinds.ts'
import { createLog, type LogHead, lockLog } from '../../lineage/log.ts'
import { forgetPages, type PageChange, writePages } from '../../lineage/pages.ts'
import { moveState } from '../../lineage/state-log.ts'
import { enterTenant } from '../../lineage/tenants.ts'
import { parseCheckpoint } from '../../proofs/checkpoint.ts'
import { parseNote } from '../../proofs/note.ts'
import {
  beginLog,
  countWindows,
  endLog,
  fillActors,
  fillCommands,
  fillMerges,
  fillUsages,
  fillWindows,
} from './fill.ts'
import type { LogLine, ShelfLine, TenantLine, TimeLine } from './lines.ts'
import { restoreMoved, unsound } from './problems.ts'
import { type Changed, Rebuild, type TimeOf } from './rebuild.ts'
import { statePages } from './state-pages.ts'

/** What one transaction writes at most: so many leaves, of so many characters in all. */
const MOST_LEAVES = 1_000
const MOST_CHARS = 8_000_000
const MOST_ROWS = 2_000
const MOST_PAGES = 1_000
/** A machine that does nothing but restore may still be slow. */
const LONGEST_MS = 120_000

/**
 * Writes a tenant into a database that has nothing of it, leaf by leaf in their order, so that what is
 * there is a whole log at any moment. Who is called again for the same archive goes on from there.
 */
export class RestoreTenant {
  readonly #graph: Graph
  readonly #log: LogLine
  readonly #rebuild: Rebuild
  /** How many leaves the database has. */
  #stored = 0
  #done = false
  #next: Changed = nothing()
  #chars = 0
  #rows: ShelfLine[] = []
  #rowChars = 0
  #times: TimeLine[] = []

  constructor(graph: Graph, log: LogLine, timeOf: TimeOf) {
    this.#graph = graph
    this.#log = log
    this.#rebuild = new Rebuild(log, timeOf)
  }

  /** Makes the log where it is not there, and sees how far an earlier call has come. */
  async begin() {
    const { origin, namingKey, size, epoch } = this.#log
    const head = await this.#write(async ({ run }) => {
      await enterTenant(run)
      const found = await lockLog(run)
      if (found) return found
      await createLog(run, { origin, at: '', namingKey })
      await beginLog(run, this.#log)
      return undefined
    })
    this.#stored = head?.written ?? 0
    // What a restore appends comes behind all that the backup holds.
    this.#done = head !== undefined && (head.epoch > epoch || head.signed >= size)
    if (!this.#done && this.#stored > size) throw restoreMoved(this.#log.tenant)
  }

  /** Takes the next line of the tenant. */
  async accept(line: TenantLine) {
    if (this.#done) return
    if (line.is === 'leaf') {
      this.#rebuild.accept(line, this.#next)
      this.#chars += line.header.length + (line.fields?.length ?? 0)
      const isFull = this.#next.records.length >= MOST_LEAVES || this.#chars >= MOST_CHARS
      if (isFull || this.#next.records.at(-1)!.seq + 1 === this.#log.size) await this.#flush()
    } else if (line.is === 'time') this.#times.push(line)
    else if (isOfShelf(line)) {
      this.#rows.push(line)
      if (line.is === 'usage') this.#rowChars += line.row.text?.length ?? 0
      if (this.#rows.length >= MOST_ROWS || this.#rowChars >= MOST_CHARS) await this.#fill()
    } else if (line.is === 'end') await this.#end()
  }

  #write<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#graph.write(work, LONGEST_MS)
  }

  /** Writes the leaves that wait, but for those that an earlier call has written. */
  async #flush() {
    const { records, steps, touched } = this.#next
    this.#next = nothing()
    this.#chars = 0
    const from = records[0]!.seq
    const to = from + records.length
    if (to <= this.#stored) return
    // An earlier call may have ended in the midst of what this one puts together.
    const left = records.filter(({ seq }) => seq >= this.#stored)
    const isLeft = ({ since }: { since: number }) => since >= this.#stored
    const rows = [...touched].map(([id, found]) => ({
      ...this.#rebuild.entities.get(id)!.row,
      ...found,
    }))
    const stored = this.#stored
    const edges = edgeRows(steps.filter(isLeft))
    let tries = 0
    await this.#write(async ({ run }) => {
      tries += 1
      const locked = await lockLog(run)
      // Where nobody heard how an earlier try of ours ended, it may have been carried out.
      if (tries > 1 && locked?.size === to) return
      const head = this.#required(locked, stored)
      await Promise.all([
        appendLeaves(run, head, left),
        createEntityNodes(
          run,
          rows.filter(({ first }) => first >= stored),
        ),
        changeEntities(
          run,
          rows.filter(({ first, seq }) => first < stored && seq >= stored),
        ),
        // Closed first: an edge that is dropped and linked anew would otherwise be closed twice.
        writeEdges(run, 'change', edges.change),
        writeEdges(run, 'create', edges.create),
      ])
    })
    this.#stored = to
    failpoint('restore-commit')
  }

  async #lock(run: Transaction['run'], stored: number): Promise<LogHead> {
    return this.#required(await lockLog(run), stored)
  }

  #required(head: LogHead | undefined, stored: number): LogHead {
    if (head?.size !== stored) throw restoreMoved(this.#log.tenant)
    return head
  }

  async #fill() {
    const rows = this.#rows
    this.#rows = []
    this.#rowChars = 0
    await this.#write(async ({ run }) => {
      await this.#lock(run, this.#log.size)
      await fillCommands(run, of(rows, 'command'))
      await fillActors(run, of(rows, 'actor'))
      await fillMerges(run, of(rows, 'merge'))
      await fillUsages(run, of(rows, 'usage'))
      await fillWindows(run, of(rows, 'window'))
    })
  }

  async #end() {
    await this.#fill()
    await this.#write(({ run }) => countWindows(run))
    await this.#date()
    await this.#pages()
    const { witnessed } = this.#log
    const { keySeqs: all } = this.#rebuild
    // The first two stand where every log's do, and are not noted before a third comes.
    const keySeqs = all.length > 2 ? all : null
    const witnessedSize =
      witnessed === null ? null : parseCheckpoint(parseNote(witnessed).text).size
    await this.#write(async ({ run }) => {
      await this.#lock(run, this.#log.size)
      await endLog(run, this.#log, { keySeqs, witnessedSize })
      await stopWebhooks(run)
    })
    failpoint('restore-commit')
  }

  /** The times of the edges of runs whose bodies are erased. */
  async #date() {
    const rows = this.#times.map(({ is: _, ...edge }) => ({
      ...edge,
      since: 0,
      until: OPEN,
      leaf: null,
    }))
    for (const some of parts(rows, MOST_ROWS)) {
      await this.#write(({ run }) => writeEdges(run, 'change', some))
    }
  }

  async #pages() {
    const { state, entities } = this.#rebuild
    await this.#dropPages()
    if (state === null) return
    const { pages, root } = statePages(entities)
    if (root !== state.root)
      throw unsound(this.#log.tenant, `the state is ${root}, not ${state.root}`)
    for (const some of parts<PageChange>(pages, MOST_PAGES)) {
      await this.#write(async ({ run }) => {
        await writePages(run, some, state.seq)
      })
    }
    await this.#write(({ run }) => moveState(run, { built: state.seq + 1, stateSize: state.seq }))
  }

  /** Those that an earlier call has made, perhaps not all. */
  async #dropPages() {
    while ((await this.#write(({ run }) => forgetPages(run, OPEN))) > 0);
  }
}

const nothing = (): Changed => ({ records: [], steps: [], touched: new Map() })

const SHELVES: ReadonlySet<string> = new Set<ShelfLine['is']>([
  ...(['command', 'actor', 'merge', 'usage', 'window'] as const),
])
const isOfShelf = (line: TenantLine): line is ShelfLine => SHELVES.has(line.is)

const of = <Is extends ShelfLine['is']>(rows: readonly ShelfLine[], is: Is) =>
  rows.filter((row) => row.is === is).map(({ row }) => row) as Extract<
    ShelfLine,
    { is: Is }
  >['row'][]

function* parts<T>(all: readonly T[], size: number) {
  for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size)
}
