import { mediaTypeRefused } from './problems.ts'

const LONGEST = 255
/** RFC 9110 section 8.3.1, its parameters' values as tokens or quoted, in printable ASCII. */
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const MEDIA_TYPE = new RegExp(
  `^${TOKEN}/${TOKEN}(?:[ \\t]*;[ \\t]*${TOKEN}=(?:${TOKEN}|"[ !#-\\[\\]-~]*"))*$`,
)
/** What a browser's form or a careless client makes of a file: not its bytes alone. */
const OF_FORMS = /^(?:multipart\/|application\/x-www-form-urlencoded(?:[ \t;]|$))/i

/**
 * Reads what a sender says a file is: as it was said, and `application/octet-stream` where nothing was.
 *
 * @throws {Problem} `ATTACHMENT_MEDIA_TYPE`
 */
export function readMediaType(header: string | null): string {
  const given = header?.trim() ?? ''
  if (given === '') return 'application/octet-stream'
  if (given.length > LONGEST) throw mediaTypeRefused(`it is longer than ${LONGEST} characters`)
  if (!MEDIA_TYPE.test(given)) throw mediaTypeRefused('it is no media type')
  if (OF_FORMS.test(given)) throw mediaTypeRefused('a form holds more than a file')
  return given
}
