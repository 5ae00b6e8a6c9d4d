import { join } from 'node:path'
import type { Objects } from '../../core/objects.ts'
import { Problem } from '../../core/problem.ts'
import type { Config } from '../config.ts'
import { openDiskBlobs } from './disk.ts'
import { openObjects } from './objects.ts'
import { openS3Blobs } from './s3.ts'

/**
 * Opens the object files that the settings name. A bucket is asked for first, so that what is set
 * wrongly is told at the start; one that does not answer now is only reported, since it may later.
 *
 * @throws {Problem} `OBJECT_STORE_REFUSED`
 */
export async function openObjectStore(
  {
    home,
    objects,
    s3Endpoint,
    s3Region,
    s3PathStyle,
  }: Pick<Config, 'home' | 'objects' | 's3Endpoint' | 's3Region' | 's3PathStyle'>,
  onError: (error: unknown) => void,
): Promise<Objects> {
  if (objects === null) return openObjects(openDiskBlobs(join(home, 'objects')))
  const blobs = openS3Blobs({
    ...objects,
    region: s3Region,
    endpoint: s3Endpoint,
    pathStyle: s3PathStyle,
    spool: join(home, 'uploads'),
  })
  try {
    await blobs.check(0)
  } catch (error) {
    if (!(error instanceof Problem && error.code === 'OBJECT_STORE_UNAVAILABLE')) {
      blobs.close()
      throw error
    }
    onError(error)
  }
  return openObjects(blobs)
}
