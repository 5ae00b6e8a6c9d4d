import { describeLineage } from '../domains/standards/prov/describe.ts'
import { writeProvJson } from '../domains/standards/prov/prov-json.ts'
import { writeProvN } from '../domains/standards/prov/prov-n.ts'
import { DIRECTIONS } from '../lineage/traversal-texts.ts'
import type { Context } from '../resolvers/context.ts'
import { findProvenance } from '../resolvers/provenance.ts'
import { queryInvalid, type Report } from './problems.ts'
import { readQuery } from './query.ts'
import { answerText } from './text-answer.ts'

/** The two notations of PROV: what each is called on the wire, and who writes it. */
const NOTATIONS = {
  'prov-json': { type: 'application/json', write: writeProvJson },
  'prov-n': { type: 'text/provenance-notation; charset="UTF-8"', write: writeProvN },
}

const PARAMETERS = ['root', 'direction', 'depth', 'asOf', 'runs']

/**
 * Answers `GET /api/v1/lineage/prov-json` and `…/prov-n` with the answer to a lineage question in W3C
 * PROV. All of it is read first, so that a refusal is one; then it is written as it is taken.
 *
 * @throws {Problem} `QUERY_INVALID`, and as `findProvenance`.
 */
export async function serveProvenance(
  request: Request,
  context: Context,
  { notation, report }: { notation: keyof typeof NOTATIONS; report: Report },
): Promise<Response> {
  const query = readQuery(request, PARAMETERS)
  const root = query.text('root')
  if (root === undefined) throw queryInvalid('root', 'it must be the id of an entity')
  const answer = await findProvenance(
    {
      root,
      direction: query.oneOf('direction', DIRECTIONS) ?? 'UPSTREAM',
      depth: query.whole('depth') ?? 4,
      asOf: query.moment('asOf'),
      runs: query.whole('runs') ?? 0,
    },
    context,
  )
  const { type, write } = NOTATIONS[notation]
  return answerText(request, write(describeLineage(answer)), {
    ...{ type, report },
    position: answer.position,
  })
}
