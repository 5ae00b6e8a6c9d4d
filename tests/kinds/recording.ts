import { expect } from 'vitest'
import { z } from 'zod'
import { BODIES } from '../../domains/kinds/bodies.ts'
import type { TypedKind } from '../../lineage/kinds.ts'
import type { Outcome } from '../schema/recording.ts'
import type { Saying, TestApp } from '../setup/app.ts'
import { bare } from './arbitrary.ts'

export const fieldOf = (kind: TypedKind) => `${kind[0]!.toLowerCase()}${kind.slice(1)}Record`

export const recording = (kind: TypedKind) => `mutation R($items: [${kind}Input!]!) {
  done: ${fieldOf(kind)}(items: $items) { results { id seq version changed } position replayed }
}`

export interface Done {
  done: { results: Outcome[]; position: string; replayed: boolean } | null
}

/** What is asked for to read all that a schema holds. */
const selection = (given: z.ZodType): string => {
  const schema = bare(given)
  if (schema instanceof z.ZodArray) return selection(schema.element as z.ZodType)
  if (!(schema instanceof z.ZodObject)) return ''
  const fields = Object.entries(schema.shape) as [string, z.ZodType][]
  return `{ ${fields.map(([name, part]) => `${name} ${selection(part)}`).join(' ')} }`
}

/** Sends items of one kind, whatever comes of it. */
export const sendKind = (
  { ask }: Pick<TestApp, 'ask'>,
  kind: TypedKind,
  { items, ...saying }: Saying & { items: unknown[] },
) => ask<Done>(recording(kind), { ...saying, variables: { items } })

/** Records items of one kind that must be taken. */
export async function recordedKind(
  test: Pick<TestApp, 'ask'>,
  kind: TypedKind,
  saying: Saying & { items: unknown[] },
): Promise<Outcome[]> {
  const { data, errors } = await sendKind(test, kind, saying)
  expect(errors).toBeUndefined()
  return data.done!.results
}

/** What an entity of a kind says of itself, by the API, without what it does not say. */
export async function bodyAt(
  { ask }: Pick<TestApp, 'ask'>,
  kind: TypedKind,
  { id, ...saying }: Saying & { id: string },
) {
  const { data, errors } = await ask<{ entity: { body: object | null } | null }>(
    `query B($id: ID!) { entity(id: $id) { ... on ${kind} { body ${selection(BODIES[kind].patch)} } } }`,
    { ...saying, variables: { id } },
  )
  expect(errors).toBeUndefined()
  return withoutNulls(data.entity?.body ?? null)
}

const withoutNulls = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(withoutNulls)
    : value && typeof value === 'object'
      ? Object.fromEntries(
          Object.entries(value)
            .filter(([, part]) => part !== null)
            .map(([name, part]) => [name, withoutNulls(part)]),
        )
      : value

/** The smallest body that a kind takes. */
export const leastBody = (kind: TypedKind): Record<string, unknown> => LEAST[kind]

const A_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

const LEAST: Record<TypedKind, Record<string, unknown>> = {
  Source: { title: 'Orders', description: 'Orders of the shop.' },
  License: { title: 'The MIT License' },
  Clause: { type: 'duty', action: 'attribute' },
  DpiaPacket: {
    title: 'Scores',
    description: 'Customers are scored.',
    necessity: 'Nothing else would do.',
    risks: [{ description: 'A wrong score.', likelihood: 'LOW', severity: 'HIGH' }],
    measures: ['A person looks at each.'],
  },
  Model: { title: 'Score' },
  ModelCard: { version: '1', artifactSha256: A_HASH, intendedUse: 'Scoring.' },
  Prediction: { target: 'Pays back.', predictedAt: '2026-03-31T09:15:02Z', label: 'yes' },
  XaiExport: {
    method: 'SHAP',
    scope: 'local',
    caveats: [],
    attributions: [{ feature: 'income', value: 0.5 }],
  },
  Transformation: {
    rule: 'aggregation',
    lifts: [{ type: 'prohibition', action: 'distribute' }],
    justification: 'No figure is about fewer than a hundred.',
    approvedBy: 'The data board',
  },
  Principal: { title: 'Sales', type: 'team' },
  SignOff: {
    statement: 'The figures of March are right.',
    verdict: 'approved',
    signedBy: 'Ann',
    signedAt: '2026-04-02T10:00:00Z',
  },
  Decision: {
    title: 'Scores go live',
    outcome: 'approved',
    reasons: ['The audit found nothing.'],
    decidedBy: 'The data board',
    decidedAt: '2026-04-02T10:00:00Z',
  },
}

/** What a body needs beside a field, where that does not stand alone. */
export const besides = (kind: TypedKind, field: string): Record<string, unknown> => {
  if (kind === 'DpiaPacket' && field === 'conditions') {
    return { decision: 'conditional', assessedAt: '2026-03-31T09:15:02Z' }
  }
  if (kind === 'SignOff' && field === 'conditions') return { verdict: 'conditional' }
  if (kind === 'Decision' && field === 'conditions') return { outcome: 'conditional' }
  if (kind === 'Principal' && field === 'subject') return { issuer: 'https://login.example.org' }
  return kind === 'Principal' && field === 'issuer' ? { subject: 'ann' } : {}
}
