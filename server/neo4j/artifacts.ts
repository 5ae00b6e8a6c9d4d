import { randomBytes } from 'node:crypto'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { writeDurably } from './durable.ts'
import { homeOf } from './java.ts'
import { withLock } from './lock.ts'
import { downloadFailed } from './problems.ts'
import type { Progress } from './progress.ts'
import { run } from './run.ts'

/** The one release that Selvedge runs: the newest of the 5.26 long-term line. */
export const NEO4J_VERSION = '5.26.30'
/** How many jars that release consists of, for the progress only. */
const JARS = 213
const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'
const MARKER = 'complete.json'
const WAIT_SECONDS = 30 * 60

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>selvedge</groupId>
  <artifactId>neo4j</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.neo4j</groupId>
      <artifactId>neo4j</artifactId>
      <version>${NEO4J_VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.neo4j.app</groupId>
      <artifactId>neo4j-server</artifactId>
      <version>${NEO4J_VERSION}</version>
    </dependency>
  </dependencies>
</project>
`

const directoryIn = (cache: string) => join(cache, `neo4j-${NEO4J_VERSION}`)

const jarSizes = (directory: string): Record<string, number> =>
  Object.fromEntries(
    readdirSync(directory)
      .filter((name) => name.endsWith('.jar'))
      .sort()
      .map((name) => [name, statSync(join(directory, name)).size]),
  )

/** The folder with all jars, or `null` when it is not there or not whole. */
export function findArtifacts(cache: string): string | null {
  const directory = directoryIn(cache)
  try {
    const marker = readFileSync(join(directory, MARKER), 'utf8')
    return marker === JSON.stringify(jarSizes(directory)) ? directory : null
  } catch {
    return null
  }
}

/** Has the next look find none: what is in the folder is not what was fetched. */
export const disownArtifacts = (cache: string): void =>
  rmSync(join(directoryIn(cache), MARKER), { force: true })

interface Tools {
  cache: string
  maven: string | null
  java: string
  progress: Progress
}

/**
 * Gives the folder with Neo4j's jars, and has Maven fetch them first where they are not whole.
 *
 * Maven keeps each finished file in its own repository: an interrupted download goes on where it
 * stopped. Our folder appears by a rename, after its marker: half of one is never taken for a whole.
 *
 * @throws {Problem} NEO4J_DOWNLOAD_FAILED.
 */
export function resolveArtifacts(tools: Tools): Promise<string> | string {
  const { cache, progress } = tools
  const ready = findArtifacts(cache)
  if (ready !== null) return ready
  const onWait = () => progress.step('waiting for another process that fetches Neo4j …')
  return withLock(
    join(cache, `neo4j-${NEO4J_VERSION}.lock`),
    { waitSeconds: WAIT_SECONDS, onWait },
    async () => findArtifacts(cache) ?? (await fetchArtifacts(tools)),
  )
}

async function fetchArtifacts({ cache, maven, java, progress }: Tools): Promise<string> {
  if (maven === null) throw downloadFailed(NEO4J_VERSION, 'Maven (mvn) is not on the PATH')
  removeDrafts(cache)
  const draft = join(cache, `neo4j-${NEO4J_VERSION}.part-${randomBytes(6).toString('hex')}`)
  mkdirSync(draft, { recursive: true })
  writeFileSync(join(draft, 'pom.xml'), POM)
  const { code, output } = await run(
    maven,
    ['--batch-mode', PLUGIN, '-DincludeScope=runtime', `-DoutputDirectory=${draft}`],
    {
      cwd: draft,
      env: { ...process.env, JAVA_HOME: process.env.JAVA_HOME || homeOf(java) },
      onLine: showDownload(progress),
    },
  )
  if (code !== 0) throw downloadFailed(NEO4J_VERSION, errorsOf(output))
  writeDurably(join(draft, MARKER), JSON.stringify(jarSizes(draft)))
  const directory = directoryIn(cache)
  rmSync(directory, { recursive: true, force: true })
  renameSync(draft, directory)
  progress.done(`Neo4j ${NEO4J_VERSION} is in ${directory}`)
  return directory
}

/** What earlier tries left half done. Only called under the lock, so none is being written. */
function removeDrafts(cache: string) {
  for (const name of readdirSync(cache)) {
    if (!name.startsWith(`neo4j-${NEO4J_VERSION}.part-`)) continue
    rmSync(join(cache, name), { recursive: true, force: true })
  }
}

const UNIT = { B: 1e-6, kB: 1e-3, MB: 1 } as const

/** Turns Maven's lines into "n of 213 jars, m MB". */
export function showDownload(progress: Progress): (line: string) => void {
  let [jars, megabytes] = [0, 0]
  return (line) => {
    const came = /Downloaded from \S+ \S+\.jar \(([\d.]+) (B|kB|MB)/.exec(line)
    if (!came) return
    jars += 1
    megabytes += Number(came[1]) * UNIT[came[2] as keyof typeof UNIT]
    const count = `${jars} of about ${Math.max(JARS, jars)} jars, ${megabytes.toFixed(0)} MB`
    progress.step(`fetching Neo4j ${NEO4J_VERSION} by Maven (once): ${count}`)
  }
}

function errorsOf(output: string) {
  const lines = output.split('\n')
  const errors = lines.filter((line) => line.startsWith('[ERROR]'))
  return (errors.length > 0 ? errors : lines).slice(0, 12).join('\n')
}
