import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { openClient } from '../cli/client.ts'
import {
  GOVERNANCE_FILES,
  governanceLines,
  SEED_MODEL,
  sendGovernance,
} from '../cli/seed/governance.ts'
import { sendWorld } from '../cli/seed/send.ts'
import { sendTerms } from '../cli/seed/terms.ts'
import { canonical } from '../proofs/canonical.ts'
import { testApp } from './setup/app.ts'

const { app } = await testApp()
const FOLDER = 'seeds/governance'
const README = readFileSync('seeds/README.md', 'utf8')

/** The members of bodies that the tests below look at. */
interface Body {
  artifactSha256: string
  inputSha256: string
  subject: { sha256: string }
  value: number
  baseValue: number
  attributions: { feature: string; value: number }[]
  counterfactuals: string
}

interface Dice {
  test_data: [[number[]]]
  cfs_list: [number[][]]
  feature_names: string[]
  desired_range: [number, number]
}

interface Line {
  kind: string
  namespace: string
  name: string
  body?: Body
}
const lines = GOVERNANCE_FILES.flatMap(governanceLines).map((line) => JSON.parse(line) as Line)
const bodyOf = (name: string) => lines.find((line) => line.name === name)!.body!

describe('the files', () => {
  it('are those that the README lists, with the number of their lines', () => {
    for (const file of GOVERNANCE_FILES) {
      const count = governanceLines(file).length
      expect(README).toMatch(new RegExp(`\\| \`${file}\` +\\| ${count} +\\|`))
    }
  })

  it('are of one model: its file has the hash that the model, its card and its sign-off say', () => {
    const hash = createHash('sha256')
      .update(readFileSync(`${FOLDER}/delivery-minutes.json`))
      .digest('hex')
    expect([
      bodyOf(SEED_MODEL.name).artifactSha256,
      bodyOf('delivery minutes, card 1').artifactSha256,
      bodyOf('card 1 of delivery minutes').subject.sha256,
    ]).toEqual([hash, hash, hash])
  })

  it('say what the model says: estimates, weights and counterfactuals can be worked out from its file', () => {
    const { baseline, features } = JSON.parse(
      readFileSync(`${FOLDER}/delivery-minutes.json`, 'utf8'),
    ) as { baseline: number; features: { name: string; mean: number; weight: number }[] }
    const weighed = (row: readonly number[]) =>
      features.map(({ mean, weight }, i) => weight * (row[i]! - mean))
    const minutes = (row: readonly number[]) =>
      baseline + weighed(row).reduce((sum, one) => sum + one, 0)

    const { attributions, baseValue } = bodyOf('order 4711: what weighed')
    const dice = JSON.parse(
      bodyOf('order 4711: what would have been quicker').counterfactuals,
    ) as Dice
    const [[asked]] = dice.test_data
    expect(dice.feature_names).toEqual(features.map(({ name }) => name))
    expect(baseValue).toBe(baseline)
    for (const [i, one] of weighed(asked).entries()) {
      const { feature, value } = attributions[i]!
      expect(feature).toBe(features[i]!.name)
      expect(value).toBeCloseTo(one, 9)
    }
    const order = bodyOf('order 4711')
    expect(order.value).toBeCloseTo(minutes(asked), 9)
    const input = Object.fromEntries(features.map(({ name }, i) => [name, asked[i]!]))
    const hash = createHash('sha256').update(canonical(input)).digest('hex')
    expect(order.inputSha256).toBe(hash)
    for (const other of dice.cfs_list[0]) {
      expect(minutes(other)).toBeCloseTo(other.at(-1)!, 9)
      expect(minutes(other)).toBeLessThanOrEqual(dice.desired_range[1])
      expect(other.slice(2, 4)).toEqual(asked.slice(2, 4))
    }
  })
})

describe('the world', () => {
  const tenant = `seed-governance-${crypto.randomUUID().slice(0, 8)}`
  const client = openClient('http://localhost', tenant, { send: app.fetch })
  const idOf = async (kind: string, namespace: string, name: string) => {
    const { entity } = await client.graphql<{ entity: { id: string } | null }>(
      'query($kind: Kind!, $namespace: String!, $name: String!) { entity(kind: $kind, namespace: $namespace, name: $name) { id } }',
      { kind, namespace, name },
    )
    return entity!.id
  }
  const around = async (id: string, direction: 'UPSTREAM' | 'DOWNSTREAM') => {
    const { lineage } = await client.graphql<{
      lineage: { nodes: { entity: { kind: string; name: string } }[] }
    }>(
      'query($id: ID!, $direction: Direction!) { lineage(root: $id, direction: $direction, depth: 20) { nodes { entity { kind name } } } }',
      { id, direction },
    )
    return lineage.nodes.map(({ entity }) => `${entity.kind} ${entity.name}`)
  }
  const mayUse = async (id: string, action: string, purpose: string) => {
    const { mayUse: answer } = await client.graphql<{
      mayUse: {
        answer: string
        reasons: { code: string; license: { name: string } | null; unknown: string | null }[]
      }
    }>(
      'query($id: ID!, $action: String!, $purpose: String!) { mayUse(id: $id, action: $action, purpose: $purpose, at: "2026-11-01T09:00:00Z") { answer reasons { code unknown license { name } } } }',
      { id, action, purpose },
    )
    return answer
  }

  let first: Awaited<ReturnType<typeof sendGovernance>>
  beforeAll(async () => {
    await sendWorld(client)
    await sendTerms(client)
    first = await sendGovernance(client)
  }, 240_000)

  it('goes in whole, and changes nothing when it is sent again', async () => {
    expect(first.filter(({ lines, added }) => lines !== added)).toEqual([])
    const again = await sendGovernance(client)
    expect(again.map(({ added }) => added)).toEqual(again.map(() => 0))
  })

  it('hangs together: from a prediction one comes to the platform, from an order to what explains it', async () => {
    const id = await idOf('Prediction', 'food_delivery_predictions', 'order 4711')
    expect(await around(id, 'UPSTREAM')).toEqual(
      expect.arrayContaining([
        'Model delivery minutes',
        'ModelCard delivery minutes, card 1',
        'DpiaPacket delivery times',
        'Principal data protection',
        'Dataset public.delivery_7_days',
        'Job etl_orders',
        'License platform 2026',
      ]),
    )
    const orders = await idOf('Dataset', 'food_delivery', 'public.orders')
    expect(await around(orders, 'DOWNSTREAM')).toEqual(
      expect.arrayContaining([
        'XaiExport order 4711: what would have been quicker',
        'XaiExport delivery minutes: what weighs',
      ]),
    )
    const model = await idOf(SEED_MODEL.kind, SEED_MODEL.namespace, SEED_MODEL.name)
    const below = await around(model, 'DOWNSTREAM')
    expect(below.filter((one) => one.startsWith('MeteringRecord'))).toHaveLength(2)
    expect(below).toContain('SignOff usage of 2025-11-28')
    expect(below).toContain('Decision delivery minutes goes live')
    expect(below.filter((one) => one.startsWith('Attachment'))).toHaveLength(1)
  })

  it('lets nobody aim advertisements by the model, since the platform forbids it of its orders', async () => {
    const id = await idOf(SEED_MODEL.kind, SEED_MODEL.namespace, SEED_MODEL.name)
    const { answer, reasons } = await mayUse(id, 'commercialize', 'dpv:Advertising')
    expect(answer).toBe('DENY')
    expect(reasons).toContainEqual({
      ...{ code: 'PROHIBITED', unknown: null, license: { name: 'platform 2026' } },
    })
  })

  it('does not know what the texts may be used for that somebody else trained a model on', async () => {
    const id = await idOf(
      'Model',
      'https://github.com/explosion/spacy-models',
      'en_core_web_sm 3.8.0',
    )
    const { answer, reasons } = await mayUse(id, 'reproduce', 'dpv:ServiceProvision')
    expect(answer).toBe('DENY')
    // Both are as far away, and their ids, which begin by a hash of the tenant, order them.
    const unknown = reasons.filter(({ code }) => code === 'TERMS_UNKNOWN')
    expect(unknown.map((one) => `${one.unknown} ${one.license?.name}`).sort()).toEqual([
      'SPDX_UNKNOWN OntoNotes 5, as Explosion has it',
      'SPDX_UNKNOWN WordNet 3.0',
    ])
  })

  it('tells marketing what went on though its assessment had ended', async () => {
    const by = await idOf('Principal', 'food_delivery_people', 'marketing')
    const { owned } = await client.graphql<{ owned: { nodes: { name: string }[] } }>(
      'query($by: ID!) { owned(by: $by, that: { assessmentExpiredBy: "2026-11-01T00:00:00Z" }) { nodes { name } } }',
      { by },
    )
    expect(owned.nodes.map(({ name }) => name).sort()).toEqual([
      'email_discounts',
      'public.discounts',
    ])
  })

  it('tells what would have to be looked at, were the assessment of the model to end', async () => {
    const { impact } = await client.graphql<{
      impact: { nodes: { effect: string; entity: { name: string } }[] }
    }>(
      `{ impact(kind: DpiaPacket, namespace: "food_delivery_dpia", name: "delivery times", change: EXPIRE) {
        nodes { effect entity { name } } } }`,
    )
    const names = impact.nodes.map(({ effect, entity }) => `${effect} ${entity.name}`)
    expect(names).toEqual(
      expect.arrayContaining(['REVIEW delivery minutes', 'REVIEW order 4711', 'REVIEW order 4712']),
    )
  })

  it('has questions that are asked by a name', async () => {
    const run = async (name: string) => {
      const body = JSON.stringify({ extensions: { savedQuery: { name } } })
      return (await client.post<{ data: object }>('/graphql', body)).data
    }
    expect(await run('assessment-ends')).toMatchObject({
      impact: {
        nodes: expect.arrayContaining([
          expect.objectContaining({ entity: { kind: 'Model', name: 'delivery minutes' } }),
        ]),
      },
    })
    expect(await run('models')).toMatchObject({
      entities: {
        nodes: expect.arrayContaining([expect.objectContaining({ name: 'delivery minutes' })]),
      },
    })
  })

  it('gives the card of the model out, and proves a number of its usage', async () => {
    const id = await idOf(SEED_MODEL.kind, SEED_MODEL.namespace, SEED_MODEL.name)
    const card = new TextDecoder().decode(await client.get(`/api/v1/models/${id}/model-card`))
    expect(card).toContain('To judge drivers or restaurants')
    const { usageProof } = await client.graphql<{ usageProof: { document: string } }>(
      '{ usageProof(source: "https://estimator.food-delivery.example/usage", id: "2025-11-28T18:00") { document } }',
    )
    expect(JSON.parse(usageProof.document).event.data.value).toBe(311)
  })
})
