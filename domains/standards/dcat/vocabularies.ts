/** Something of a vocabulary of the Publications Office of the EU. */
export interface Authority {
  '@id': string
  '@type': string
  prefLabel?: string
}

const AUTHORITIES = 'http://publications.europa.eu/resource/authority'

/** The headings of the data-theme vocabulary, by their names: a concept without one is none to DCAT-AP. */
export const THEMES: Readonly<Record<string, string>> = {
  AGRI: 'Agriculture, fisheries, forestry and food',
  ECON: 'Economy and finance',
  EDUC: 'Education, culture and sport',
  ENER: 'Energy',
  ENVI: 'Environment',
  GOVE: 'Government and public sector',
  HEAL: 'Health',
  INTR: 'International issues',
  JUST: 'Justice, legal system and public safety',
  OP_DATPRO: 'Provisional data',
  REGI: 'Regions and cities',
  SOCI: 'Population and society',
  TECH: 'Science and technology',
  TRAN: 'Transport',
}

/** A heading; `undefined` where the vocabulary has none of that name. */
export const themeOf = (word: string): Authority | undefined =>
  Object.hasOwn(THEMES, word)
    ? { ...wordOf('data-theme', 'Concept', word)!, prefLabel: THEMES[word]! }
    : undefined

export const frequencyOf = (word: string) => wordOf('frequency', 'Frequency', word)
export const accessOf = (word: string) => wordOf('access-right', 'RightsStatement', word)

const wordOf = (scheme: string, type: string, word: string): Authority | undefined =>
  /^[A-Z][A-Z_0-9]*$/.test(word)
    ? { '@id': `${AUTHORITIES}/${scheme}/${word}`, '@type': type }
    : undefined
