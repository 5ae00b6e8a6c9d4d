import { closeSync, fsyncSync, openSync } from 'node:fs'

/** Makes the names in a directory durable: a file that is on disk is lost with its name all the same. */
export function syncDirectory(path: string): void {
  const directory = openSync(path, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}
