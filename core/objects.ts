/** Files addressed by the SHA-256 of their bytes, in lower-case hex: what is put is never changed. */
export interface Objects {
  /** Keeps the bytes durably and returns their address; putting the same bytes again does nothing. */
  put(bytes: Uint8Array): Promise<string>
  /** The bytes at an address and how many they are, or `null` where there is nothing. */
  get(sha256: string): Promise<{ size: number; stream: ReadableStream<Uint8Array> } | null>
}
