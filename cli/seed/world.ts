import { readFileSync } from 'node:fs'

/** The files of the seed world in the order in which they are sent (seeds/README.md). */
export const WORLD_FILES = [
  'food-delivery.ndjson',
  'airflow.ndjson',
  'column-lineage.ndjson',
  'client.ndjson',
] as const

const FOLDER = new URL('../../seeds/openlineage/', import.meta.url)

/** One file of real OpenLineage events, as the body of a batch. */
export interface SeedBatch {
  file: string
  events: number
  /** A JSON array of the lines as they are, so that no number or escape changes on the way. */
  body: string
}

/** Reads the seed world: the same bytes in the same order, always. */
export const seedBatches = (): SeedBatch[] =>
  WORLD_FILES.map((file) => {
    const lines = readFileSync(new URL(file, FOLDER), 'utf8').trim().split('\n')
    return { file, events: lines.length, body: `[${lines.join(',')}]` }
  })
