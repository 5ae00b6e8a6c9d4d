const [DCAT, DCT] = ['http://www.w3.org/ns/dcat#', 'http://purl.org/dc/terms/']
const [FOAF, PROV] = ['http://xmlns.com/foaf/0.1/', 'http://www.w3.org/ns/prov#']
const [VCARD, RDFS] = ['http://www.w3.org/2006/vcard/ns#', 'http://www.w3.org/2000/01/rdf-schema#']
const [SKOS, XSD] = ['http://www.w3.org/2004/02/skos/core#', 'http://www.w3.org/2001/XMLSchema#']
const OURS = 'urn:selvedge:term:'

const within = (vocabulary: string, ...names: string[]) =>
  Object.fromEntries(names.map((name) => [name, { '@id': `${vocabulary}${name}` }]))
const typed = (type: string, terms: Record<string, { '@id': string }>) =>
  Object.fromEntries(
    Object.entries(terms).map(([name, term]) => [name, { ...term, '@type': type }]),
  )

/**
 * The JSON-LD context of a catalogue: every word by its whole address. There are no prefixes, so that
 * no address that somebody wrote is ever taken for a shortened one.
 */
export const CONTEXT: Readonly<Record<string, { '@id': string; '@type'?: string }>> = {
  ...within(DCAT, 'Catalog', 'Dataset', 'Distribution', 'keyword', 'theme', 'contactPoint'),
  ...within(DCAT, 'distribution', 'landingPage', 'accessURL', 'version'),
  ...typed('@id', within(DCAT, 'dataset')),
  ...typed(`${XSD}date`, within(DCAT, 'startDate', 'endDate')),
  ...within(DCT, 'LicenseDocument', 'Location', 'PeriodOfTime', 'ProvenanceStatement'),
  ...within(DCT, 'RightsStatement', 'Frequency', 'MediaTypeOrExtent'),
  ...within(DCT, 'title', 'description', 'identifier', 'spatial', 'temporal', 'provenance'),
  ...within(DCT, 'rights', 'format', 'accessRights', 'accrualPeriodicity', 'publisher'),
  ...typed('@id', within(DCT, 'license', 'creator')),
  ...typed(`${XSD}date`, within(DCT, 'issued', 'modified')),
  ...within(FOAF, 'Agent', 'Person', 'Organization', 'Document', 'name', 'homepage'),
  ...within(VCARD, 'Kind', 'fn'),
  ...typed('@id', within(VCARD, 'hasEmail', 'hasURL')),
  ...within(RDFS, 'Resource', 'label'),
  ...typed('@id', within(RDFS, 'seeAlso')),
  ...within(SKOS, 'Concept', 'prefLabel'),
  ...within(PROV, 'Plan', 'SoftwareAgent'),
  ...typed('@id', within(PROV, 'wasDerivedFrom', 'wasInfluencedBy', 'wasAttributedTo')),
  entityNamespace: { '@id': `${OURS}namespace` },
  entityName: { '@id': `${OURS}name` },
  position: { '@id': `${OURS}position` },
  record: { '@id': `${OURS}record`, '@type': `${XSD}integer` },
  recordedAt: { '@id': `${OURS}recordedAt`, '@type': `${XSD}dateTime` },
}
