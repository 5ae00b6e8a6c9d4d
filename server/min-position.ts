import { positionInvalid } from '../lineage/problems.ts'
import type { GraphQLRequest } from './graphql-request.ts'

/** The position that a request has seen, where it says so in its body. @throws {Problem} `POSITION_INVALID` */
export function minPositionOf({ extensions }: GraphQLRequest): string | undefined {
  const given = extensions?.minPosition
  if (given === undefined || typeof given === 'string') return given
  throw positionInvalid(JSON.stringify(given))
}
