import type { Permission } from '../domains/access/permissions.ts'
import type { Position } from '../lineage/position.ts'
import type { Context } from './context.ts'

/** Something that a subscription tells, and the position of the log that it is of. */
export interface FeedEvent {
  /** Where whoever was told it goes on: what a client gives back as the last that it has seen. */
  place: string
  position: Position
  event: object
}

/** Some of what is to be told, and where to go on; `end` is how far there is anything to read now. */
export interface FeedPage {
  events: FeedEvent[]
  through: string
  /** Whether there may be more at once. */
  more: boolean
  /** Otherwise: until the log goes beyond a position, or for so many milliseconds, a heartbeat at most. */
  wait: { beyond: Position } | { ms: number }
}

/** What a subscription reads from. It holds no place: whoever tells it does. */
export interface Feed {
  tenant: string
  /** Asked for anew whenever it is read on. */
  permission: Permission
  start: string
  /** @param context Opened for this read alone. */
  read(after: string, context: Context): Promise<FeedPage>
}

/**
 * What a request that subscribes is about: first it is opened, which finds the feed; then every event is
 * a request of its own, through the same doors, and sees nothing that was kept from the one before.
 */
export interface Subscribing {
  /** The place that the client says it has seen, in a header. */
  lastSeen: string | undefined
  feed?: Feed
  event?: object
}

/** Hands the feed to whoever tells it; where an event is told, it is the only one. */
export async function subscribed<Event extends object>(
  { subscribing }: Context,
  open: () => Promise<Feed>,
): Promise<AsyncIterable<Event>> {
  if (!subscribing) throw new Error('no subscription is told here')
  if (subscribing.event) return each([subscribing.event as Event])
  subscribing.feed = await open()
  return each<Event>([])
}

async function* each<Event>(events: readonly Event[]) {
  yield* events
}
