/** What an issuer publishes about itself is a few kilobytes. */
export const MOST_BYTES = 262_144

/** Why an issuer's answer cannot be used. An operator reads it; a caller does not. */
export class Unusable extends Error {
  override readonly name = 'Unusable'
}

/**
 * Reads one JSON object from an address: no redirect is followed, since it would lead wherever somebody
 * else says, and no more is read than an issuer has to say.
 *
 * @throws {Unusable} Or whatever the network throws.
 */
export async function fetchJson(
  url: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  const headers = { accept: 'application/json' }
  const response = await fetch(url, { headers, redirect: 'manual', signal })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Unusable(`${url} was answered with ${response.status}`)
  }
  const parsed: unknown = JSON.parse(await textOf(response, url))
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
    return parsed as Record<string, unknown>
  }
  throw new Unusable(`${url} was answered with something else than an object`)
}

async function textOf({ body }: Response, url: string) {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let [text, length] = ['', 0]
  for await (const chunk of body ?? []) {
    length += chunk.length
    // Leaving the loop cancels the stream: the rest is not read.
    if (length > MOST_BYTES) throw new Unusable(`${url} is longer than ${MOST_BYTES} bytes`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}
