import { accessSync, constants, readdirSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import type { Config } from '../config.ts'
import { run } from './run.ts'

/** The releases that Neo4j 5.26 runs on. */
const FITTING = [17, 21]
const ANSWER_SECONDS = 10
const EXE = process.platform === 'win32' ? '.exe' : ''

/** A Java that is installed here; `version` is `null` when it would not say. */
export interface Java {
  path: string
  version: number | null
}

export const fits = ({ version }: Java) => version !== null && FITTING.includes(version)

/** Reads the release out of what `java -version` prints: 8 was still called 1.8. */
export function javaVersion(printed: string): number | null {
  const found = /version "(?:1\.)?(\d+)/.exec(printed)
  return found ? Number(found[1]) : null
}

/** Finds a program on a search path, as a shell would. */
export function onPath(program: string, searchPath: string | null): string | null {
  const names = process.platform === 'win32' ? [`${program}.cmd`, `${program}.exe`] : [program]
  const candidates = (searchPath ?? '')
    .split(delimiter)
    .filter(Boolean)
    .flatMap((folder) => names.map((name) => join(folder, name)))
  return candidates.find(isExecutable) ?? null
}

function isExecutable(file: string) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function installed(root: string, inside: string): string[] {
  try {
    return readdirSync(root).map((name) => join(root, name, inside))
  } catch {
    return []
  }
}

/** Where a Java may be, best first: what the user names, then what the system has. */
export function javaCandidates({ java, javaHome, searchPath }: Config): string[] {
  if (java !== null) return [java]
  const found = [
    ...(javaHome === null ? [] : [join(javaHome, 'bin', `java${EXE}`)]),
    onPath('java', searchPath),
    ...installed('/usr/lib/jvm', 'bin/java'),
    ...installed('/Library/Java/JavaVirtualMachines', 'Contents/Home/bin/java'),
  ]
  const real = found.filter((file) => file !== null && isExecutable(file)) as string[]
  return [...new Map(real.map((file) => [realpathSync(file), file])).keys()]
}

/** Asks the candidates for their versions, up to the first that fits; it is the last of the list. */
export async function findJava(config: Config): Promise<Java[]> {
  const seen: Java[] = []
  for (const path of javaCandidates(config)) {
    const { output } = await run(path, ['-version'], { timeoutSeconds: ANSWER_SECONDS })
    const java = { path, version: javaVersion(output) }
    seen.push(java)
    if (fits(java)) break
  }
  return seen
}

/** The installation that a java executable belongs to: what JAVA_HOME would be. */
export const homeOf = (java: string) => dirname(dirname(realpathSync(java)))
