import type { CatalogueAnswer } from '../domains/standards/dcat/answer.ts'
import { describeCatalogue } from '../domains/standards/dcat/describe.ts'
import { writeJsonLd } from '../domains/standards/dcat/write.ts'
import { DIRECTIONS } from '../lineage/traversal-texts.ts'
import { findCatalogue, findCatalogueOfLineage } from '../resolvers/catalogue.ts'
import type { Context } from '../resolvers/context.ts'
import { queryInvalid, type Report } from './problems.ts'
import { readQuery } from './query.ts'
import { answerText } from './text-answer.ts'

/** So many things are on a page where the caller does not say. */
const USUAL_PAGE = 500

/**
 * Answers `GET /api/v1/catalogue/dcat-ap` with a page of everything that a tenant has data of, as a
 * catalogue by DCAT-AP 3 in JSON-LD. Each page is a document of its own, and all of them together are
 * one graph; a `Link` leads to the next (RFC 8288).
 *
 * @throws {Problem} `QUERY_INVALID`, and as `findCatalogue`.
 */
export async function serveCatalogue(
  request: Request,
  context: Context,
  report: Report,
): Promise<Response> {
  const query = readQuery(request, ['first', 'after', 'asOf'])
  const first = query.whole('first') ?? USUAL_PAGE
  const asked = { first, after: query.text('after'), asOf: query.moment('asOf') }
  const page = await findCatalogue(asked, context)
  const response = answer(request, page, report)
  if (page.next !== null) {
    const next = `${new URL(request.url).pathname}?first=${first}&after=${page.next}`
    response.headers.set('link', `<${next}>; rel="next"`)
  }
  return response
}

/**
 * Answers `GET /api/v1/lineage/dcat-ap` with the datasets and sources of the answer to a lineage question.
 *
 * @throws {Problem} `QUERY_INVALID`, and as `findCatalogueOfLineage`.
 */
export async function serveCatalogueOfLineage(
  request: Request,
  context: Context,
  report: Report,
): Promise<Response> {
  const query = readQuery(request, ['root', 'direction', 'depth', 'asOf'])
  const root = query.text('root')
  if (root === undefined) throw queryInvalid('root', 'it must be the id of an entity')
  const asked = {
    root,
    direction: query.oneOf('direction', DIRECTIONS) ?? 'UPSTREAM',
    depth: query.whole('depth') ?? 4,
    asOf: query.moment('asOf'),
  }
  return answer(request, await findCatalogueOfLineage(asked, context), report)
}

const answer = (request: Request, catalogue: CatalogueAnswer, report: Report) =>
  answerText(request, writeJsonLd(describeCatalogue(catalogue)), {
    ...{ type: 'application/ld+json', report },
    position: catalogue.position,
  })
