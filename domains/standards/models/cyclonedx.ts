import { sha256 } from '../../../core/sha256.ts'
import { hex } from '../../../proofs/hex.ts'
import { utf8 } from '../../../proofs/utf8.ts'
import {
  type Described,
  expressionOf,
  type Licensed,
  listOf,
  type Metric,
  type ModelAnswer,
  textOf,
  titleOf,
} from './answer.ts'

/**
 * Says what a model is and was made of as a CycloneDX 1.7 bill of materials (ML-BOM).
 *
 * Serial number and time follow from the records that it says something of: as long as none of these
 * changes it is the same bill, byte for byte, whenever it is asked for.
 */
export function describeAsCycloneDx({ model, card, trainedOn }: ModelAnswer): object {
  const told = [model, ...model.licenses, ...(card ? [card] : []), ...trainedOn.flatMap(withTerms)]
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.7.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.7',
    serialNumber: `urn:uuid:${uuidOf(told.map(({ id, seq }) => `${id} ${seq}`).join('\n'))}`,
    version: 1,
    metadata: {
      timestamp: newest(told.map(({ recordedAt }) => recordedAt)),
      component: modelComponent(model, { card, trainedOn }),
    },
    components: trainedOn.map(dataComponent),
    dependencies: [
      { ref: model.id, dependsOn: trainedOn.map(({ id }) => id) },
      ...trainedOn.map(({ id }) => ({ ref: id })),
    ],
  }
}

const withTerms = (thing: Licensed): Described[] => [thing, ...thing.licenses]

const newest = (times: readonly (string | null)[]) =>
  times
    .flatMap((time) => time ?? [])
    .sort()
    .at(-1)

/** RFC 9562 version 8: 122 bits of a hash. */
function uuidOf(text: string) {
  const bytes = sha256(utf8(text)).slice(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function modelComponent(
  model: Licensed,
  { card, trainedOn }: Pick<ModelAnswer, 'card' | 'trainedOn'>,
) {
  const [hash, repository] = [textOf(model, 'artifactSha256'), textOf(model, 'repository')]
  const tags = listOf<string>(card, 'tags')
  return {
    type: 'machine-learning-model',
    ...commonOf(model),
    version: textOf(model, 'version'),
    description: textOf(model, 'description'),
    hashes: hash && [{ alg: 'SHA-256', content: hash }],
    licenses: licensesOf(model),
    externalReferences: repository && [{ type: 'distribution', url: repository }],
    tags: tags.length > 0 ? tags : undefined,
    modelCard: {
      modelParameters: {
        task: textOf(model, 'task'),
        datasets: trainedOn.map(({ id }) => ({ ref: id })),
      },
      ...(card && cardOf(card)),
    },
    properties: propertiesOf({
      'selvedge:framework': textOf(model, 'framework'),
      'selvedge:releasedOn': textOf(model, 'releasedOn'),
      'selvedge:record': String(model.seq),
    }),
  }
}

const dataComponent = (dataset: Licensed) => ({
  type: 'data',
  ...commonOf(dataset),
  licenses: licensesOf(dataset),
  data: [{ type: 'dataset', name: titleOf(dataset) }],
  properties: propertiesOf({ 'selvedge:record': String(dataset.seq) }),
})

const commonOf = (thing: Described) => ({
  'bom-ref': thing.id,
  group: thing.namespace || undefined,
  name: titleOf(thing),
})

/** One expression where all have one; else each by its name, for an expression stands alone. */
function licensesOf({ licenses }: Licensed) {
  if (licenses.length === 0) return undefined
  const expression = expressionOf(licenses)
  if (expression !== undefined) return [{ expression }]
  return licenses.map((license) => ({
    license: {
      name: textOf(license, 'spdx') ?? titleOf(license),
      url: textOf(license, 'url'),
    },
  }))
}

function cardOf(card: Described) {
  const [outOfScope, training, evaluation] = [
    'outOfScopeUse',
    'trainingData',
    'evaluationData',
  ].map((name) => textOf(card, name))
  const limits = [
    ...(outOfScope ? [`Not for: ${outOfScope}`] : []),
    ...listOf<string>(card, 'caveats'),
  ]
  return {
    quantitativeAnalysis: { performanceMetrics: listOf<Metric>(card, 'metrics').flatMap(measures) },
    considerations: {
      useCases: [textOf(card, 'intendedUse')].filter((use) => use !== undefined),
      technicalLimitations: limits,
    },
    properties: propertiesOf({
      'selvedge:card': card.id,
      'selvedge:cardVersion': textOf(card, 'version'),
      'selvedge:trainingData': training,
      'selvedge:evaluationData': evaluation,
      'selvedge:languages': listOf<string>(card, 'languages').join(', ') || undefined,
    }),
  }
}

const measures = ({ name, value, unit, slices = [] }: Metric) => {
  const type = unit === undefined ? name : `${name} (${unit})`
  return [
    { type, value: String(value) },
    ...slices.map((one) => ({ type, value: String(one.value), slice: one.slice })),
  ]
}

const propertiesOf = (values: Readonly<Record<string, string | undefined>>) =>
  Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]))
