import { head } from '../openlineage/events.ts'
import { SERVICE_NAME } from '../setup/ledger.ts'
import { CYPHER, FORGED } from './injection.ts'
import { mallory, type World } from './world.ts'

/** Texts that mean something to Cypher, a shell, a terminal, a log or a template, where they are read as one. */
export const HOSTILE = [
  CYPHER,
  FORGED,
  '`) DETACH DELETE n //',
  '\\u0027; MATCH (n) DETACH DELETE n',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is meant to be none.
  '$tenant {{tenant}} ${process.exit(1)} }} <%= 1 %>',
  '\u001b]0;owned\u0007\u001b[31m\u009b2J',
  'a\0b',
  '\u202etxt.exe\u2066\u2028\u2029',
  '<script>alert(1)</script>"><img src=x onerror=alert(1)>',
  '=cmd|"/c calc"!A1',
  '%00%0d%0aSet-Cookie:%20a=b',
  `${SERVICE_NAME}/${mallory}\n1\nAAAA\n\n— a b`,
] as const

const WRITE = 'mutation ($items: [RecordItem!]!) { record(items: $items) { results { id } } }'
const READ = `query ($id: ID!) { entity(id: $id) {
  namespace name
  facets { group name value }
  ... on Dataset { description }
} }`

/** Writes a text wherever a text is free, and gives what is read back. */
export async function writeEverywhere({ ask, event }: World, text: string) {
  const facet = { group: 'dataset', name: text, value: { [text]: [text] } }
  const dataset = { namespace: text, name: text, description: text, facets: [facet] }
  const written = await ask('mallory', WRITE, { variables: { items: [{ dataset }] } })
  const { data } = JSON.parse(written.body)
  const read = await ask('mallory', READ, { variables: { id: data.record.results[0].id } })
  const sent = await event('mallory', {
    ...head('2026-01-02T00:00:00Z'),
    job: {
      namespace: text,
      name: text,
      facets: { documentation: { _producer: 'urn:x', _schemaURL: 'urn:y', description: text } },
    },
  })
  return { dataset, read: JSON.parse(read.body).data.entity, sent: sent.status }
}
