import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Described, ModelAnswer } from '../../domains/standards/models/answer.ts'
import { describeAsCycloneDx } from '../../domains/standards/models/cyclonedx.ts'
import { writeModelCard } from '../../domains/standards/models/hugging-face.ts'
import { recordedKind } from '../kinds/recording.ts'
import { dataset, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { cycloneDxValidator } from '../setup/cyclonedx.ts'
import { hasPython, installPython } from '../setup/python.ts'

const HUB = 'huggingface_hub==2.4.0'
const CYCLONEDX = 'cyclonedx-python-lib[json-validation]==11.12.0'

const test = await testApp()
const { app, freshTenant } = test
const isValid = cycloneDxValidator('1.7')

/** What is wrong with a bill by the schema; nothing, where all is well. */
const wrongWith = (told: string) => (isValid(JSON.parse(told)) ? [] : isValid.errors)

const HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const named = (name: string) => ({ namespace: 'ml', name })
const near = (name: string) => ({ namespace: 'db', name })

const MODEL = {
  ...{ title: 'Churn', description: 'Who leaves.', version: '1.4', task: 'tabular-classification' },
  ...{ framework: 'scikit-learn 1.7', artifactSha256: HASH, releasedOn: '2026-03-31' },
  repository: 'https://models.example.org/churn',
}
const CARD = {
  ...{ version: '2', artifactSha256: HASH, intendedUse: 'To call those who may leave.' },
  ...{ outOfScopeUse: 'Prices.', trainingData: 'A year.', evaluationData: 'A month.' },
  metrics: [{ name: 'accuracy', value: 0.9, slices: [{ slice: 'age | 18-25', value: 0.75 }] }],
  ...{
    caveats: ['Not for prices.\nNever.'],
    languages: ['en-GB', 'x:none'],
    tags: ['churn', 'yes'],
  },
}

let tenant = ''
let model = ''
let table = ''

beforeAll(async () => {
  tenant = await freshTenant()
  const items = (name: string, body: object, more = {}) => ({
    tenant,
    items: [{ ...named(name), body, ...more }],
  })
  await recordedKind(test, 'License', items('mit', { title: 'The MIT licence', spdx: 'MIT' }))
  await recordedKind(
    test,
    'License',
    items('either', { title: 'Either', spdx: 'Apache-2.0 OR GPL-2.0-only' }),
  )
  await recordedKind(
    test,
    'ModelCard',
    items('of another file', { ...CARD, artifactSha256: 'f'.repeat(64), intendedUse: 'Else.' }),
  )
  await recordedKind(test, 'ModelCard', items('card', CARD))
  const links = { trainedOn: [near('orders')], licensedUnder: [named('mit')] }
  const cards = { describedBy: [named('card'), named('of another file')] }
  const [made] = await recordedKind(test, 'Model', items('churn', MODEL, { ...links, ...cards }))
  model = made!.id
  const [orders] = await recorded(test, tenant, [dataset('orders')])
  table = orders!.id
  const linked = await test.ask(
    `mutation { linksRecord(items: [{ entity: { id: "${table}" }, licensedUnder: [{ namespace: "ml", name: "either" }, { namespace: "ml", name: "mit" }] }]) { position } }`,
    { tenant },
  )
  expect(linked.errors).toBeUndefined()
})

const get = (id: string, format: string, query = '', as = tenant) =>
  app.fetch(
    new Request(`http://localhost/api/v1/models/${encodeURIComponent(id)}/${format}${query}`, {
      headers: { 'x-selvedge-tenant': as, 'x-request-id': 'the-request' },
    }),
  )

describe('a model as a bill of materials (CycloneDX 1.7)', () => {
  it('is valid by the schema, and says what the model was made of and on what terms', async () => {
    const response = await get(model, 'cyclonedx')
    expect(response.headers.get('content-type')).toBe('application/vnd.cyclonedx+json; version=1.7')
    const told = await response.text()
    expect(wrongWith(told)).toEqual([])
    expect(wrongWith(told.replace('"SHA-256"', '"SHA-257"'))).not.toEqual([])
    const bom = JSON.parse(told)
    expect(bom.metadata.component).toMatchObject({
      ...{ type: 'machine-learning-model', 'bom-ref': model, name: 'Churn', version: '1.4' },
      hashes: [{ alg: 'SHA-256', content: HASH }],
      licenses: [{ expression: 'MIT' }],
      modelCard: {
        modelParameters: { task: 'tabular-classification', datasets: [{ ref: table }] },
        quantitativeAnalysis: {
          performanceMetrics: [
            { type: 'accuracy', value: '0.9' },
            { type: 'accuracy', value: '0.75', slice: 'age | 18-25' },
          ],
        },
        considerations: { useCases: ['To call those who may leave.'] },
      },
    })
    expect(bom.components).toMatchObject([
      {
        ...{ type: 'data', 'bom-ref': table, name: 'orders' },
        licenses: [
          {
            expression: expect.stringMatching(
              /^(MIT AND )?\(Apache-2.0 OR GPL-2.0-only\)( AND MIT)?$/,
            ),
          },
        ],
      },
    ])
    expect(bom.dependencies).toEqual([{ ref: model, dependsOn: [table] }, { ref: table }])
  })

  it('is the same, serial number and time too, until something that it tells of changes', async () => {
    const first = await (await get(model, 'cyclonedx')).text()
    const { position } = (await test.ask('{ log { size } }', { tenant })).extensions!
    await recorded(test, tenant, [dataset('something else')])
    expect(await (await get(model, 'cyclonedx')).text()).toBe(first)
    await recordedKind(test, 'Model', {
      tenant,
      items: [{ ...named('churn'), body: { version: '1.5' } }],
    })
    const second = await (await get(model, 'cyclonedx')).text()
    expect(JSON.parse(second).serialNumber).not.toBe(JSON.parse(first).serialNumber)
    expect(await (await get(model, 'cyclonedx', `?asOf=${position}`)).text()).toBe(first)
    await recordedKind(test, 'Model', {
      tenant,
      items: [{ ...named('churn'), body: { version: '1.4' } }],
    })
  })
})

/** Any text that a body may hold. */
const says = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 30 })
  .filter((one) => /\S/.test(one))
const thing = (id: string, fields: Described['fields']): Described => ({
  ...{ id: `urn:selvedge:${id}:h:x`, namespace: 'ml', name: id, seq: 7, fields },
  recordedAt: '2026-03-31T09:15:02.113Z',
})
const anyModel: fc.Arbitrary<ModelAnswer> = fc
  .record({
    title: says,
    description: says,
    licence: fc.record({ title: says }),
    card: fc.record({
      ...{ version: says, intendedUse: says, artifactSha256: fc.constant(HASH) },
      caveats: fc.array(says, { maxLength: 3 }),
      tags: fc.uniqueArray(says, { maxLength: 3 }),
      metrics: fc.array(
        fc.record({ name: says, value: fc.double({ noNaN: true, noDefaultInfinity: true }) }),
        { maxLength: 3 },
      ),
    }),
  })
  .map(({ title, description, licence, card }) => ({
    model: { ...thing('model', { title, description }), licenses: [thing('license', licence)] },
    card: thing('modelcard', card),
    trainedOn: [{ ...thing('dataset', {}), licenses: [] }],
    position: '0:42',
  }))

it('is valid by the schema whatever people wrote', () => {
  fc.assert(
    fc.property(anyModel, (answer) => {
      expect(wrongWith(JSON.stringify(describeAsCycloneDx(answer)))).toEqual([])
    }),
    { numRuns: 50 },
  )
})

describe('what is refused', () => {
  it.each([
    ['an id that is none', 'churn', '', 400, 'ENTITY_ID_INVALID'],
    [
      'a model that is not there',
      `urn:selvedge:model:h:${'A'.repeat(43)}`,
      '',
      404,
      'MODEL_UNKNOWN',
    ],
    [
      'a parameter that is none',
      `urn:selvedge:model:h:${'A'.repeat(43)}`,
      '?depth=1',
      400,
      'QUERY_INVALID',
    ],
  ])('%s', async (_what, id, query, status, code) => {
    for (const format of ['cyclonedx', 'model-card']) {
      const response = await get(id, format, query)
      expect(await response.json()).toMatchObject({ status, code, requestId: 'the-request' })
    }
  })

  it('what is no model, what is retired, and what is of another tenant: all alike', async () => {
    const [gone] = await recordedKind(test, 'Model', {
      tenant,
      items: [{ ...named('old'), body: { title: 'Old' } }],
    })
    const retired = await test.ask(`mutation { retire(id: "${gone!.id}") { position } }`, {
      tenant,
    })
    expect(retired.errors).toBeUndefined()
    const other = await freshTenant()
    const told = await Promise.all(
      [get(table, 'cyclonedx'), get(gone!.id, 'cyclonedx'), get(model, 'cyclonedx', '', other)].map(
        async (response) => (await response).json(),
      ),
    )
    expect(told[0]).toMatchObject({ status: 404, code: 'MODEL_UNKNOWN' })
    expect(told).toEqual([told[0], told[0], told[0]])
  })
})

/** What a script beside this makes of some texts, in a Python that has a package. */
async function readByPython<Told>(name: string, script: string, texts: readonly string[]) {
  const python = await installPython(name)
  const child = spawn(python, [fileURLToPath(new URL(script, import.meta.url))])
  child.stdin.end(JSON.stringify(texts))
  const [out, wrong] = await Promise.all([text(child.stdout), text(child.stderr)])
  expect(wrong).toBe('')
  return JSON.parse(out) as Told[]
}

const unread = 'bills of materials are not validated by cyclonedx-python-lib'
describe.skipIf(!hasPython(unread))('a bill of materials, as cyclonedx-python-lib reads it', () => {
  interface Told {
    wrong: string | null
    read: { type: string; name: string; hashes: string[]; data: string[] } | null
  }
  const others = fc.sample(anyModel, 60)
  let told: Told[]
  let own: string

  beforeAll(async () => {
    own = await (await get(model, 'cyclonedx')).text()
    const bills = [own, ...others.map((one) => JSON.stringify(describeAsCycloneDx(one)))]
    const bad = [
      own.replace('"SHA-256"', '"SHA-257"'),
      own.replace('"specVersion"', '"strange":1,"specVersion"'),
    ]
    told = await readByPython<Told>(CYCLONEDX, 'check_bom.py', [...bills, ...bad])
  }, 180_000)

  it('is strictly valid, whatever people wrote, and what is not is refused', () => {
    expect(told.slice(0, -2).filter(({ wrong }) => wrong !== null)).toEqual([])
    expect(told.slice(-2).map(({ wrong }) => wrong === null)).toEqual([false, false])
  })

  it('is of the same model, made of the same data', () => {
    expect(told[0]!.read).toEqual({
      ...{ type: 'machine-learning-model', name: 'Churn', hashes: [HASH], data: [table] },
    })
    expect(told.slice(1, -2).map(({ read }) => read!.name)).toEqual(
      others.map(({ model: { fields } }) => fields.title),
    )
  })
})

const missed = "no others' software reads model cards"
describe.skipIf(!hasPython(missed))('a model card, as huggingface_hub reads it', () => {
  let told: { data: Record<string, unknown>; text: string; again: boolean }[]
  const others = fc.sample(anyModel, 60)

  beforeAll(async () => {
    const response = await get(model, 'model-card')
    expect(response.headers.get('content-type')).toBe('text/markdown; charset=utf-8')
    const cards = [await response.text(), ...others.map(writeModelCard)]
    told = await readByPython(HUB, 'check_card.py', cards)
  }, 180_000)

  it('has the metadata that the Hub knows, and no other', () => {
    expect(told[0]!.data).toEqual({
      ...{ language: ['en-GB'], license: 'mit', pipeline_tag: 'tabular-classification' },
      ...{ tags: ['churn', 'yes'], metrics: ['accuracy'], model_name: 'Churn' },
    })
  })

  it('tells people the rest', () => {
    const lines = told[0]!.text.split('\n')
    expect(lines).toEqual(
      expect.arrayContaining([
        ...['# Churn', '## Intended use', 'To call those who may leave.', '- orders'],
        ...['| accuracy | all | 0.9 |  |', '| accuracy | age \\| 18-25 | 0.75 |  |'],
        '- Not for prices. Never.',
      ]),
    )
  })

  it('keeps every word of the metadata, whatever people wrote, and is read again as it is', () => {
    expect(told.map(({ again }) => again)).toEqual(told.map(() => true))
    const read = told
      .slice(1)
      .map(({ data }) => [data.model_name, data.tags ?? [], data.license_name])
    expect(read).toEqual(
      others.map(({ model: { fields, licenses }, card }) => [
        fields.title,
        card!.fields.tags,
        licenses[0]!.fields.title,
      ]),
    )
  })
})
