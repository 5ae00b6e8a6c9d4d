import { readFileSync } from 'node:fs'
import type { Client } from '../client.ts'
import { SAVE, type Saved } from '../query/texts.ts'

/** A query of the seed world; its document is a file of its name. */
interface SeedQuery {
  name: string
  title: string
  variables?: Record<string, unknown>
}

/** Saves the queries that a folder lists in `queries.json`. Those that are saved just so stay. */
export async function saveQueries(
  client: Client,
  folder: URL,
): Promise<{ lines: number; added: number }> {
  const queries = JSON.parse(
    readFileSync(new URL('queries.json', folder), 'utf8'),
  ) as readonly SeedQuery[]
  let added = 0
  for (const query of queries) {
    const document = readFileSync(new URL(`queries/${query.name}.graphql`, folder), 'utf8')
    const { savedQuerySave } = await client.graphql<Saved>(SAVE, { input: { ...query, document } })
    if (savedQuerySave.changed) added += 1
  }
  return { lines: queries.length, added }
}
