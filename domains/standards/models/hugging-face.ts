import { stringify, type ToStringOptions } from 'yaml'
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
import { hubWordOf } from './hub-licenses.ts'

/**
 * Writes a model and its card as a model card of the Hugging Face Hub: metadata in YAML, then Markdown.
 * The metadata says nothing that the Hub would read as one of its own repositories and is none.
 */
export function writeModelCard({ model, card, trainedOn }: ModelAnswer): string {
  const yaml = stringify(metadataOf(model, card), QUOTED).replace(UNPRINTABLE, escaped)
  return `---\n${yaml}---\n\n${sectionsOf({ model, card, trainedOn }).join('\n\n')}\n`
}

/**
 * Each text in quotes, on one line: readers of YAML 1.1 take a bare `yes` for truth, and one line of a
 * text that is `---` would end the metadata.
 */
const QUOTED: ToStringOptions = {
  ...{ defaultStringType: 'QUOTE_DOUBLE' as const, defaultKeyType: 'PLAIN' as const },
  ...{ doubleQuotedAsJSON: true, lineWidth: 0 },
}

/** What YAML has no place for as it is: control characters beyond ASCII's, and what is no character. */
const UNPRINTABLE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g
const escaped = (mark: string) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`

/** What the Hub takes for a task, and for a language. */
const [TASK, LANGUAGE] = [/^[a-z0-9]+(?:-[a-z0-9]+)*$/, /^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/]

function metadataOf(model: Licensed, card: Described | null) {
  const task = textOf(model, 'task')
  const languages = listOf<string>(card, 'languages').filter((one) => LANGUAGE.test(one))
  const tags = listOf<string>(card, 'tags')
  const metrics = [...new Set(listOf<Metric>(card, 'metrics').map(({ name }) => name))]
  return {
    ...(languages.length > 0 && { language: languages }),
    ...licenseOf(model),
    ...(task !== undefined && TASK.test(task) && { pipeline_tag: task }),
    ...(tags.length > 0 && { tags }),
    ...(metrics.length > 0 && { metrics }),
    model_name: titleOf(model),
  }
}

function licenseOf({ licenses }: Licensed) {
  if (licenses.length === 0) return {}
  const expression = expressionOf(licenses)
  const word = expression === undefined ? undefined : hubWordOf(expression)
  if (word !== undefined) return { license: word }
  const link = licenses.map((license) => textOf(license, 'url')).find((url) => url !== undefined)
  return {
    license: 'other',
    license_name: expression ?? licenses.map(titleOf).join(', '),
    ...(link !== undefined && { license_link: link }),
  }
}

function sectionsOf({ model, card, trainedOn }: Omit<ModelAnswer, 'position'>): string[] {
  const said = (heading: string, thing: Described | null, field: string) => {
    const text = thing ? textOf(thing, field) : undefined
    return text === undefined ? [] : [`## ${heading}`, text]
  }
  const caveats = listOf<string>(card, 'caveats')
  const metrics = listOf<Metric>(card, 'metrics')
  return [
    `# ${inLine(titleOf(model))}`,
    ...(textOf(model, 'description') ? [textOf(model, 'description')!] : []),
    ...aboutOf(model),
    ...said('Intended use', card, 'intendedUse'),
    ...said('Out of scope', card, 'outOfScopeUse'),
    ...said('Training data', card, 'trainingData'),
    ...(trainedOn.length > 0
      ? ['Recorded as trained on:', trainedOn.map((one) => `- ${inLine(titleOf(one))}`).join('\n')]
      : []),
    ...said('Evaluation data', card, 'evaluationData'),
    ...(metrics.length > 0 ? ['## Metrics', tableOf(metrics)] : []),
    ...(caveats.length > 0
      ? ['## Caveats', caveats.map((one) => `- ${inLine(one)}`).join('\n')]
      : []),
  ]
}

function aboutOf(model: Described) {
  const lines = Object.entries({
    version: 'Version',
    framework: 'Framework',
    releasedOn: 'Released',
    artifactSha256: 'SHA-256',
    repository: 'Repository',
  }).flatMap(([field, word]) => {
    const value = textOf(model, field)
    return value === undefined ? [] : [`- ${word}: ${inLine(value)}`]
  })
  return lines.length > 0 ? [lines.join('\n')] : []
}

function tableOf(metrics: readonly Metric[]) {
  const rows = metrics.flatMap(({ name, value, unit = '', slices = [] }) => [
    [name, 'all', String(value), unit],
    ...slices.map((one) => [name, one.slice, String(one.value), unit]),
  ])
  const lines = [['Measure', 'For', 'Value', 'Unit'], ['---', '---', '---', '---'], ...rows]
  return lines.map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n')
}

/** A text that is to stand on one line. */
const inLine = (text: string) => text.replaceAll(/\s+/g, ' ')
const cell = (text: string) => inLine(text).replaceAll('|', '\\|')
