import { expect } from 'vitest'
import type { TestApp } from '../setup/app.ts'

export const RECORD = `mutation Record($items: [RecordItem!]!) {
  record(items: $items) { results { id seq version changed } position replayed }
}`

export interface Outcome {
  id: string
  seq: number
  version: number
  changed: boolean
}

export interface Recorded {
  record: { results: Outcome[]; position: string; replayed: boolean }
}

export const near = (name: string) => ({ namespace: 'db', name })
export const dataset = (name: string, more = {}) => ({ dataset: { ...near(name), ...more } })
export const job = (name: string, more = {}) => ({ job: { ...near(name), ...more } })
export const run = (runId: string, more = {}) => ({ run: { runId, ...more } })

/** Records items that must be taken, and gives their outcomes. */
export async function recorded(
  { ask }: Pick<TestApp, 'ask'>,
  tenant: string,
  items: unknown[],
): Promise<Outcome[]> {
  const { data, errors } = await ask<Recorded>(RECORD, { tenant, variables: { items } })
  expect(errors).toBeUndefined()
  return data.record.results
}

/** raw <- clean <- public, all datasets; gives their ids in that order. */
export async function chain(test: Pick<TestApp, 'ask'>, tenant: string) {
  const outcomes = await recorded(test, tenant, [
    dataset('raw'),
    dataset('clean', { derivedFrom: [near('raw')] }),
    dataset('public', { derivedFrom: [near('clean')] }),
  ])
  return outcomes.map(({ id }) => id) as [string, string, string]
}
