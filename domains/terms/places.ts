import type { Fit } from '../../proofs/terms/words.ts'

/** The member states of the European Union, by ISO 3166 (https://european-union.europa.eu, "EU countries"). */
const EU = new Set(
  'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(' '),
)

const isWithin = (place: string, of: string) =>
  place === of || place.startsWith(`${of}-`) || (of === 'EU' && EU.has(place.slice(0, 2)))

/** How a place of a rule fits the one that is asked about: DE-BY lies in DE, and both in EU. */
export const placeFit = (rule: string, asked: string): Fit =>
  isWithin(asked, rule) ? 'all' : isWithin(rule, asked) ? 'part' : 'no'
