import { homedir } from 'node:os'
import { join } from 'node:path'
import { isPlainAddress } from './address.ts'
import {
  executable,
  ofSurroundings,
  oneOf,
  optional,
  path,
  refuse,
  secret,
  setting,
  text,
} from './setting.ts'

const memory = (value: string) =>
  /^[1-9]\d{0,5}[kmg]$/i.test(value) ? value.toLowerCase() : refuse('a size such as 512m or 2g')

const neo4jUri = (value: string) =>
  isPlainAddress(value, /^(neo4j|bolt)(\+s|\+ssc)?:$/)
    ? value
    : refuse(
        'a URI such as neo4j://host:7687 or neo4j+s://….databases.neo4j.io, without credentials',
      )

/** Which Neo4j, and how one is started where none is named. */
export const DATABASE_SETTINGS = {
  neo4jUri: optional(
    'NEO4J_URI',
    neo4jUri,
    'A Neo4j server to use. When set, none is looked for and none is started.',
  ),
  neo4jUsername: setting('NEO4J_USERNAME', 'neo4j', text, 'The user at NEO4J_URI.'),
  neo4jPassword: secret(setting('NEO4J_PASSWORD', '', text, 'The password at NEO4J_URI.')),
  neo4jWay: setting(
    'SELVEDGE_NEO4J',
    'auto',
    oneOf('auto', 'docker', 'embedded'),
    'How to find a Neo4j when NEO4J_URI is not set: Docker, then Java with Maven; or only one of them.',
  ),
  neo4jHeap: setting(
    'SELVEDGE_NEO4J_HEAP',
    '1g',
    memory,
    'The most Java heap that a Neo4j started by Selvedge may take.',
  ),
  neo4jPageCache: setting(
    'SELVEDGE_NEO4J_PAGECACHE',
    '512m',
    memory,
    'The page cache of a Neo4j started by Selvedge.',
  ),
  java: executable(
    optional(
      'SELVEDGE_JAVA',
      path,
      'The java executable (17 or 21) to run Neo4j with; no other is looked for.',
    ),
  ),
  cache: setting(
    'SELVEDGE_CACHE',
    (env) => join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'selvedge'),
    path,
    "Where Neo4j's jars (about 125 MB) are kept, for all homes together.",
  ),
  ...ofSurroundings({
    javaHome: optional('JAVA_HOME', path, 'A Java installation, looked at before the PATH.'),
    searchPath: optional('PATH', text, 'Where java, mvn and docker are looked for.'),
    userCache: setting(
      'XDG_CACHE_HOME',
      '~/.cache',
      text,
      "The user's cache: SELVEDGE_CACHE lies in it unless set.",
    ),
  }),
} as const
