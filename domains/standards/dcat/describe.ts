import { type Described, expressionOf, textOf, titleOf } from '../models/answer.ts'
import type { CatalogueAnswer, Job, Listed } from './answer.ts'
import { distributionOf, sayingsOfDataset } from './dataset.ts'
import { iriOf } from './iri.ts'
import { type Node, sayingsOfSource, some } from './source.ts'

/** What stands where DCAT-AP wants words and nobody has said any. */
export const UNDESCRIBED = 'No description is recorded.'

/**
 * Says what is recorded as a catalogue by DCAT-AP 3, a node at a time: the catalogue, each thing that
 * it lists, and once each what these name. Why each is said as it is: docs/decisions/0042-dcat-ap.md.
 */
export function* describeCatalogue(answer: CatalogueAnswer): Generator<Node> {
  const { tenant, root, listed, position } = answer
  const told = new Set<string>()
  const once = (id: string) => !told.has(id) && told.add(id)
  yield {
    '@id': root === null ? `${tenant.id}#catalogue` : `${root}#lineage`,
    '@type': 'Catalog',
    title: root === null ? `The data of ${tenant.name}` : `The lineage of ${root}`,
    description: 'Datasets and sources as they are recorded, with what they come from.',
    publisher: { '@id': tenant.id, '@type': 'Agent', name: tenant.name },
    dataset: listed.map(({ id }) => id),
    position,
  }
  for (const one of listed) {
    yield thingOf(one)
    for (const license of one.licenses) if (once(license.id)) yield licenseOf(license)
    for (const principal of one.principals) if (once(principal.id)) yield agentOf(principal)
    for (const job of one.jobs) if (once(job.id)) yield planOf(job)
  }
}

function thingOf(one: Listed): Node {
  const said = one.kind === 'Source' ? sayingsOfSource(one) : sayingsOfDataset(one)
  const owners = some(one.principals.map(({ id }) => id))
  return {
    '@id': one.id,
    '@type': 'Dataset',
    title: titleOf(one),
    identifier: one.id,
    ...said,
    description: said.description ?? textOf(one, 'description') ?? UNDESCRIBED,
    ...{ creator: owners, wasAttributedTo: owners },
    license: some(one.licenses.map(({ id }) => id)),
    distribution: one.kind === 'Dataset' ? distributionOf(one, termsOf(one)) : undefined,
    wasDerivedFrom: some(one.derivedFrom),
    wasInfluencedBy: some(one.jobs.map(({ id }) => id)),
    provenance: some(one.jobs.map(statementOf)),
    ...namesOf(one),
    record: String(one.seq),
    recordedAt: one.recordedAt ?? undefined,
  }
}

/** A distribution has one licence, or none; what several come to together is a statement of rights. */
function termsOf({ licenses }: Listed): Node {
  if (licenses.length < 2) return { license: licenses[0]?.id }
  const label = expressionOf(licenses) ?? licenses.map(titleOf).join('; ')
  return { rights: { '@type': 'RightsStatement', label } }
}

const statementOf = (job: Job): Node => ({
  '@type': 'ProvenanceStatement',
  label: `Written by the job ${job.name || job.id}${job.namespace && ` (${job.namespace})`}.`,
})

const licenseOf = (license: Described): Node => {
  const url = textOf(license, 'url')
  return {
    '@id': license.id,
    '@type': 'LicenseDocument',
    title: titleOf(license),
    identifier: textOf(license, 'spdx'),
    version: textOf(license, 'version'),
    seeAlso: url === undefined ? undefined : iriOf(url),
    ...namesOf(license),
  }
}

const TYPES: Readonly<Record<string, string>> = {
  person: 'Person',
  team: 'Organization',
  service: 'SoftwareAgent',
}

/** Not who they are to an issuer of tokens: that is for those who ask here, and catalogues are for all. */
const agentOf = (principal: Described): Node => ({
  '@id': principal.id,
  '@type': some(['Agent', TYPES[textOf(principal, 'type') ?? '']]),
  name: titleOf(principal),
  description: textOf(principal, 'description'),
  ...namesOf(principal),
})

const planOf = (job: Job): Node => ({
  '@id': job.id,
  '@type': 'Plan',
  label: job.name || job.id,
  wasInfluencedBy: some(job.used),
  ...namesOf(job),
})

const namesOf = ({ namespace, name }: { namespace: string; name: string }): Node => ({
  entityNamespace: namespace || undefined,
  entityName: name || undefined,
})
