import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { findArtifacts, resolveArtifacts, showDownload } from '../../server/neo4j/artifacts.ts'
import { silent } from '../../server/neo4j/progress.ts'

let root = ''
let cache = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'selvedge-artifacts-'))
  cache = join(root, 'cache')
  mkdirSync(cache)
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

/** Stands in for Maven: what it does with the folder that it is told to copy to is a line of shell. */
function maven(script: string): string {
  const file = join(root, 'mvn')
  writeFileSync(
    file,
    `#!/bin/sh
for word in "$@"; do case "$word" in -DoutputDirectory=*) out="\${word#*=}";; esac; done
echo called >> '${root}/calls'
${script}
`,
  )
  chmodSync(file, 0o755)
  return file
}
const WHOLE = 'echo one > "$out/one.jar"; echo two > "$out/two.jar"'
const half = () => `echo one > "$out/one.jar"; touch '${root}/half'; exec sleep 60`
const calls = () => readFileSync(join(root, 'calls'), 'utf8').trim().split('\n').length
const tools = (script: string) => ({
  cache,
  maven: maven(script),
  java: process.execPath,
  progress: silent,
})
const jarsIn = (folder: string) => readdirSync(folder).filter((name) => name.endsWith('.jar'))

it('has Maven fetch the jars once', async () => {
  const folder = await resolveArtifacts(tools(WHOLE))
  expect(jarsIn(folder)).toEqual(['one.jar', 'two.jar'])
  expect(await resolveArtifacts(tools(WHOLE))).toBe(folder)
  expect(calls()).toBe(1)
})

it('fetches once for two that ask at the same time', async () => {
  const slow = tools(`sleep 0.3; ${WHOLE}`)
  const [a, b] = await Promise.all([resolveArtifacts(slow), resolveArtifacts(slow)])
  expect(a).toBe(b)
  expect(calls()).toBe(1)
})

it('takes a fetch that was killed half way for none, and a second try ends it', async () => {
  const child = fetchInAnotherProcess(tools(half()).maven)
  while (!existsSync(join(root, 'half'))) await sleep(20)
  process.kill(-child, 'SIGKILL')
  expect(findArtifacts(cache)).toBeNull()
  expect(readdirSync(cache).some((name) => name.includes('.part-'))).toBe(true)

  const folder = await resolveArtifacts(tools(WHOLE))
  expect(jarsIn(folder)).toEqual(['one.jar', 'two.jar'])
  expect(readdirSync(cache).filter((name) => name.includes('.part-'))).toEqual([])
})

/** In a process group of its own, so that its Maven can be killed with it. */
function fetchInAnotherProcess(mavenPath: string): number {
  const module = fileURLToPath(new URL('../../server/neo4j/artifacts.ts', import.meta.url))
  const program = `
    const { resolveArtifacts } = await import(${JSON.stringify(module)})
    const progress = { step() {}, done() {} }
    await resolveArtifacts({ cache: ${JSON.stringify(cache)}, maven: ${JSON.stringify(mavenPath)},
      java: process.execPath, progress })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    detached: true,
    stdio: 'ignore',
  })
  return child.pid ?? 0
}

it.each([
  ['without its marker', (folder: string) => rmSync(join(folder, 'complete.json'))],
  ['that lacks a jar', (folder: string) => rmSync(join(folder, 'two.jar'))],
  ['with a jar cut short', (folder: string) => truncateSync(join(folder, 'two.jar'), 1)],
])('fetches again into a folder %s', async (_what, damage) => {
  damage(await resolveArtifacts(tools(WHOLE)))
  expect(findArtifacts(cache)).toBeNull()
  expect(jarsIn(await resolveArtifacts(tools(WHOLE)))).toEqual(['one.jar', 'two.jar'])
})

it('tells what Maven said when it fails', async () => {
  const failing = tools('echo "[INFO] trying"; echo "[ERROR] no route to the repository"; exit 1')
  await expect(resolveArtifacts(failing)).rejects.toThrow(
    expect.objectContaining({
      code: 'NEO4J_DOWNLOAD_FAILED',
      message: expect.stringContaining('no route to the repository'),
    }),
  )
})

it('counts jars and megabytes as Maven names them', () => {
  const said: string[] = []
  const read = showDownload({ step: (text) => said.push(text), done() {} })
  read('Downloading from central: https://repo/a.jar')
  read('Downloaded from central: https://repo/a.pom (7.3 kB at 34 kB/s)')
  read('Downloaded from central: https://repo/a.jar (168 kB at 1.1 MB/s)')
  read('Downloaded from mirror: https://repo/b.jar (6.7 MB at 34 MB/s)')
  expect(said).toHaveLength(2)
  expect(said[1]).toContain('2 of about 213 jars, 7 MB')
})
