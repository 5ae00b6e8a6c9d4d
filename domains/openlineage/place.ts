import type { Json } from '../../proofs/json.ts'
import { MAX_NAME_BYTES } from './limits.ts'
import { memberInvalid, nameInvalid, uriInvalid } from './problems.ts'

/** A value in an event together with the JSON Pointer to it, so that a refusal can say where. */
export interface Place {
  value: Json | undefined
  path: string
}

/** The member of an object, also where it is missing: whoever reads it decides whether it may be. */
export function memberOf(place: Place, name: string): Place {
  const object = objectAt(place)
  return {
    value: Object.hasOwn(object, name) ? object[name] : undefined,
    path: `${place.path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
  }
}

/** @throws {Problem} `OPENLINEAGE_MEMBER_INVALID` */
export function objectAt({ value, path }: Place): { [name: string]: Json } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw memberInvalid(path, 'an object')
  }
  return value
}

/** @throws {Problem} `OPENLINEAGE_MEMBER_INVALID` */
export function itemsAt({ value, path }: Place): Place[] {
  if (!Array.isArray(value)) throw memberInvalid(path, 'an array')
  return value.map((item, i) => ({ value: item, path: `${path}/${i}` }))
}

/** @throws {Problem} `OPENLINEAGE_MEMBER_INVALID` */
export function textAt({ value, path }: Place): string {
  if (typeof value !== 'string') throw memberInvalid(path, 'a text')
  return value
}

const ABSOLUTE_URI = /^[a-z][a-z0-9+.-]*:[!#-;=?-[\]_a-z~%]+$/i

/**
 * Checks that a URI is there. RFC 3986's characters after a scheme are asked for, and characters
 * beyond ASCII are let pass, as `format: uri` is read in practice; it is never fetched.
 *
 * @throws {Problem} `OPENLINEAGE_URI_INVALID`
 */
export function checkUri(place: Place) {
  const ascii = textAt(place).replace(/[^\0-\x7f]/gu, '')
  if (!ABSOLUTE_URI.test(ascii)) throw uriInvalid(place.path)
}

/**
 * A namespace or name in NFC: two spellings of the same letters are one dataset.
 *
 * @throws {Problem} `OPENLINEAGE_NAME_INVALID` where it is empty or longer than `MAX_NAME_BYTES`.
 */
export function nameAt(place: Place): string {
  const name = textAt(place).normalize('NFC')
  if (name === '' || Buffer.byteLength(name) > MAX_NAME_BYTES) {
    throw nameInvalid(place.path, MAX_NAME_BYTES)
  }
  return name
}
