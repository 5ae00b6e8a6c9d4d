import { Problem } from '../../core/problem.ts'

/** The three ways to a Neo4j, as the messages below name them. */
export const THREE_CURES = [
  'set NEO4J_URI (with NEO4J_USERNAME and NEO4J_PASSWORD) to a Neo4j that you run',
  'start a Docker engine, which Selvedge then runs the official image on',
  'install Java 17 or 21 and Maven, with which Selvedge runs Neo4j as a child process',
] as const

const unavailable = (
  code: string,
  message: string,
  details: Record<string, unknown> = {},
  cause?: unknown,
) => new Problem(code, message, { status: 503, details, cause })

export const neo4jNotFound = (because: readonly string[]) =>
  unavailable(
    'NEO4J_NOT_FOUND',
    [
      'no way to a Neo4j was found:',
      ...because.map((reason) => `  - ${reason}`),
      'any one of these mends it:',
      ...THREE_CURES.map((cure, index) => `  ${index + 1}. ${cure}`),
    ].join('\n'),
    { because, cures: THREE_CURES },
  )

export const downloadFailed = (version: string, tail: string, cause?: unknown) =>
  unavailable(
    'NEO4J_DOWNLOAD_FAILED',
    `Maven could not fetch Neo4j ${version}; what has arrived is kept, so trying again resumes. ` +
      `Behind a proxy or a mirror, name it in Maven's own settings (~/.m2/settings.xml).\n${tail}`,
    { version },
    cause,
  )

export const startFailed = (tail: string) =>
  unavailable(
    'NEO4J_START_FAILED',
    `Neo4j ended before it answered. The last lines of its log:\n${tail}`,
  )

export const startTimedOut = (seconds: number, tail: string) =>
  unavailable(
    'NEO4J_START_TIMEOUT',
    `Neo4j did not answer within ${seconds} s. The last lines of its log:\n${tail}`,
    { seconds },
  )

export const storeLocked = (directory: string) =>
  unavailable(
    'NEO4J_STORE_LOCKED',
    `another Neo4j that Selvedge does not know holds the database in ${directory}; ` +
      'stop it, or give this one another SELVEDGE_HOME',
    { directory },
  )

export const portInUse = (port: number) =>
  unavailable(
    'NEO4J_PORT_IN_USE',
    `port ${port}, which Neo4j was about to take, was taken by another process; try again`,
    { port },
  )

export const passwordLost = (file: string) =>
  unavailable(
    'NEO4J_PASSWORD_LOST',
    `the database exists, but its password file ${file} is gone; restore the file, ` +
      'or give up the data with `selvedge neo4j reset`',
    { file },
  )

export const lockTimedOut = (file: string, seconds: number) =>
  unavailable(
    'NEO4J_LOCK_TIMEOUT',
    `another process has been starting or stopping Neo4j for more than ${seconds} s (it holds ${file})`,
    { file, seconds },
  )

export const stillRunning = (pid: number) =>
  unavailable('NEO4J_STILL_RUNNING', `process ${pid} did not end when told to`, { pid })

export const containerFailed = (cause: unknown) =>
  unavailable(
    'NEO4J_CONTAINER_FAILED',
    `the Docker engine answers but the Neo4j container did not start: ${String(cause)}; ` +
      'SELVEDGE_NEO4J=embedded takes Java and Maven instead',
    {},
    cause,
  )

export const notOurs = () =>
  new Problem(
    'NEO4J_NOT_OURS',
    'NEO4J_URI is set: Selvedge does not delete a database that it did not make',
    { status: 409 },
  )

export const resetUnconfirmed = () =>
  new Problem(
    'NEO4J_RESET_UNCONFIRMED',
    'there is no terminal to ask on; add --yes to delete the database unasked',
    { status: 409 },
  )

export const diskFull = (directory: string, freeBytes: number, neededBytes: number) =>
  unavailable(
    'NEO4J_DISK_FULL',
    `the disk of ${directory} has ${megabytes(freeBytes)} MB left, and Neo4j needs ${megabytes(neededBytes)} MB ` +
      'to start there; make room, or give another SELVEDGE_HOME',
    { directory, freeBytes, neededBytes },
  )

const megabytes = (bytes: number) => Math.floor(bytes / 2 ** 20)

export const homeUnwritable = (directory: string, cause: NodeJS.ErrnoException) =>
  unavailable(
    'NEO4J_HOME_UNWRITABLE',
    `${directory} cannot be written to (${cause.code}); mend its permissions or its mount, ` +
      'or give another SELVEDGE_HOME',
    { directory, because: cause.code },
    cause,
  )

export const passwordWrong = (file: string, cause: unknown) =>
  unavailable(
    'NEO4J_PASSWORD_WRONG',
    `Neo4j refuses the password in ${file}: it is not the one that this database began with; ` +
      'put the right file back, or give up the data with `selvedge neo4j reset`',
    { file },
    cause,
  )

export const jarsDamaged = (directory: string, tail: string) =>
  unavailable(
    'NEO4J_JARS_DAMAGED',
    `Java cannot read the jars of Neo4j in ${directory}, and fetching them anew did not help. ` +
      'Maven keeps what it fetched in ~/.m2/repository: delete org/neo4j there, and try again. ' +
      `The last lines of the log:\n${tail}`,
    { directory },
  )

export const endedUnasked = (pid: number) =>
  unavailable(
    'NEO4J_ENDED',
    `Neo4j (process ${pid}) has ended though nobody asked it to; it is started again`,
    { pid },
  )

export const stoppedByOther = () =>
  unavailable(
    'NEO4J_STOPPED',
    'somebody has stopped Neo4j under this server; `selvedge neo4j start --detach` starts it again',
  )

export const movedAway = (port: number) =>
  unavailable(
    'NEO4J_PORT_LOST',
    `port ${port}, at which this server knows Neo4j, is held by another process; ` +
      'end that one, or restart this server',
    { port },
  )

export const credentialsRefused = (cause: unknown) =>
  unavailable(
    'NEO4J_CREDENTIALS_REFUSED',
    'the server at NEO4J_URI refuses NEO4J_USERNAME and NEO4J_PASSWORD; set them as that server has them',
    {},
    cause,
  )
