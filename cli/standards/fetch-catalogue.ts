import { pipeline } from 'node:stream/promises'
import type { Client } from '../client.ts'
import { clientFor, type Place } from '../identity/client-for.ts'
import type { Moment } from '../time/moment.ts'
import { keep } from './fetch-document.ts'

interface Wanted {
  place: Place
  out: string
  json?: true
  asOf?: Moment
}

/** Fetches a whole catalogue by DCAT-AP page by page, and writes it as one document, a page in memory. */
export async function fetchCatalogue({ place, out, json, asOf }: Wanted): Promise<void> {
  const moment = asOf && Object.values(asOf)[0]
  const query = moment === undefined ? '' : `?${new URLSearchParams({ asOf: String(moment) })}`
  const told = { position: '' }
  const pieces = oneDocument(clientFor(place), query, told)
  if (out === '-') return pipeline(pieces, process.stdout, { end: false })
  await keep(pieces, out)
  const made = { ok: true, tenant: place.tenant, file: out, format: 'dcat-ap', ...told }
  process.stdout.write(
    json ? `${JSON.stringify(made)}\n` : `dcat-ap as of position ${told.position}: ${out}\n`,
  )
}

interface Page {
  '@context': object
  '@graph': object[]
}

/** The catalogue itself stands on every page, with what that page lists: together they are one node. */
async function* oneDocument(client: Client, query: string, told: { position: string }) {
  let path: string | undefined = `/api/v1/catalogue/dcat-ap${query}`
  for (let isFirst = true; path !== undefined; isFirst = false) {
    const response: Response = await client.request(path)
    told.position = response.headers.get('x-selvedge-position') ?? ''
    const page = (await response.json()) as Page
    if (isFirst) yield `{"@context":${JSON.stringify(page['@context'])},\n"@graph":[`
    const nodes = page['@graph'].map((node) => JSON.stringify(node))
    yield `${isFirst ? '' : ','}\n${nodes.join(',\n')}`
    path = /^<([^>]+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1]
  }
  yield '\n]}\n'
}
