import { readFileSync } from 'node:fs'
import { passphraseMissing } from '../domains/backup/problems.ts'

/** The first line of a file, without its end. @throws {Problem} `BACKUP_PASSPHRASE_MISSING` */
export function readPassphrase(path: string): string {
  const [line = ''] = readFileSync(path, 'utf8').split(/\r?\n/)
  if (line === '') throw passphraseMissing(path)
  return line
}
