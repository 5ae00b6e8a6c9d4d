import { readConfig } from '../../server/config.ts'
import { findArtifacts } from '../../server/neo4j/artifacts.ts'
import { findJava, fits, onPath } from '../../server/neo4j/java.ts'

const config = readConfig({ ...process.env, NEO4J_URI: '' })
const java = (await findJava(config)).find(fits)

/** Whether a Neo4j of a test's own can be run here: it needs Java, and Maven or its jars. */
export const embeddedRuns =
  java !== undefined &&
  (onPath('mvn', config.searchPath) !== null || findArtifacts(config.cache) !== null)

/** The settings of a server or command that runs a Neo4j of its own in a home. */
export const embeddedEnv = (home: string): Record<string, string> => ({
  SELVEDGE_HOME: home,
  SELVEDGE_NEO4J: 'embedded',
  SELVEDGE_NEO4J_HEAP: '512m',
})
