import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { readConfig } from '../../server/config.ts'
import { removeContainer } from '../../server/neo4j/container.ts'
import { resolveNeo4j } from '../../server/neo4j/find.ts'
import { progressTo } from '../../server/neo4j/progress.ts'

/** The Neo4j of a test run, and the home that goes with it. */
export interface TestNeo4j {
  uri: string
  username: string
  password: string
  home: string
}

declare module 'vitest' {
  export interface ProvidedContext {
    /** `null` when the run was told to start none (SELVEDGE_TEST_NO_DB). */
    neo4j: TestNeo4j | null
  }
}

const say = (text: string) => process.stderr.write(`\n  Neo4j for the tests: ${text}\n\n`)

/**
 * One real Neo4j for the whole run: the one that NEO4J_URI names, else a fresh one in a home that
 * goes when the run ends. Tests keep apart by tenant.
 */
export default async function setUp(
  project: TestProject,
): Promise<(() => Promise<void>) | undefined> {
  const config = readConfig()
  if (config.testNoDatabase) {
    project.provide('neo4j', null)
    say('none (SELVEDGE_TEST_NO_DB); tests that need one fail')
    return undefined
  }
  const made = config.testHome === null ? mkdtempSync(join(tmpdir(), 'selvedge-test-')) : null
  const home = made ?? config.testHome ?? ''
  const neo4j = await resolveNeo4j({ ...config, home }, { progress: progressTo(process.stderr) })
  say(neo4j.describe)
  const { uri, username, password } = neo4j
  project.provide('neo4j', { uri, username, password, home })
  return async () => {
    await neo4j.stop()
    if (made === null) return
    if (neo4j.way === 'docker') await removeContainer({ ...config, home })
    rmSync(made, { recursive: true, force: true })
  }
}
