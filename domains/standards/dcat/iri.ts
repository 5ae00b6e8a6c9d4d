import { CONTEXT } from './context.ts'

/** What RFC 3986 lets stand nowhere but percent-encoded; a percent sign that encodes nothing, too. */
const UNSAFE = /%(?![0-9A-Fa-f]{2})|[^\x21-\x7e]|["<>[\\\]^`{|}]/gu
/** Where brackets do stand: around the address of a host. */
const BEFORE_PATH = /^[a-z][a-z0-9+.-]*:\/\/\[[0-9a-f:.]+\]/
/** Also behind a scheme within a scheme, such as `jdbc:postgresql://`. */
const WITH_USER = /\/\/[^/?#]*@/

/**
 * An address that somebody wrote, as an IRI that every reader takes: in ASCII, with what may not stand
 * in one percent-encoded. `undefined` where it is no absolute address, where JSON-LD could take its
 * scheme for a word of ours, and where it holds a user's name or password.
 */
export function iriOf(given: string): string | undefined {
  if (!given.isWellFormed() || !URL.canParse(given)) return undefined
  const { href, protocol } = new URL(given)
  if (Object.hasOwn(CONTEXT, protocol.slice(0, -1)) || WITH_USER.test(href)) return undefined
  const host = BEFORE_PATH.exec(href)?.[0] ?? ''
  const [path = '', ...fragment] = href.slice(host.length).split('#')
  const marks = fragment.length > 0 ? `#${encoded(fragment.join('%23'))}` : ''
  return `${host}${encoded(path)}${marks}`
}

const encoded = (text: string) => text.replace(UNSAFE, encodeURIComponent)
