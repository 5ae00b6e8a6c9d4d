import { ProofError } from './error.ts'

/** Writes a JSON Pointer (RFC 6901) from the member names and indexes that lead to a value. */
export const pointerTo = (path: readonly (string | number)[]) =>
  path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

/**
 * Gives the steps of a JSON Pointer; none for the whole document.
 *
 * @throws {ProofError} `PROOF_JSON_POINTER`
 */
export function stepsOf(pointer: string) {
  if (pointer === '') return []
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer)) {
    throw new ProofError('PROOF_JSON_POINTER', `${JSON.stringify(pointer)} is no JSON Pointer`)
  }
  const unescaped = (step: string) => step.replaceAll('~1', '/').replaceAll('~0', '~')
  return pointer.slice(1).split('/').map(unescaped)
}
