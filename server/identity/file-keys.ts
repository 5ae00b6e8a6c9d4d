import { readFileSync, statSync } from 'node:fs'
import { createLocalJWKSet, errors } from 'jose'
import type { KeySource } from './issuer.ts'
import { issuersInvalid, tokenInvalid } from './problems.ts'

/**
 * The keys of an issuer as a JWK set in a file. It is read again when it has changed, so that keys are
 * rotated by putting another file in its place; one that is no JWK set changes nothing.
 *
 * @param onError Told why a file that was changed is not used.
 * @throws {Problem} `ISSUERS_INVALID` where it is none at the start.
 */
export function openFileKeys(file: string, onError: (error: unknown) => void): KeySource {
  let [keys, changed] = [read(file), changeOf(file)]
  let isStale = false
  const refresh = async () => {
    const now = changeOf(file)
    if (now === changed) return
    changed = now
    try {
      keys = read(file)
      isStale = false
    } catch (error) {
      isStale = true
      onError(error)
    }
  }
  return {
    async keyFor(header) {
      await refresh()
      try {
        return await keys(header)
      } catch (error) {
        throw error instanceof errors.JOSEError ? tokenInvalid('key', error) : error
      }
    },
    state: () => (isStale ? 'stale' : 'ready'),
    keep: refresh,
    refresh,
  }
}

const changeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.mtimeMs

function read(file: string) {
  try {
    return createLocalJWKSet(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    throw issuersInvalid(file, 'it is no JWK set', error)
  }
}
