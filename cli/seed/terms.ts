import { readFileSync } from 'node:fs'
import { sha256 } from '../../core/sha256.ts'
import { hex } from '../../proofs/hex.ts'
import type { Client } from '../client.ts'
import { attachOnce } from './attach-once.ts'

const FOLDER = new URL('../../seeds/terms/', import.meta.url)

interface Named {
  namespace: string
  name: string
  body: Record<string, unknown>
}

/** The sources, licences and clauses of the seed world, as the API takes them. */
interface SeedTerms {
  clauses: Named[]
  licenses: Named[]
  sources: Named[]
  transformations: Named[]
  links: object[]
}

/** The licences whose texts lie beside them, by the name that SPDX gives them. */
const WITH_TEXT = 'spdx'

const textOf = ({ namespace, name }: Named) =>
  namespace === WITH_TEXT ? readFileSync(new URL(`licences/${name}.txt`, FOLDER)) : null

const SEND = `mutation Terms(
  $clauses: [ClauseInput!]!, $licenses: [LicenseInput!]!, $sources: [SourceInput!]!,
  $transformations: [TransformationInput!]!, $links: [LinksInput!]!
) {
  clauses: clauseRecord(items: $clauses) { results { id changed } }
  licenses: licenseRecord(items: $licenses) { results { id changed } }
  sources: sourceRecord(items: $sources) { results { id changed } }
  transformations: transformationRecord(items: $transformations) { results { id changed } }
  links: linksRecord(items: $links) { results { id changed } }
}`

/**
 * Sends the terms of the seed world, which its datasets must be there for, and attaches the texts of its
 * licences. Sent again they change nothing.
 *
 * @returns How many things it was new of.
 */
export async function sendTerms(client: Client): Promise<number> {
  const terms = JSON.parse(readFileSync(new URL('terms.json', FOLDER), 'utf8')) as SeedTerms
  const licenses = terms.licenses.map((one) => {
    const text = textOf(one)
    return text ? { ...one, body: { ...one.body, text: { sha256: hex(sha256(text)) } } } : one
  })
  const sent = await client.graphql<Record<keyof SeedTerms, { results: Outcome[] }>>(SEND, {
    ...terms,
    licenses,
  })
  const outcomes = Object.values(sent).flatMap(({ results }) => results)
  let added = outcomes.filter(({ changed }) => changed).length
  for (const [i, { id }] of sent.licenses.results.entries()) {
    const licence = licenses[i]!
    const text = textOf(licence)
    if (!text) continue
    const file = { to: id, name: `${licence.name}.txt`, type: 'text/plain; charset=utf-8' }
    if (await attachOnce(client, { ...file, bytes: text })) added++
  }
  return added
}

interface Outcome {
  id: string
  changed: boolean
}
