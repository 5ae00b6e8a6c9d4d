import { Problem } from '../../core/problem.ts'

export const allOrphans = (files: number) =>
  new Problem(
    'OBJECTS_ALL_ORPHANS',
    `Nothing in this database leads to any of the ${files} files: is it the right database, and the right store? Add --force to delete them all the same.`,
    { status: 409, details: { files } },
  )
