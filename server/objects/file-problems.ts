import { storeFull, storeRefused, storeUnavailable } from './problems.ts'

/** Tells what a disk refused, of a folder on it; what is no fault of a disk's is handed on as it is. */
export function fileProblem(error: unknown, folder: string): unknown {
  const { code, errno } = error as NodeJS.ErrnoException
  if (code === undefined || errno === undefined) return error
  if (['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code)) return storeFull(folder, code, error)
  if (['EACCES', 'EPERM', 'EROFS'].includes(code)) return storeRefused(folder, code, error)
  return storeUnavailable(folder, code, error)
}
