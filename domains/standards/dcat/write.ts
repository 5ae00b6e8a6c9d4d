import { CONTEXT } from './context.ts'
import type { Node } from './source.ts'

/** Writes nodes as one JSON-LD document with its context, a node a line, as they are taken. */
export function* writeJsonLd(nodes: Iterable<Node>): Generator<string> {
  yield `{"@context":${JSON.stringify(CONTEXT)},\n"@graph":[`
  let isFirst = true
  for (const node of nodes) {
    yield `${isFirst ? '' : ','}\n${JSON.stringify(node)}`
    isFirst = false
  }
  yield '\n]}\n'
}
