import { Problem } from '../../core/problem.ts'

export const fileNotText = (line: number, because: string) =>
  new Problem(
    'IMPORT_ENCODING_INVALID',
    `The file is not UTF-8 (line ${line}: ${because}); nothing was sent. Save it as UTF-8.`,
    { details: { line } },
  )

export const fileEmpty = () =>
  new Problem('IMPORT_FILE_EMPTY', 'The file holds no line that says anything.')

export const fileChanged = () =>
  new Problem(
    'IMPORT_FILE_CHANGED',
    'The file changed while it was read: what went in may be of both. Import it once more.',
  )

export const headerInvalid = (because: string) =>
  new Problem('IMPORT_HEADER_INVALID', `The first line must name the columns: ${because}.`)

export const columnUnknown = (column: string, kind: string) =>
  new Problem(
    'IMPORT_COLUMN_UNKNOWN',
    `A ${kind} has no «${column.slice(0, 100)}»; \`selvedge schema kind\` lists what it has.`,
    { details: { column: column.slice(0, 100) } },
  )

export const cellInvalid = (column: string, path: string, because: string) =>
  new Problem('IMPORT_CELL_INVALID', `${column.slice(0, 100)}: ${because}.`, {
    details: { column: column.slice(0, 100), path },
  })

export const rowInvalid = (fields: number, columns: number) =>
  new Problem(
    'IMPORT_ROW_INVALID',
    `The row has ${fields} fields, and the first line names ${columns}.`,
    { details: { fields, columns } },
  )

/** What follows cannot be told from what is wrong: the file is read no further. */
export const csvInvalid = (because: string, cause: unknown) =>
  new Problem('IMPORT_CSV_INVALID', `No CSV from here on: ${because}.`, { cause })

export const twiceInFile = (first: number) =>
  new Problem(
    'IMPORT_LINE_TWICE',
    `Line ${first} is about the same thing: say all of it in one line.`,
    { details: { first } },
  )
