import { createHash } from 'node:crypto'
import { readChanges } from '../../domains/changes/read-changes.ts'
import { type Patience, retryAfterOf, verdictOf } from '../../domains/webhooks/after.ts'
import { bodyOf, type WebhookBody } from '../../domains/webhooks/webhook.ts'
import {
  buryEvent,
  claimDelivery,
  cutDeadLetters,
  type Delivery,
  type DeliveryNote,
  dropDeadLetters,
  findHook,
  forgetDelivery,
  type HookRow,
  markedLetters,
  noneMarked,
  noteDelivery,
  releaseDelivery,
} from '../../lineage/deliveries.ts'
import type { Ask, Graph } from '../../lineage/graph.ts'
import { isOnItsWay, type LogHead, readLog, readWholeLog } from '../../lineage/log.ts'
import type { RecordHeader } from '../../proofs/leaf.ts'
import { type Asking, askAgreement, isWell, tellRecord, type Wrong, wrongOf } from './endpoint.ts'
import type { Answered } from './send.ts'

/** What a turn needs of its surroundings. */
export interface Turning extends Asking {
  graph: Graph
  patience: Patience
  /** Dead letters of one webhook; with so many it ends. */
  mostDead: number
  /** Under which it holds what it claims. */
  holder: string
  onOutcome(outcome: Outcome): void
}

/** What came of one attempt, for who counts them. */
export type Outcome = 'delivered' | 'retried' | 'given up' | 'agreed' | 'refused' | 'ended'

/** Events in one turn, and how long it may go on: others wait for theirs. */
const MOST_EVENTS = 200
const TURN_MS = 2_000
/** Records that are read at once: each may have a header of 64 KiB. */
const PAGE = 50
/** How often it is noted how far they have come: what came since is sent again after a kill. */
const NOTE_MS = 250

/** Another server holds these deliveries by now, or they are gone. */
class Lost extends Error {}

/**
 * Delivers what a webhook is to be told, until there is nothing left, the turn is over or something fails.
 *
 * @returns Whether it might go on at once.
 */
export async function takeTurn({ id }: Pick<HookRow, 'id'>, turning: Turning): Promise<boolean> {
  const { graph, holder } = turning
  const held = { id, holder }
  const claimed = await graph.write(({ run }) => claimDelivery(run, held))
  if (!claimed) return false
  const turn = new Turn(turning, claimed)
  try {
    await turn.run()
    return turn.isOver
  } catch (error) {
    if (!(error instanceof Lost)) throw error
    return false
  } finally {
    await graph.write(({ run }) => releaseDelivery(run, held))
  }
}

class Turn {
  readonly #turning: Turning
  #state: Delivery & { age: number | null }
  readonly #endAt = performance.now() + TURN_MS
  #sent = 0
  #notedAt = performance.now()

  constructor(turning: Turning, state: Delivery & { age: number | null }) {
    this.#turning = turning
    this.#state = state
  }

  get isOver() {
    const isLate = performance.now() >= this.#endAt
    return isLate || this.#sent >= this.#most || this.#turning.signal.aborted
  }

  /** One that takes few a minute gets them one by one. */
  get #most() {
    return this.#state.rate === null ? MOST_EVENTS : 1
  }

  async run() {
    const { graph } = this.#turning
    const hook = await findHook(graph.read, this.#state.id)
    if (!hook) return
    if (hook.action === 'retire') return this.#forget()
    const body = bodyOf(JSON.parse(hook.fields ?? '{}') as Record<string, unknown>)
    if (!body || body.paused) return
    if (this.#state.ended !== null) {
      if (hook.seq <= (this.#state.endedSeq ?? hook.seq)) return
      await this.#note({ row: { ended: null, endedSeq: null, attempts: 0, failing: null } })
      this.#state.age = null
    }
    let head = await this.#log()
    if (this.#state.epoch !== head.epoch) await this.#follow(head)
    if (this.#state.agreed !== digest(body.url) && !(await this.#agree(hook, body))) return
    if (this.#state.again && !(await this.#again(hook, body, head))) return
    while (!this.isOver) {
      head = await this.#log()
      if (this.#state.next >= head.size) return
      if (!(await this.#page(hook, body, head))) return
    }
  }

  /** With all that is committed: where nobody writes any more, nobody else would say that it is applied. */
  async #log(): Promise<LogHead> {
    const { graph } = this.#turning
    const head = await readLog(graph.read)
    const isLeft = head && this.#state.next >= head.size && isOnItsWay(head, head.written)
    const whole = isLeft ? await readWholeLog(graph) : head
    if (!whole) throw new Lost()
    return whole
  }

  /** A restore has cut the log: what was told of it beyond that is no more, and what comes there is new. */
  async #follow({ epoch, kept }: LogHead) {
    const { id, next } = this.#state
    const from = Math.min(next, kept[this.#state.epoch] ?? next)
    const row = { epoch, next: from }
    await this.#note({ row, pause: 0 }, (ask) => cutDeadLetters(ask, { id, from }))
  }

  async #agree(hook: HookRow, { url }: WebhookBody) {
    const said = await askAgreement(url, this.#turning)
    if (!said) return false
    if (!said.agrees) {
      await this.#failed(hook, said.wrong, { answered: said.answered, event: null })
      return false
    }
    this.#turning.onOutcome('agreed')
    const row = { agreed: digest(url), rate: said.rate, attempts: 0, ...NOTHING_WRONG }
    await this.#note({ row, tried: true, came: true })
    return true
  }

  /** What is to be tried again comes first: somebody waits for it. Each is tried once. */
  async #again(hook: HookRow, body: WebhookBody, head: LogHead): Promise<boolean> {
    const { graph } = this.#turning
    const { id } = this.#state
    while (!this.isOver) {
      const [letter] = await markedLetters(graph.read, { id, first: 1 })
      if (!letter) break
      const after = { epoch: head.epoch, seq: letter.seq }
      const page = await readChanges(graph, { after, first: 1 })
      const record = page?.changes[0]?.header
      const isThere = record?.seq === letter.seq
      const answered = isThere ? await this.#post(body, record, head) : null
      if (answered === undefined) return false
      const { seq } = letter
      const came = answered === null || isWell(answered)
      if (answered && !came) {
        const row = { epoch: letter.epoch, attempts: letter.attempts + 1, ...wrongOf(answered) }
        await this.#note({ row: {} }, (ask) => buryEvent(ask, { id, seq, row }))
      } else {
        await this.#note({ row: {} }, (ask) => dropDeadLetters(ask, { id, seqs: [seq] }))
      }
      if (answered) this.#turning.onOutcome(came ? 'delivered' : 'given up')
      if (answered?.status === 410) {
        await this.#failed(hook, wrongOf(answered), { answered, event: null })
        return false
      }
    }
    if (!this.isOver) await graph.write(({ run }) => noneMarked(run, id))
    return !this.isOver
  }

  /** @returns Whether to go on. */
  async #page(hook: HookRow, body: WebhookBody, head: LogHead): Promise<boolean> {
    const { graph } = this.#turning
    const after = { epoch: head.epoch, seq: this.#state.next }
    const kinds = body.kinds.length > 0 ? body.kinds : null
    const page = await readChanges(graph, { after, first: PAGE, kinds })
    if (!page) throw new Lost()
    for (const { header, position } of page.changes) {
      const answered = this.isOver ? undefined : await this.#post(body, header, head)
      if (answered === undefined) {
        await this.#came()
        return false
      }
      if (!isWell(answered)) {
        await this.#failed(hook, wrongOf(answered), { answered, event: header })
        return false
      }
      this.#turning.onOutcome('delivered')
      this.#sent += 1
      this.#state.next = position.seq
      this.#state.attempts = 0
      if (performance.now() - this.#notedAt >= NOTE_MS) await this.#came()
    }
    this.#state.next = page.through.seq
    await this.#came()
    return true
  }

  /** Events come one after the other, so that the last that came stands for all before it. */
  async #came() {
    const { next, rate } = this.#state
    const isTold = this.#sent > 0
    const pause = rate === null || !isTold ? null : Math.ceil(60_000 / rate)
    const row = isTold ? { next, attempts: 0, ...NOTHING_WRONG } : { next }
    await this.#note({ row, pause, tried: isTold, came: isTold })
  }

  #post({ url }: WebhookBody, record: RecordHeader, head: LogHead) {
    const { tenant } = this.#turning.graph
    return tellRecord(url, { tenant, record, head }, this.#turning)
  }

  /** Notes a failure, and what follows from it. */
  async #failed(
    { seq: hookSeq }: HookRow,
    wrong: Wrong,
    { answered, event }: { answered: Answered; event: RecordHeader | null },
  ) {
    const { patience, onOutcome, mostDead } = this.#turning
    const { id, attempts, age, next } = this.#state
    const header = answered.status === null ? undefined : answered.headers['retry-after']
    const attempted = {
      status: answered.status !== null && wrong.error === 'NOT_AGREED' ? 0 : answered.status,
      ...{ error: null, retryAfterMs: retryAfterOf(header, Date.now()) },
    }
    const verdict = verdictOf(attempted, { attempts, age }, patience, Math.random())
    const row = { next, attempts: attempts + 1, ...wrong }
    if (verdict.what === 'ended') {
      onOutcome('ended')
      const end = { ended: verdict.ending, endedSeq: hookSeq, attempts: 0 }
      return this.#note({ row: { ...row, ...end }, tried: true })
    }
    // One that does not agree is asked again, and has nothing to be given up.
    const pause = verdict.what === 'came' ? patience.firstMs : verdict.pause
    if (verdict.what !== 'dead' || event === null) {
      onOutcome(event === null ? 'refused' : 'retried')
      return this.#note({ row, pause, tried: true })
    }
    onOutcome('given up')
    const isFull = this.#state.dead + 1 >= mostDead
    const after = { next: event.seq + 1, attempts: 0, ...wrong }
    const full = isFull ? ({ ended: 'full', endedSeq: hookSeq } as const) : {}
    const letter = { epoch: this.#state.epoch, attempts: attempts + 1, ...wrong }
    return this.#note({ row: { ...after, ...full }, pause, tried: true }, (ask) =>
      buryEvent(ask, { id, seq: event.seq, row: letter }),
    )
  }

  /** In one transaction with whatever goes with it. @throws {Lost} */
  async #note(note: DeliveryNote, also?: (ask: Ask) => Promise<unknown>) {
    const { graph, holder } = this.#turning
    const { id } = this.#state
    await graph.write(async ({ run }) => {
      if (!(await noteDelivery(run, { id, holder }, note))) throw new Lost()
      await also?.(run)
    })
    this.#notedAt = performance.now()
    this.#state = { ...this.#state, ...note.row }
  }

  async #forget() {
    const { graph } = this.#turning
    const { id } = this.#state
    await graph.write(({ run }) => forgetDelivery(run, id))
  }
}

const NOTHING_WRONG = { status: null, error: null } as const

/** By which it is known that another address must agree; the address itself stands in the body alone. */
const digest = (url: string) => createHash('sha256').update(url).digest('base64url')
