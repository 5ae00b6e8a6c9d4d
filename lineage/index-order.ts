/**
 * `ORDER BY` in the words by which Neo4j takes its order from an index, and stops where a `LIMIT` says:
 * all of the index's properties, though those before the last are the same for all that is found. By the
 * last one alone it reads everything that matches, and sorts it (tests/lineage/plans.test.ts looks for that).
 */
export const inIndexOrder = (
  variable: string,
  properties: readonly string[],
  way: 'ASC' | 'DESC',
) => `ORDER BY ${properties.map((property) => `${variable}.${property} ${way}`).join(', ')}`

/** The newest record of an entity first, where `tenant` and `id` are given, and how far `seq` goes. */
export const newestRecordFirst = (record: string) =>
  inIndexOrder(record, ['tenant', 'id', 'seq'], 'DESC')

/** Entities in the order of their ids, where `tenant` is given, and after which `id` they come. */
export const inOrderOfIds = (entity: string) => inIndexOrder(entity, ['tenant', 'id'], 'ASC')
