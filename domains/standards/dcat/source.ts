import type { Json } from '../../../proofs/json.ts'
import { type Described, listOf, textOf } from '../models/answer.ts'
import { iriOf } from './iri.ts'
import { accessOf, frequencyOf, themeOf } from './vocabularies.ts'

/** A node of a JSON-LD document; what is `undefined` is not said. */
export type Node = Readonly<Record<string, unknown>>

/** What a source says of itself, in the words that its body has them from. */
export function sayingsOfSource(source: Described): Node {
  const text = (name: string) => textOf(source, name)
  const publisher = partsOf(source, 'publisher')
  const contact = partsOf(source, 'contactPoint')
  const temporal = partsOf(source, 'temporal')
  const [from, until] = [dayOf(temporal.from), dayOf(temporal.until)]
  return {
    publisher: publisher.name && {
      '@type': 'Agent',
      name: publisher.name,
      homepage: documentAt(publisher.homepage),
    },
    contactPoint: contact.name && {
      '@type': 'Kind',
      fn: contact.name,
      hasEmail: contact.email && iriOf(`mailto:${contact.email.replaceAll('%', '%25')}`),
      hasURL: contact.url && iriOf(contact.url),
    },
    landingPage: documentAt(text('landingPage')),
    theme: some(listOf<string>(source, 'themes').map(themeOf)),
    keyword: some(listOf<string>(source, 'keywords')),
    issued: dayOf(text('issued')),
    modified: dayOf(text('modified')),
    accrualPeriodicity: frequencyOf(text('accrualPeriodicity') ?? ''),
    spatial: some(listOf<string>(source, 'spatial').map(placeOf)),
    temporal: (from ?? until) && { '@type': 'PeriodOfTime', startDate: from, endDate: until },
    accessRights: accessOf(text('accessRights') ?? ''),
  }
}

type Parts = Readonly<Record<string, string | undefined>>

/** The texts of a field that has parts. */
function partsOf({ fields }: Described, name: string): Parts {
  const value: Json | undefined = fields[name]
  return value !== null && typeof value === 'object' && !Array.isArray(value)
    ? (value as Parts)
    : {}
}

const documentAt = (address: string | undefined) => {
  const id = address === undefined ? undefined : iriOf(address)
  return id && { '@id': id, '@type': 'Document' }
}

/** XML Schema 1.0 has no year 0: such a day is not said. */
const dayOf = (day: string | undefined) => (day?.startsWith('0000') ? undefined : day)

/** By its address in a gazetteer, or by its name. */
function placeOf(place: string): Node {
  const id = /^https?:\/\//.test(place) ? iriOf(place) : undefined
  return { ...(id ? { '@id': id } : { label: place }), '@type': 'Location' }
}

/** A list without gaps; nothing where it is empty. */
export function some<Item>(items: readonly (Item | undefined)[]): Item[] | undefined {
  const said = items.filter((item) => item !== undefined)
  return said.length > 0 ? said : undefined
}
