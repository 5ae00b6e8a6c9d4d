/** The bytes from `start` up to, but without, `end`. */
export interface Slice {
  start: number
  end: number
}

/** Files addressed by the SHA-256 of their bytes, in lower-case hex: what is put is never changed. */
export interface Objects {
  /** Keeps the bytes durably and returns their address; putting the same bytes again does nothing. */
  put(bytes: Uint8Array): Promise<string>
  /** How many bytes are at an address, and a way to read all or some of them; `null` where there is nothing. */
  get(sha256: string): Promise<StoredObject | null>
  /** Deletes what is at an address for good; where there is nothing, it does nothing. */
  delete(sha256: string): Promise<void>
}

export interface StoredObject {
  size: number
  /** Opens the file only when it is called: who asks for the size alone leaves nothing open. */
  read(slice?: Slice): ReadableStream<Uint8Array>
}
