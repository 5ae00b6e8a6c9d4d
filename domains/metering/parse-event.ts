import { ProofError } from '../../proofs/error.ts'
import { type Json, parseForeignJson } from '../../proofs/json.ts'
import { text } from '../../proofs/utf8.ts'
import { readUsage, type Usage } from './cloud-event.ts'
import { MAX_EVENT_BYTES } from './limits.ts'
import { eventInvalid, eventTooLarge, jsonInvalid } from './problems.ts'

/**
 * Reads the bytes of one event in structured mode.
 *
 * @throws {Problem} `METERING_EVENT_TOO_LARGE`, `METERING_JSON_INVALID`, `METERING_EVENT_INVALID`
 */
export const parseStructured = (bytes: Uint8Array): Usage => readUsage(jsonOf(bytes))

/**
 * Reads an event in binary mode: its data are the body, and all else stands in headers.
 *
 * @param header Pairs of name and value, as they came.
 * @throws {Problem} As `parseStructured`.
 */
export function parseBinary(headers: Iterable<[string, string]>, bytes: Uint8Array): Usage {
  const attributes: { [name: string]: Json } = {}
  for (const [header, value] of headers) {
    const name = header.toLowerCase()
    if (name === 'content-type') attributes.datacontenttype = value
    else if (name.startsWith('ce-')) attributes[name.slice(3)] = decoded(name.slice(3), value)
  }
  // What is data is the body, whatever a header says.
  if (Object.hasOwn(attributes, 'data')) throw eventInvalid('/data', 'it comes as the body')
  const data = jsonOf(bytes, '/data')
  return readUsage({ ...attributes, data })
}

/** HTTP Protocol Binding 1.0, section 3.1.3.2: anything but printable ASCII is percent-encoded UTF-8. */
function decoded(name: string, value: string): string {
  try {
    return decodeURIComponent(value.replace(/%(?![0-9A-Fa-f]{2})/g, '%25'))
  } catch {
    throw eventInvalid(`/${name}`, 'its percent-encoding is no UTF-8')
  }
}

function jsonOf(bytes: Uint8Array, at = ''): Json {
  if (bytes.length > MAX_EVENT_BYTES) throw eventTooLarge(MAX_EVENT_BYTES)
  try {
    const { value, numbersAsText } = parseForeignJson(text(bytes))
    const [inexact] = numbersAsText
    if (inexact !== undefined) {
      throw eventInvalid(`${at}${inexact}`, 'no double holds this number exactly; send it as text')
    }
    return value
  } catch (error) {
    throw error instanceof ProofError ? jsonInvalid(error.message, error) : error
  }
}
