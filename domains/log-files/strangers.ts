import { type Database, SERVICE } from '../../lineage/graph.ts'
import { readOwnMember } from '../../lineage/published-log.ts'
import { PUBLIC_FIELD } from './published.ts'

/** What those are told of a log who do not speak for its tenant. */
export interface Strangers {
  /**
   * Whether a log may be public: `false` where it surely is not, be it closed or not there at all. Both
   * take as long, so that nobody learns by time which tenants there are.
   */
  mayBePublic(database: Pick<Database, 'graph'>, tenant: string): Promise<boolean>
}

/** As it is written in the record; elsewhere in it, it may be the text of another field. */
const MEMBER = `"${PUBLIC_FIELD}":true`

/**
 * Opens what strangers ask by. To find a record takes longer than to miss one: so whoever is refused has
 * both done, in this order or in that. What is found instead is a tenant that was found before.
 */
export function openStrangers(): Strangers {
  let found: string | undefined
  return {
    async mayBePublic(database, tenant) {
      const look = (name: string) => readOwnMember(database.graph(name).read, MEMBER)
      const { isThere, holds } = await look(tenant)
      if (holds) return true
      const other = isThere ? SERVICE : (found ?? SERVICE)
      if (isThere) found = tenant
      await look(other)
      return false
    },
  }
}
