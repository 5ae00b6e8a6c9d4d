import type { ModelAnswer } from '../domains/standards/models/answer.ts'
import { describeAsCycloneDx } from '../domains/standards/models/cyclonedx.ts'
import { writeModelCard } from '../domains/standards/models/hugging-face.ts'
import type { Context } from '../resolvers/context.ts'
import { findModelAnswer } from '../resolvers/model-document.ts'
import type { Report } from './problems.ts'
import { readQuery } from './query.ts'
import { answerText } from './text-answer.ts'

/** The formats that a model is described in: what each is on the wire, and who writes it. */
const FORMATS = {
  cyclonedx: {
    type: 'application/vnd.cyclonedx+json; version=1.7',
    write: (answer: ModelAnswer) => `${JSON.stringify(describeAsCycloneDx(answer), null, 2)}\n`,
  },
  'model-card': { type: 'text/markdown; charset=utf-8', write: writeModelCard },
}

interface Asked {
  id: string
  context: Context
  format: keyof typeof FORMATS
  report: Report
}

/**
 * Answers `GET /api/v1/models/<id>/cyclonedx` and `…/model-card`.
 *
 * @throws {Problem} `QUERY_INVALID`, and as `findModelAnswer`.
 */
export async function serveModelDocument(
  request: Request,
  { id, context, format, report }: Asked,
): Promise<Response> {
  const asOf = readQuery(request, ['asOf']).moment('asOf')
  const answer = await findModelAnswer({ id, asOf }, context)
  const { type, write } = FORMATS[format]
  const { position } = answer
  return answerText(request, [write(answer)].values(), { type, position, report })
}
