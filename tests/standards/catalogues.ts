import fc from 'fast-check'
import { BODIES } from '../../domains/kinds/bodies.ts'
import type { CatalogueAnswer, Listed } from '../../domains/standards/dcat/answer.ts'
import { CONTEXT } from '../../domains/standards/dcat/context.ts'
import type { Described } from '../../domains/standards/models/answer.ts'
import type { TypedKind } from '../../lineage/kinds.ts'
import { bodyBy } from '../kinds/arbitrary.ts'
import type { Graph, Said, Value } from './triples.ts'

const DCT = 'http://purl.org/dc/terms/'
const DCAT = 'http://www.w3.org/ns/dcat#'
const FOAF = 'http://xmlns.com/foaf/0.1/'
const VCARD = 'http://www.w3.org/2006/vcard/ns#'
const PROV = 'http://www.w3.org/ns/prov#'
const RDFS = 'http://www.w3.org/2000/01/rdf-schema#'
const OURS = 'urn:selvedge:term:'
const EU = 'http://publications.europa.eu/resource/authority/'

const TRICKY = [
  '@id', '@en', '@value', 'en', '_:b0', 'dct:title', '{"@id":"urn:x"}', '"', '\\', '\u0000', '\u001f',
  '\u0085\u2028\u2029', '\ufeff', '\uffff', '<script>', 'urn:x', 'http://[', 'ü 🌾', '‮', '"@en', "'''",
] // biome-ignore format: a list of texts

/** Any text that a body may hold, and such as have a meaning in JSON-LD or in other forms of RDF. */
export const anyText = fc
  .oneof(fc.constantFrom(...TRICKY), fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }))
  .filter((text) => /\S/.test(text))

const TRICKY_LINKS = [
  'http://a.example/ x<y>"z"', 'https://a.example/{a}|^`[1]\\b', 'http://a.example/%zz%4', 'http://ü.example/ü?ü=ü#ü',
  'http://a.example/#a#b', 'HTTP://A.example:80/../b', 'http://a.example/\u0085\u2028\ufffe', 'http://a.example?q=\'"',
  'https://a.example/‮🌾', 'http://a.example/%FF', 'http://a.example/a\tb\nc',
] // biome-ignore format: a list of texts
export const anyLink = fc.oneof(
  fc.constantFrom(...TRICKY_LINKS),
  fc
    .string({ unit: 'binary', maxLength: 15 })
    .map((text) => `https://data.example/${text}`)
    .filter((text) => URL.canParse(text)),
)

const isBody = (kind: TypedKind, body: object) => BODIES[kind].whole.safeParse(body).success

type Body = Described['fields']
/** The fields that texts and addresses are put into. */
interface Open {
  publisher?: object
  contactPoint?: object
  landingPage?: string
  keywords?: string[]
  spatial?: string[]
}

/** The body of a source that the schema takes, with any text and any link in it. */
export const anySource: fc.Arbitrary<Body> = fc
  .record({
    body: bodyBy(BODIES.Source.whole),
    texts: fc.array(anyText, { minLength: 6, maxLength: 6 }),
    links: fc.array(anyLink, { minLength: 4, maxLength: 4 }),
  })
  .map(({ body, texts: [a, b, c, d, e, f], links: [i, j, k, l] }) => {
    const { publisher, contactPoint, landingPage, keywords, spatial, ...rest } = body as Open
    return {
      ...rest,
      ...{ title: a, description: b },
      ...(publisher && {
        publisher: { ...publisher, name: c, ...('homepage' in publisher && { homepage: i }) },
      }),
      ...(contactPoint && {
        contactPoint: { ...contactPoint, name: d, ...('url' in contactPoint && { url: j }) },
      }),
      ...(landingPage && { landingPage: k }),
      ...(keywords && { keywords: [...keywords, e] }),
      ...(spatial && { spatial: [...spatial, f, l] }),
    } as unknown as Body
  })
  .filter((body) => isBody('Source', body))

const idOf = (kind: string, i: number) => `urn:selvedge:${kind}:h:${String(i).padStart(42, 'A')}A`
const described = (
  kind: string,
  i: number,
  fields: Described['fields'],
  name: string,
): Described => ({
  ...{ id: idOf(kind, i), namespace: 'ns', name, seq: 7 + i, fields },
  recordedAt: '2026-03-31T09:15:02.113Z',
})

const anyUri = fc.oneof(
  anyLink,
  fc.constantFrom(
    ...[
      's3://bucket/a b',
      'postgres://ann:secret@db:5432/x',
      'jdbc:postgresql://u:p@h/x',
      'title:x',
      'Dataset:x',
    ],
    ...[
      'not an address',
      '//x',
      'postgres://[::1]:5432/[x]',
      'file:///tmp/x',
      'mailto:ann@example.org',
      'urn:a:b',
    ],
  ),
)

const anyFacets = fc
  .record(
    {
      'facet:dataset:documentation': fc.record({ description: anyText }),
      'facet:dataset:version': fc.record({ datasetVersion: anyText }),
      'facet:dataset:dataSource': fc.record({ uri: anyUri }),
      'facet:dataset:storage': fc.record({ fileFormat: anyText }),
      'facet:dataset:tags': fc.record({
        tags: fc.array(
          fc.record(
            { key: anyText, value: fc.oneof(fc.constant('true'), anyText), field: anyText },
            { requiredKeys: ['key', 'value'] },
          ),
          { maxLength: 3 },
        ),
      }),
    },
    { requiredKeys: [] },
  )
  .map((facets) => facets as Described['fields'])

const COUNT = 4
const places = Array.from({ length: COUNT }, (_, i) => i)
const some = fc.uniqueArray(fc.constantFrom(...places), { maxLength: 3 })

/** A world of a few datasets and sources, with licences, people and jobs that they share. */
export const anyCatalogue: fc.Arbitrary<CatalogueAnswer> = fc
  .record({
    tenant: fc.stringMatching(/^[a-z][a-z0-9-]{2,20}$/),
    sources: fc.array(anySource, { maxLength: 3 }),
    datasets: fc.array(fc.record({ facets: anyFacets, name: fc.option(anyText, { nil: '' }) }), {
      maxLength: 3,
    }),
    licenses: fc.tuple(...places.map(() => bodyBy(BODIES.License.whole))),
    people: fc.tuple(
      ...places.map(() => fc.record({ body: bodyBy(BODIES.Principal.whole), title: anyText })),
    ),
    names: fc.array(anyText, { minLength: COUNT, maxLength: COUNT }),
    edges: fc.array(
      fc.record({ licenses: some, principals: some, jobs: some, from: some, used: some }),
      {
        minLength: 6,
        maxLength: 6,
      },
    ),
  })
  .map(({ tenant, sources, datasets, licenses, people, names, edges }) => {
    const license = licenses.map((body, i) =>
      described('license', i, body as Described['fields'], names[i]!),
    )
    const principal = people.map(({ body, title }, i) =>
      described('principal', i, { ...body, title } as Described['fields'], `p${i}`),
    )
    const job = names.map((name, i) => ({
      ...{ id: idOf('job', i), namespace: i === 0 ? '' : 'ns', name: i === 0 ? '' : name },
      used: edges[i]!.used.map((to) => idOf('dataset', to)),
    }))
    const withEdges = (one: Described, kind: Listed['kind'], i: number): Listed => ({
      ...one,
      kind,
      licenses: edges[i]!.licenses.map((to) => license[to]!),
      principals: edges[i]!.principals.map((to) => principal[to]!),
      derivedFrom: kind === 'Dataset' ? edges[i]!.from.map((to) => idOf('dataset', to)) : [],
      jobs: kind === 'Dataset' ? edges[i]!.jobs.map((to) => job[to]!) : [],
    })
    return {
      tenant: { id: idOf('tenant', 0), name: tenant },
      ...{ root: null, position: '0:42' },
      listed: [
        ...datasets.map(({ facets, name }, i) =>
          withEdges(described('dataset', i, facets, name), 'Dataset', i),
        ),
        ...sources.map((body, i) =>
          withEdges(described('source', i, body, `s${i}`), 'Source', 3 + i),
        ),
      ],
    }
  })

/** Two addresses that differ only in what is percent-encoded are one. */
export function plainAddress(address: string) {
  const { href } = new URL(address)
  return href
    .replace(/[^ -~]/gu, encodeURIComponent)
    .replace(/%([0-9A-Fa-f]{2})/g, (_, byte) => String.fromCharCode(Number.parseInt(byte, 16)))
}

const isThing = (value: Value | undefined): value is Said => typeof value === 'object'
const textsOf = (said: Said | undefined, property: string) =>
  (said?.[property] ?? []).map((value) => {
    const [, text] = /^["<]([\s\S]*)(?:"(?:\^\^.*)?|>)$/.exec(String(value)) ?? []
    return text!
  })
const textOf = (said: Said | undefined, property: string) => textsOf(said, property)[0]
const addressesOf = (said: Said | undefined, property: string) =>
  textsOf(said, property).map(plainAddress)
const addressOf = (said: Said | undefined, property: string) => addressesOf(said, property)[0]
const thingOf = (said: Said, property: string) => said[property]?.find(isThing)
const wordsOf = (said: Said, property: string) =>
  textsOf(said, property).map((iri) => iri.replace(EU, '').split('/')[1])
const sorted = <Item>(items: readonly Item[] | undefined) => [...new Set(items ?? [])].sort()
const said = <Type extends object>(members: Type) =>
  Object.fromEntries(
    Object.entries(members).filter(
      ([, value]) => value !== undefined && (!Array.isArray(value) || value.length > 0),
    ),
  )

/** What a graph says of a source, as its body has it. */
export function sourceIn(graph: Graph, id: string) {
  const one = graph[id]!
  const [publisher, contact, period] = [
    thingOf(one, `${DCT}publisher`),
    thingOf(one, `${DCAT}contactPoint`),
    thingOf(one, `${DCT}temporal`),
  ]
  const places = (one[`${DCT}spatial`] ?? []).map((value) =>
    isThing(value) ? textOf(value, `${RDFS}label`)! : plainAddress(value.slice(1, -1)),
  )
  return said({
    title: textOf(one, `${DCT}title`),
    description: textOf(one, `${DCT}description`),
    publisher:
      publisher &&
      said({
        name: textOf(publisher, `${FOAF}name`),
        homepage: addressOf(publisher, `${FOAF}homepage`),
      }),
    contactPoint:
      contact &&
      said({
        name: textOf(contact, `${VCARD}fn`),
        email: textOf(contact, `${VCARD}hasEmail`)?.replace('mailto:', ''),
        url: addressOf(contact, `${VCARD}hasURL`),
      }),
    landingPage: addressOf(one, `${DCAT}landingPage`),
    themes: sorted(wordsOf(one, `${DCAT}theme`)),
    keywords: sorted(textsOf(one, `${DCAT}keyword`)),
    issued: textOf(one, `${DCT}issued`),
    modified: textOf(one, `${DCT}modified`),
    accrualPeriodicity: wordsOf(one, `${DCT}accrualPeriodicity`)[0],
    spatial: sorted(places),
    temporal:
      period &&
      said({ from: textOf(period, `${DCAT}startDate`), until: textOf(period, `${DCAT}endDate`) }),
    accessRights: wordsOf(one, `${DCT}accessRights`)[0],
  })
}

/** The same of the body itself: lists are sets in RDF, and addresses are compared as what they mean. */
export function sourceRecorded({ fields }: Pick<Described, 'fields'>) {
  const { publisher, contactPoint, landingPage, themes, keywords, spatial, temporal, ...rest } =
    fields as Record<string, never>
  const { homepage, name } = (publisher ?? {}) as Record<string, string>
  const { url, ...contact } = (contactPoint ?? {}) as Record<string, string>
  return said({
    ...rest,
    publisher: publisher && said({ name, homepage: homepage && plainAddress(homepage) }),
    contactPoint: contactPoint && said({ ...contact, url: url && plainAddress(url) }),
    landingPage: landingPage && plainAddress(landingPage),
    ...{ themes: sorted(themes), keywords: sorted(keywords) },
    spatial: sorted(
      ((spatial ?? []) as string[]).map((place) =>
        /^https?:\/\//.test(place) && URL.canParse(place) ? plainAddress(place) : place,
      ),
    ),
    temporal: temporal && Object.keys(temporal).length > 0 ? temporal : undefined,
  })
}

/** What a graph says of a dataset's facets. */
export function datasetIn(graph: Graph, id: string) {
  const one = graph[id]!
  const distribution = thingOf(one, `${DCAT}distribution`)
  const format = distribution && thingOf(distribution, `${DCT}format`)
  return said({
    description: textOf(one, `${DCT}description`),
    version: textOf(one, `${DCAT}version`),
    keywords: sorted(textsOf(one, `${DCAT}keyword`)),
    address: addressOf(distribution, `${DCAT}accessURL`),
    format: textOf(format, `${RDFS}label`),
  })
}

export function datasetRecorded({ fields }: Pick<Described, 'fields'>) {
  const facet = (name: string) => (fields[`facet:dataset:${name}`] ?? {}) as Record<string, string>
  const tags = (facet('tags').tags ?? []) as unknown as {
    key: string
    value: string
    field?: string
  }[]
  const { uri } = facet('dataSource')
  const isTold =
    uri !== undefined &&
    URL.canParse(uri) &&
    !/\/\/[^/?#]*@/.test(new URL(uri).href) &&
    !(new URL(uri).protocol.slice(0, -1) in CONTEXT)
  return said({
    description: facet('documentation').description ?? 'No description is recorded.',
    version: facet('version').datasetVersion,
    keywords: sorted(
      tags
        .filter(({ field }) => field === undefined)
        .map(({ key, value }) => (value === 'true' ? key : `${key}=${value}`)),
    ),
    address: isTold ? plainAddress(uri) : undefined,
    format: isTold ? facet('storage').fileFormat : undefined,
  })
}

/** Where the edges of a thing lead, and what its record is. */
export const edgesIn = (graph: Graph, id: string) => ({
  licenses: textsOf(graph[id], `${DCT}license`),
  principals: textsOf(graph[id], `${PROV}wasAttributedTo`),
  creators: textsOf(graph[id], `${DCT}creator`),
  derivedFrom: textsOf(graph[id], `${PROV}wasDerivedFrom`),
  jobs: textsOf(graph[id], `${PROV}wasInfluencedBy`),
  statements: (graph[id]![`${DCT}provenance`] ?? []).length,
  identifier: textOf(graph[id], `${DCT}identifier`),
  record: textOf(graph[id], `${OURS}record`),
  recordedAt: textOf(graph[id], `${OURS}recordedAt`),
  namespace: textOf(graph[id], `${OURS}namespace`) ?? '',
  name: textOf(graph[id], `${OURS}name`) ?? '',
})

export const edgesRecorded = (one: Listed) => ({
  licenses: sorted(one.licenses.map(({ id }) => id)),
  principals: sorted(one.principals.map(({ id }) => id)),
  creators: sorted(one.principals.map(({ id }) => id)),
  derivedFrom: sorted(one.derivedFrom),
  jobs: sorted(one.jobs.map(({ id }) => id)),
  statements: new Set(one.jobs.map(({ namespace, name, id }) => `${name || id} ${namespace}`)).size,
  ...{ identifier: one.id, record: String(one.seq), recordedAt: one.recordedAt },
  ...{ namespace: one.namespace, name: one.name },
})

/** The ids that a catalogue lists. */
export const listedIn = (graph: Graph) =>
  Object.values(graph)
    .flatMap((one) => textsOf(one, `${DCAT}dataset`))
    .sort()

/** What a graph says of what others name, by id: licences, people and jobs. */
export const namedIn = (graph: Graph, id: string) =>
  said({
    title:
      textOf(graph[id], `${DCT}title`) ??
      textOf(graph[id], `${FOAF}name`) ??
      textOf(graph[id], `${RDFS}label`),
    identifier: textOf(graph[id], `${DCT}identifier`),
    version: textOf(graph[id], `${DCAT}version`),
    description: textOf(graph[id], `${DCT}description`),
    url: addressOf(graph[id], `${RDFS}seeAlso`),
    used: textsOf(graph[id], `${PROV}wasInfluencedBy`),
  })
