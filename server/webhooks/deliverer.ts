import type { Patience } from '../../domains/webhooks/after.ts'
import { WEBHOOK_LIMITS } from '../../domains/webhooks/limits.ts'
import type { Networks } from '../../domains/webhooks/reachable.ts'
import type { Keys, WebhookKeys } from '../../ledger/keys.ts'
import {
  dueWebhooks,
  forgottenWebhooks,
  type HookRow,
  wakeDelivery,
} from '../../lineage/deliveries.ts'
import { type Database, SERVICE } from '../../lineage/graph.ts'
import { openSender } from './send.ts'
import { keysToSign } from './sign.ts'
import { type Outcome, takeTurn } from './turn.ts'

/** Delivers to webhooks in the background. */
export interface Deliverer {
  /** Begins nothing more, gives what is under way a moment, and hands back what it holds. */
  close(): Promise<void>
}

export interface DelivererOptions {
  database: Database
  keys: Keys
  service: string
  networks: Networks | null
  /** How long an endpoint may take. */
  timeoutMs: number
  patience: Patience
  mostDead?: number
  everyMs?: number
  onOutcome?(outcome: Outcome): void
  onError(error: unknown): void
}

/** How often it is looked what there is to be done. */
const EVERY_MS = 1_000
/** How often for webhooks that nobody delivers for. */
const FORGOTTEN_EVERY = 60
/** Turns at once: those of one tenant leave room for others, whose endpoints may be faster. */
const MOST_TURNS = 32
const MOST_OF_TENANT = 4
/** How long keys are taken for those that sign. */
const KEYS_MS = 5_000
/** How long what is under way may take at the end. */
const GRACE_MS = 2_000

/** Opens the deliverer of one server. Any number may run: each webhook is one's at a time. */
export function openDeliverer({
  database,
  keys,
  service,
  mostDead = WEBHOOK_LIMITS.deadLetters,
  everyMs = EVERY_MS,
  onOutcome = () => {},
  onError,
  ...options
}: DelivererOptions): Deliverer {
  const signing = keys.webhook
  const sender = openSender(options)
  const stop = new AbortController()
  const holder = crypto.randomUUID()
  const turns = new Map<string, Promise<void>>()
  const ofTenant = new Map<string, number>()
  const told = new Map<string, unknown>()
  const { read } = database.graph(SERVICE)
  let looks = 0
  let closing = false

  /** Whoever holds them may be a program, and is not asked for each event. */
  let held: { at: number; keys: ReturnType<typeof keysToSign> } | undefined
  const signingNow = (webhook: WebhookKeys) => {
    if (!held || performance.now() - held.at > KEYS_MS) {
      held = { at: performance.now(), keys: keysToSign(webhook, keys.isBanned) }
      held.keys.catch(() => {
        held = undefined
      })
    }
    return held.keys
  }

  const tell = (about: string, error: unknown) => {
    const code = (error as { code?: unknown }).code ?? String(error)
    if (told.get(about) !== code) onError(error)
    told.set(about, code)
  }

  const turn = async ({ tenant, id }: HookRow, webhook: WebhookKeys) => {
    const graph = database.graph(tenant)
    const { patience } = options
    const asking = { sender, keys: () => signingNow(webhook), service, signal: stop.signal }
    const turning = { graph, ...asking, patience, mostDead, holder, onOutcome }
    const isLeft = await takeTurn({ id }, turning)
    told.delete(id)
    return isLeft
  }

  const begin = (row: HookRow, webhook: WebhookKeys) => {
    const { tenant, id } = row
    const running = ofTenant.get(tenant) ?? 0
    if (turns.has(id) || turns.size >= MOST_TURNS || running >= MOST_OF_TENANT) return
    ofTenant.set(tenant, running + 1)
    const done = turn(row, webhook)
      .catch((error: unknown) => tell(id, error))
      .then((isLeft) => {
        turns.delete(id)
        const left = ofTenant.get(tenant)! - 1
        if (left === 0) ofTenant.delete(tenant)
        else ofTenant.set(tenant, left)
        if (isLeft) lookNow()
      })
    turns.set(id, done)
  }

  const look = async (webhook: WebhookKeys) => {
    if (looks++ % FORGOTTEN_EVERY === 0) {
      for (const { tenant, id } of await forgottenWebhooks(read)) {
        await database.graph(tenant).write(({ run }) => wakeDelivery(run, { id }))
      }
    }
    const due = await dueWebhooks(read)
    told.delete(SERVICE)
    // In another order each time: where there is no room for all, it is not always the same that wait.
    for (const row of shuffled(due.filter(isActive))) if (!closing) begin(row, webhook)
  }

  let looking: Promise<void> | undefined
  const lookNow = () => {
    if (!signing || closing) return
    looking ??= look(signing)
      .catch((error: unknown) => tell(SERVICE, error))
      .finally(() => {
        looking = undefined
      })
  }
  const timer = setInterval(lookNow, everyMs)
  timer.unref()

  return {
    async close() {
      closing = true
      clearInterval(timer)
      await looking
      const grace = setTimeout(() => stop.abort(), GRACE_MS)
      await Promise.all(turns.values())
      clearTimeout(grace)
      sender.close()
    },
  }
}

/** One that is paused stays where it is, and takes nobody's turn. */
const isActive = ({ action, fields }: HookRow) =>
  action === 'retire' || !(JSON.parse(fields ?? '{"paused":true}') as { paused?: boolean }).paused

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
