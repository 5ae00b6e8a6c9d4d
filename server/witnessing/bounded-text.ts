/** Reads no more of an answer than is allowed; what is longer is cut, and then is none. */
export async function boundedText({ body }: Response, mostBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    length += chunk.length
    chunks.push(chunk)
    if (length > mostBytes) break
  }
  return Buffer.concat(chunks).toString('utf8', 0, mostBytes)
}
