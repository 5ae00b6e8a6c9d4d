import { accessSync, constants, mkdirSync, statfsSync } from 'node:fs'
import { type Home, hasDatabase, makeFolders } from './home.ts'
import { diskFull, homeUnwritable } from './problems.ts'

const MEGABYTE = 2 ** 20
/**
 * Each of Neo4j's two databases begins with a transaction log of 64 MB, and a start writes some more.
 * With less Neo4j says that "database name 'system' is invalid", and nothing of a disk.
 */
const FOR_A_FIRST_START = 192 * MEGABYTE
const FOR_A_START = 96 * MEGABYTE

/** How much of a disk is free to us. */
function freeBytes(directory: string): number {
  const { bavail, bsize } = statfsSync(directory)
  return bavail * bsize
}

/**
 * Makes the folders of a home.
 *
 * @throws {Problem} `NEO4J_HOME_UNWRITABLE`, `NEO4J_DISK_FULL`.
 */
export function makeHome(home: Home): void {
  try {
    mkdirSync(home.root, { recursive: true, mode: 0o700 })
    makeFolders(home)
    for (const folder of [home.root, home.data, home.conf]) accessSync(folder, constants.W_OK)
  } catch (error) {
    throw whyUnwritable(home, error as NodeJS.ErrnoException)
  }
}

/** Refuses to start where there is no room: half of a start leaves a store that has to be put aside. */
export function requireRoom(home: Home): void {
  const needed = hasDatabase(home) ? FOR_A_START : FOR_A_FIRST_START
  const free = freeBytes(home.data)
  if (free < needed) throw diskFull(home.data, free, needed)
}

/** What a full disk looks like from Neo4j's side. */
const NO_SPACE = /No space left on device|Disk quota exceeded|for 'server\.databases\.read_only'/

/** Whether a start failed for want of room, by what it said or by what is left. */
export function ranOutOfRoom(home: Home, tail: string) {
  const free = freeBytes(home.data)
  if (!NO_SPACE.test(tail) && free > MEGABYTE) return null
  return diskFull(home.data, free, hasDatabase(home) ? FOR_A_START : FOR_A_FIRST_START)
}

function whyUnwritable(home: Home, error: NodeJS.ErrnoException) {
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') {
    return diskFull(home.root, 0, FOR_A_FIRST_START)
  }
  if (['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'].includes(error.code ?? '')) {
    return homeUnwritable(home.root, error)
  }
  return error
}
