import type { Objects } from '../core/objects.ts'
import { openDiskBlobs } from './objects/disk.ts'
import { openObjects } from './objects/objects.ts'

/** Keeps objects as files under `directory`, in 256 folders. */
export const openObjectFiles = (directory: string): Objects => openObjects(openDiskBlobs(directory))
