import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Client } from '../client.ts'
import { PROVE, type Proven } from '../metering/texts.ts'
import { SEED_MODEL } from '../seed/governance.ts'

/** The model of the seed world, as a person would ask for it. */
const NAMES = {
  model: SEED_MODEL,
  marketing: { kind: 'Principal', namespace: 'food_delivery_people', name: 'marketing' },
  assessment: { kind: 'DpiaPacket', namespace: 'food_delivery_dpia', name: 'delivery times' },
} as const

const FIND = `{ ${Object.entries(NAMES)
  .map(
    ([alias, { kind, namespace, name }]) =>
      `${alias}: entity(kind: ${kind}, namespace: "${namespace}", name: "${name}") { id }`,
  )
  .join(' ')} }`

const ASK = `query Governance($model: ID!, $marketing: ID!, $assessment: ID!) {
  mayUse(id: $model, action: "commercialize", purpose: "dpv:Advertising", at: "2026-11-01T09:00:00Z") {
    answer reasons { code license { name } path { entities { name } } }
  }
  owned(by: $marketing, that: { assessmentExpiredBy: "2026-11-01T00:00:00Z" }) { nodes { kind name } }
  impact(id: $assessment, change: EXPIRE, first: 100) { nodes { effect entity { kind name } } }
}`

interface Named {
  kind: string
  name: string
}

interface Answers {
  mayUse: {
    answer: string
    reasons: {
      code: string
      license: { name: string } | null
      path: { entities: { name: string | null }[] }
    }[]
  }
  owned: { nodes: Named[] }
  impact: { nodes: { effect: string; entity: Named }[] }
}

/** What people ask of data and models, as the seed world answers it. */
export async function askGovernance(client: Client) {
  const found = await client.graphql<Record<keyof typeof NAMES, { id: string }>>(FIND)
  const ids = Object.fromEntries(Object.entries(found).map(([alias, { id }]) => [alias, id]))
  const { mayUse, owned, impact } = await client.graphql<Answers>(ASK, ids)
  const forbidden = mayUse.reasons.find(({ code }) => code === 'PROHIBITED')
  return {
    model: found.model.id,
    answer: mayUse.answer,
    because: forbidden?.license?.name ?? null,
    way: forbidden?.path.entities.map(({ name }) => name ?? '') ?? [],
    expired: owned.nodes.map(wordsOf),
    toReview: impact.nodes.map(({ entity }) => wordsOf(entity)),
  }
}

const wordsOf = ({ kind, name }: Named) => `${kind.toLowerCase()} ${name}`

/** An hour of the usage of the model: its event, by which the sender calls it. */
export const EVENT = {
  source: 'https://estimator.food-delivery.example/usage',
  id: '2025-11-28T18:00',
} as const

/** Leaves the card of the model, and the proof of an hour of its usage with the record it is held against. */
export async function leaveGovernance(
  client: Client,
  { model, out }: { model: string; out: string },
) {
  const files = {
    card: join(out, 'model-card.md'),
    proof: join(out, 'usage-proof.json'),
    bundle: join(out, 'usage-bundle.zip'),
  }
  writeFileSync(files.card, await client.get(`/api/v1/models/${model}/model-card`))
  const { usageProof } = await client.graphql<Proven>(PROVE, EVENT)
  writeFileSync(files.proof, usageProof.document)
  const { exportBundle } = await client.graphql<{ exportBundle: { url: string } }>(
    'mutation Export($root: ID!) { exportBundle(root: $root, depth: 0) { url } }',
    { root: usageProof.record },
  )
  writeFileSync(files.bundle, await client.get(exportBundle.url))
  return files
}
