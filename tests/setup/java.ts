import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { readConfig } from '../../server/config.ts'
import { javaCandidates, onPath } from '../../server/neo4j/java.ts'

/** A Java that can run a source file, and a Maven that fetches what it takes. */
export interface JavaTools {
  java: string
  maven: string
}

const skip = (why: string, missed: string) => {
  process.stderr.write(`\n  SKIPPED: ${why}, so ${missed}\n\n`)
  return undefined
}

/** The Java and the Maven of this machine; where one is missing, says loudly what is not tested for it. */
export function javaTools(missed: string): JavaTools | undefined {
  const config = readConfig(process.env)
  const [java] = javaCandidates(config)
  const maven = onPath('mvn', config.searchPath)
  return java && maven ? { java, maven } : skip('Java with Maven is missing', missed)
}

/**
 * The folder with the jars that a pom names, which goes with the test file. Where they cannot be fetched,
 * says loudly what is not tested for it.
 */
export function installJava({ maven }: JavaTools, pom: string, missed: string): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'selvedge-java-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'
  try {
    execFileSync(
      maven,
      ['--batch-mode', '--quiet', '-f', pom, goal, `-DoutputDirectory=${folder}`],
      {
        stdio: ['ignore', 'ignore', 'inherit'],
        timeout: 180_000,
      },
    )
    return folder
  } catch {
    return skip(`Maven does not resolve ${pom}`, missed)
  }
}
