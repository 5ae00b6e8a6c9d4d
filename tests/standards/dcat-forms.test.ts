import fc from 'fast-check'
import { expect, it } from 'vitest'
import { jsonSchemaOf } from '../../domains/kinds/json-schema.ts'
import { CONTEXT } from '../../domains/standards/dcat/context.ts'
import { describeCatalogue } from '../../domains/standards/dcat/describe.ts'
import { iriOf } from '../../domains/standards/dcat/iri.ts'
import {
  accessOf,
  frequencyOf,
  THEMES,
  themeOf,
} from '../../domains/standards/dcat/vocabularies.ts'
import { writeJsonLd } from '../../domains/standards/dcat/write.ts'
import {
  anyCatalogue,
  anyLink,
  anyText,
  datasetIn,
  datasetRecorded,
  edgesIn,
  edgesRecorded,
  listedIn,
  namedIn,
  plainAddress,
  sourceIn,
  sourceRecorded,
} from './catalogues.ts'
import { graphOf } from './triples.ts'

it('says of every thing just what its record says, whatever that is', () => {
  fc.assert(
    fc.property(anyCatalogue, (answer) => {
      const graph = graphOf([...writeJsonLd(describeCatalogue(answer))].join(''))
      expect(listedIn(graph)).toEqual(answer.listed.map(({ id }) => id).sort())
      for (const one of answer.listed) {
        expect(edgesIn(graph, one.id)).toEqual(edgesRecorded(one))
        if (one.kind === 'Source') expect(sourceIn(graph, one.id)).toEqual(sourceRecorded(one))
        else expect(datasetIn(graph, one.id)).toEqual(datasetRecorded(one))
        for (const { id, name, fields } of one.licenses) {
          const { title, spdx, version, url } = fields as Record<string, string>
          const want = { title, identifier: spdx, version, url: url && plainAddress(url) }
          expect(namedIn(graph, id), name).toEqual(JSON.parse(JSON.stringify(want)))
        }
        for (const { id, fields } of one.principals) {
          const { title, description } = fields as Record<string, string>
          expect(namedIn(graph, id)).toEqual(JSON.parse(JSON.stringify({ title, description })))
        }
        for (const { id, name, used } of one.jobs) {
          const want = { title: name || id, ...(used.length > 0 && { used: [...used].sort() }) }
          expect(namedIn(graph, id)).toEqual(want)
        }
      }
    }),
    { numRuns: 200 },
  )
})

/** RFC 3986, as far as every reader of RDF asks for it. */
const URI =
  /^[a-z][a-z0-9+.-]*:(?:[\w\-.~:/?@!$&'()*+,;=]|%[0-9A-Fa-f]{2}|\[[0-9a-f:.]+\])*(?:#(?:[\w\-.~:/?@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*)?$/

it('makes an address of any text either one that every reader takes, or none', () => {
  fc.assert(
    fc.property(fc.oneof(anyLink, anyText, fc.webUrl({ withFragments: true })), (text) => {
      const iri = iriOf(text)
      if (iri === undefined) {
        expect(/^https?:\/\/[^@]*$/.test(text) && URL.canParse(text)).toBe(false)
        return
      }
      expect(iri).toMatch(URI)
      expect(plainAddress(iri)).toBe(plainAddress(text))
      expect(iriOf(iri)).toBe(iri)
    }),
    { numRuns: 2_000 },
  )
})

it.each([
  ['a name and a password', 'postgres://ann:secret@db.example/x'],
  ['a name alone', 'https://ann@db.example/x'],
  ['those within another scheme', 'jdbc:postgresql://ann:secret@db/x'],
  ['a word of the document for a scheme', 'title:x'],
  ['no scheme', '//db.example/x'],
  ['half of a surrogate pair', 'http://a.example/\ud800'],
])('tells no address with %s', (_what, given) => expect(iriOf(given)).toBeUndefined())

it('has the words of the vocabularies that a source may say, and no others', () => {
  const { themes, accrualPeriodicity, accessRights } = jsonSchemaOf('Source')
    .properties as never as {
    themes: { items: { enum: string[]; enumDescriptions: string[] } }
    accrualPeriodicity: { enum: string[] }
    accessRights: { enum: string[] }
  }
  expect(Object.keys(THEMES)).toEqual(themes.items.enum)
  expect(Object.values(THEMES).map((name) => `${name}.`)).toEqual(themes.items.enumDescriptions)
  expect(accrualPeriodicity.enum.map((word) => frequencyOf(word)?.['@type'])).not.toContain(
    undefined,
  )
  expect(accessRights.enum.map((word) => accessOf(word)?.['@type'])).not.toContain(undefined)
  expect([themeOf('toString'), frequencyOf('a b'), accessOf('')]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
})

it('shortens no address: each word stands for one whole address, and nothing is fetched', () => {
  const addresses = Object.values(CONTEXT).map((term) => term['@id'])
  expect(addresses.filter((one) => !/[A-Za-z]$/.test(one))).toEqual([])
  expect(Object.keys(CONTEXT).filter((word) => word.startsWith('@') || word.includes(':'))).toEqual(
    [],
  )
})

it('is written as it is taken: of a catalogue of any size one thing is in memory', () => {
  const taken: number[] = []
  const things = function* () {
    for (let i = 0; i < 1_000_000; i++) {
      taken.push(i)
      yield { '@id': `urn:x:${i}` }
    }
  }
  const pieces = writeJsonLd(things())
  for (let i = 0; i < 4; i++) expect(pieces.next().value!.length).toBeLessThan(10_000)
  expect(taken).toEqual([0, 1, 2])
})
