import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { readConfig } from '../../server/config.ts'
import { findJava, javaCandidates, onPath } from '../../server/neo4j/java.ts'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'selvedge-java-')))
afterAll(() => rmSync(root, { recursive: true }))

/** A program that says it is that Java. */
function install(folder: string, version: string): string {
  const file = join(root, folder, 'bin', 'java')
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `#!/bin/sh\necho 'openjdk version "${version}"' >&2\n`)
  chmodSync(file, 0o755)
  return file
}

const java11 = install('eleven', '11.0.2')
const java17 = install('seventeen', '17.0.15')
const java21 = install('twenty-one', '21.0.1')

it('looks in JAVA_HOME before the PATH', () => {
  const env = { JAVA_HOME: join(root, 'seventeen'), PATH: dirname(java21) }
  expect(javaCandidates(readConfig(env)).slice(0, 2)).toEqual([java17, java21])
})

it('goes on from a JAVA_HOME that does not fit to a Java on the PATH that does', async () => {
  const env = { JAVA_HOME: join(root, 'eleven'), PATH: dirname(java21) }
  expect(await findJava(readConfig(env))).toEqual([
    { path: java11, version: 11 },
    { path: java21, version: 21 },
  ])
})

it('looks for no other where SELVEDGE_JAVA names one', async () => {
  const env = { SELVEDGE_JAVA: java11, JAVA_HOME: join(root, 'seventeen') }
  expect(await findJava(readConfig(env))).toEqual([{ path: java11, version: 11 }])
})

it('tells of a SELVEDGE_JAVA that cannot be run', async () => {
  const missing = join(root, 'none')
  expect(await findJava(readConfig({ SELVEDGE_JAVA: missing }))).toEqual([
    { path: missing, version: null },
  ])
})

it('finds a program on the PATH only where it can be run', () => {
  writeFileSync(join(root, 'mvn'), '')
  expect(onPath('mvn', `${root}:`)).toBeNull()
  chmodSync(join(root, 'mvn'), 0o755)
  expect(onPath('mvn', `:${root}`)).toBe(join(root, 'mvn'))
  expect(onPath('mvn', null)).toBeNull()
})
