import { readFileSync } from 'node:fs'
import { Problem } from '../../core/problem.ts'
import type { Client } from '../client.ts'
import { attachOnce } from './attach-once.ts'
import { saveQueries } from './queries.ts'
import { sendUsage } from './usage.ts'

const FOLDER = new URL('../../seeds/governance/', import.meta.url)

/** The files of lines to import, in the order in which they are sent (seeds/README.md). */
export const GOVERNANCE_FILES = [
  'people.ndjson',
  'assessments.ndjson',
  'models.ndjson',
  'explanations.ndjson',
  'decisions.ndjson',
] as const

/** The lines of one of these files, as they are. */
export const governanceLines = (file: (typeof GOVERNANCE_FILES)[number]) =>
  readFileSync(new URL(file, FOLDER), 'utf8').trim().split('\n')

/** The file that the model of the seed world is, and the model. */
const MODEL_FILE = 'delivery-minutes.json'
export const SEED_MODEL = {
  kind: 'Model',
  namespace: 'food_delivery_models',
  name: 'delivery minutes',
} as const

/** What became of one file. */
export interface SentLines {
  file: string
  lines: number
  /** How many of them said something new. */
  added: number
}

/**
 * Sends who answers for the seed world, what was assessed, modelled, predicted, explained, decided, used
 * and asked in it. The events must be there. Sent again it changes nothing.
 *
 * @throws {Problem} The first refusal.
 */
export async function sendGovernance(client: Client, onSent: (sent: SentLines) => void = () => {}) {
  const all: SentLines[] = []
  const done = (sent: SentLines) => {
    onSent(sent)
    all.push(sent)
  }
  for (const file of GOVERNANCE_FILES) done(await importFile(client, file))
  const { entity } = await client.graphql<{ entity: { id: string } }>(
    'query Model($kind: Kind!, $namespace: String!, $name: String!) { entity(kind: $kind, namespace: $namespace, name: $name) { id } }',
    SEED_MODEL,
  )
  const bytes = readFileSync(new URL(MODEL_FILE, FOLDER))
  const file = { to: entity.id, name: MODEL_FILE, type: 'application/json', bytes }
  done({ file: MODEL_FILE, lines: 1, added: (await attachOnce(client, file)) ? 1 : 0 })
  const usage = JSON.parse(readFileSync(new URL('usage.json', FOLDER), 'utf8'))
  done({ file: 'usage.json', ...(await sendUsage(client, { ...usage, subject: entity.id })) })
  done({ file: 'queries.json', ...(await saveQueries(client, FOLDER)) })
  return all
}

interface LineAnswer {
  results: { line: number; ok: boolean; changed?: boolean; code?: string; message?: string }[]
}

/** As `selvedge import` would, in one request. */
async function importFile(
  client: Client,
  file: (typeof GOVERNANCE_FILES)[number],
): Promise<SentLines> {
  const lines = governanceLines(file)
  const body = `[${lines.map((item, i) => `{"line":${i + 1},"item":${item}}`).join(',')}]`
  const { results } = await client.post<LineAnswer>('/api/v1/import', body)
  const refused = results.find(({ ok }) => !ok)
  if (refused) {
    throw new Problem(refused.code!, `${file}, line ${refused.line}: ${refused.message}`)
  }
  return { file, lines: lines.length, added: results.filter(({ changed }) => changed).length }
}
