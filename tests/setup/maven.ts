import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll } from 'vitest'

const run = promisify(execFile)
const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'

/**
 * The class path of these artifacts (`group:name:version`) and all that they need, by Maven; `null`
 * where they cannot be had, which is said loudly, with what is not tested for it.
 */
export async function resolveJars(
  artifacts: readonly string[],
  missed: string,
): Promise<string | null> {
  const folder = mkdtempSync(join(tmpdir(), 'selvedge-maven-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const dependencies = artifacts.map((artifact) => {
    const [group, name, version] = artifact.split(':')
    return `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`
  })
  writeFileSync(
    join(folder, 'pom.xml'),
    `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>selvedge</groupId><artifactId>test</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>${dependencies.join('')}</dependencies></project>`,
  )
  const jars = join(folder, 'jars')
  const to = [`-DincludeScope=runtime`, `-DoutputDirectory=${jars}`]
  try {
    await run('mvn', ['--batch-mode', '--quiet', PLUGIN, ...to], { cwd: folder, timeout: 120_000 })
    return join(jars, '*')
  } catch (error) {
    const because = (error as Error).message.split('\n')[0]
    process.stderr.write(
      `\n  SKIPPED: Maven gave no ${artifacts.join(', ')} (${because}), so ${missed}\n\n`,
    )
    return null
  }
}
