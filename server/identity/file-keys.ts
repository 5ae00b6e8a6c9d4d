import { readFileSync, statSync } from 'node:fs'
import { createLocalJWKSet, errors } from 'jose'
import type { KeySource } from './issuer.ts'
import { issuersInvalid, tokenInvalid } from './problems.ts'

/**
 * The keys of an issuer as a JWK set in a file. It is read again when it has changed, so that keys are
 * rotated by putting another file in its place.
 *
 * @throws {Problem} `ISSUERS_INVALID` where it is none at the start.
 */
export function openFileKeys(file: string): KeySource {
  let [keys, changed] = [read(file), changeOf(file)]
  const refresh = async () => {
    const now = changeOf(file)
    if (now === changed) return
    changed = now
    keys = read(file)
  }
  return {
    async keyFor(header) {
      try {
        await refresh()
        return await keys(header)
      } catch (error) {
        throw error instanceof errors.JOSEError ? tokenInvalid('key', error) : error
      }
    },
    state: () => 'ready',
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
