import { Problem } from './problem.ts'

/** The bytes from `start` up to, but without, `end`. */
export interface Slice {
  start: number
  end: number
}

/**
 * Bytes that lie in a file of this machine until they are kept: while they come in nobody knows their
 * hash, and so not where they belong.
 */
export interface Spooled {
  path: string
  size: number
  /** In lower-case hex. */
  sha256: string
  read(slice: Slice): Promise<Uint8Array>
  /** Takes the file away; what was put stays. */
  discard(): Promise<void>
}

/** The address of a file that is one tenant's own: the same bytes of another tenant are another file. */
export const addressWithin = (tenant: string, sha256: string) => `${tenant}.${sha256}`

/** Whose own the file at an address is; `undefined` where the bytes alone make the address. */
export const tenantOfAddress = (address: string) =>
  address.includes('.') ? address.slice(0, address.indexOf('.')) : undefined

/**
 * Files addressed by the SHA-256 of their bytes, in lower-case hex, after the tenant whose own they are
 * (`addressWithin`): what is put is never changed.
 */
export interface Objects {
  /**
   * Keeps the bytes durably and returns their address. Until it is settled they are claimed: whoever
   * puts them may die before anything leads to them, and then somebody must be able to find them.
   *
   * @param by Names what is going to lead to them, in a-z, 0-9, `.` and `-`; new each time.
   * @param tenant Whose own they are: of the same bytes that two tenants put, each has its own.
   */
  put(content: Uint8Array | Spooled, by: string, tenant?: string): Promise<string>
  /**
   * Writes what comes to a file of this machine, to be put; one that is cut off is found by `tidy`. What
   * the source throws is thrown, and nothing is left then.
   */
  spool(source: AsyncIterable<Uint8Array>): Promise<Spooled>
  /** Ends a claim, as what leads to the bytes is there now; or they are not to stay. */
  settle(claim: Pick<Claim, 'address' | 'by'>): Promise<void>
  /** What was put and not settled. */
  claims(): Promise<Claim[]>
  /** How many bytes are at an address, and a way to read all or some of them; `null` where there is nothing. */
  get(address: string): Promise<StoredObject | null>
  /** Deletes what is at an address for good, claimed or not; where there is nothing, it does nothing. */
  delete(address: string): Promise<void>
  /** Everything that is kept, in no particular order. */
  list(): AsyncIterable<Kept>
  /**
   * Deletes those of the addresses that nothing leads to. Safe beside whoever puts the very same bytes
   * meanwhile: either they are not deleted, or they are put again.
   *
   * @param led What something leads to; asked once no put of these addresses can go unnoticed any more.
   * @returns What was deleted.
   */
  collect(addresses: readonly string[], led: () => Promise<ReadonlySet<string>>): Promise<string[]>
  /** Deletes what writing that was cut off before a time (in milliseconds) has left; says how much. */
  tidy(before: number): Promise<number>
  /**
   * Resolves where something could be put now; as much as could not be put last, if anything could not.
   *
   * @throws {Problem} What a put would be told.
   */
  check(signal?: AbortSignal): Promise<void>
  /** Lets go of connections. */
  close(): void
}

/** An object that was put, and for what. */
export interface Claim {
  address: string
  by: string
  /** In milliseconds of the clock. */
  since: number
}

/** An object that is kept. */
export interface Kept {
  address: string
  size: number
  /** When it was put first, in milliseconds of the clock. */
  since: number
}

/** Reads a file to its end, and says whether it is what was put: the store breaks off what is damaged. */
export async function isWhole(stored: StoredObject): Promise<boolean> {
  try {
    await stored.read().pipeTo(new WritableStream())
    return true
  } catch (error) {
    if (error instanceof Problem && error.code === 'OBJECT_DAMAGED') return false
    throw error
  }
}

export interface StoredObject {
  size: number
  /**
   * Opens the file only when it is called: who asks for the size alone leaves nothing open. The stream
   * fails where the bytes are not those that were put; read as a whole, before its last part.
   */
  read(slice?: Slice): ReadableStream<Uint8Array>
}
