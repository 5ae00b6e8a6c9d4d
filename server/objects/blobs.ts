import type { Slice, Spooled } from '../../core/objects.ts'

/** A name under which bytes are kept. */
export interface Blob {
  name: string
  size: number
  /** When it was written, in milliseconds of the clock. */
  since: number
}

/**
 * What a store must be able to do for object files to be kept in it: bytes under names such as
 * `ab/abcd`, whole or not at all. A write is seen by every later read of anybody.
 */
export interface Blobs {
  /** A folder of this machine where bytes are written that are not kept yet. */
  readonly spool: string
  /**
   * Keeps bytes durably under a name that has none; `false` where it has some already.
   *
   * @throws {Problem} As everything here: `OBJECT_STORE_FULL`, `OBJECT_STORE_REFUSED`,
   *   `OBJECT_STORE_UNAVAILABLE`.
   */
  create(name: string, content: Uint8Array | Spooled): Promise<boolean>
  /** Keeps bytes durably under a name in place of what is there: a reader gets the one or the other. */
  replace(name: string, content: Uint8Array | Spooled): Promise<void>
  find(name: string): Promise<Blob | null>
  /** Opens it when the first bytes are asked for. */
  read(name: string, slice: Slice): AsyncIterable<Uint8Array>
  /** Everything whose name begins so. */
  list(prefix: string): AsyncIterable<Blob>
  /** Takes a name away for good, and what unfinished writes of it have left. */
  remove(name: string): Promise<void>
  /** Deletes what unfinished writes from before a time have left; says how much. */
  tidy(before: number): Promise<number>
  /**
   * Resolves where so many bytes would be taken now. It may begin to write some and take them back:
   * nothing ever appears under a name, and what is cut off is found by `tidy`.
   *
   * @param bytes None, where it is enough that the store answers.
   */
  check(bytes: number, signal?: AbortSignal): Promise<void>
  close(): void
}
