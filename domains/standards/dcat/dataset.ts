import type { Json } from '../../../proofs/json.ts'
import { type Described, textOf } from '../models/answer.ts'
import { iriOf } from './iri.ts'
import { type Node, some } from './source.ts'

/** What facets of OpenLineage say of a dataset that a catalogue has a word for. */
export function sayingsOfDataset(dataset: Described): Node & { description?: string } {
  return {
    description: textOf(dataset, 'description') ?? inFacet(dataset, 'documentation', 'description'),
    version: inFacet(dataset, 'version', 'datasetVersion'),
    keyword: some(tagsOf(dataset)),
  }
}

/** Where a dataset can be got at, where a facet says so; DCAT-AP knows no distribution without that. */
export function distributionOf(dataset: Described, terms: Node): Node | undefined {
  const uri = inFacet(dataset, 'dataSource', 'uri')
  const address = uri === undefined ? undefined : iriOf(uri)
  if (address === undefined) return undefined
  const format = inFacet(dataset, 'storage', 'fileFormat')
  return {
    '@type': 'Distribution',
    accessURL: { '@id': address, '@type': 'Resource' },
    format: format && { '@type': 'MediaTypeOrExtent', label: format },
    ...terms,
  }
}

const facetOf = ({ fields }: Described, name: string) => membersOf(fields[`facet:dataset:${name}`])

const membersOf = (value: Json | undefined): Readonly<Record<string, Json>> =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
    ? (value as Readonly<Record<string, Json>>)
    : {}

function inFacet(dataset: Described, facet: string, member: string): string | undefined {
  const value = facetOf(dataset, facet)[member]
  return typeof value === 'string' && /\S/.test(value) ? value : undefined
}

/** The tags of the dataset itself: a word, or a word with a value. Those of single columns are none of it. */
function tagsOf(dataset: Described): string[] {
  const { tags } = facetOf(dataset, 'tags')
  return (Array.isArray(tags) ? tags : []).map(membersOf).flatMap(({ key, value, field }) => {
    if (typeof key !== 'string' || typeof value !== 'string' || field != null) return []
    return [value === 'true' ? key : `${key}=${value}`]
  })
}
