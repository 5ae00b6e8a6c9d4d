import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { builtinModules } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { formatTrust } from '../../proofs/trust.ts'
import { makeBundle } from '../make/bundle.ts'
import { smallLog } from '../make/small-log.ts'

const folder = mkdtempSync(join(tmpdir(), 'selvedge-package-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const source = join(folder, 'source')
const project = join(folder, 'project')
const installed = join(project, 'node_modules/@selvedge/proofs')

const npm = (args: string[], cwd: string) =>
  execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

const { log, report } = smallLog()
const bundle = makeBundle(log, { question: { root: report, direction: 'UPSTREAM', depth: 5 } })

/** Packs a copy, so that nothing is built into the source, and installs it into an empty project. */
beforeAll(() => {
  mkdirSync(source)
  cpSync('proofs', join(source, 'proofs'), {
    recursive: true,
    filter: (path) => !/\bdist\b/.test(path),
  })
  copyFileSync('tsconfig.json', join(source, 'tsconfig.json'))
  symlinkSync(realpathSync('node_modules'), join(source, 'node_modules'), 'dir')
  npm(['pack', '--silent'], join(source, 'proofs'))
  const [tarball] = readdirSync(join(source, 'proofs')).filter((name) => name.endsWith('.tgz'))
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{"private":true,"type":"module"}')
  npm(
    ['install', '--prefer-offline', '--no-audit', '--no-fund', join(source, 'proofs', tarball!)],
    project,
  )
  writeFileSync(join(project, 'bundle.zip'), bundle.bytes)
  writeFileSync(join(project, 'trust.json'), formatTrust(bundle.trust))
})

const run = (name: string, script: string) => {
  writeFileSync(join(project, name), script)
  return execFileSync(process.execPath, [name], { cwd: project, encoding: 'utf8' })
}

it('holds compiled modules, their types, a README and a licence, and nothing else', () => {
  const files = readdirSync(installed, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.\w+$|LICENSE/.test(name),
  )
  const kinds = new Set(files.map((name) => /(?:\.d)?\.\w+$/.exec(name)?.[0] ?? name))
  expect([...kinds].sort()).toEqual(['.d.ts', '.js', '.json', '.md', 'LICENSE'])
  expect(readFileSync(join(installed, 'LICENSE'), 'utf8')).toBe(readFileSync('LICENSE', 'utf8'))
})

it('depends on what proofs/ imports, at the versions that the tests run on', () => {
  const { dependencies, version } = JSON.parse(readFileSync('proofs/package.json', 'utf8'))
  const root = JSON.parse(readFileSync('package.json', 'utf8'))
  const imported = readdirSync('proofs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.startsWith('dist'))
    .flatMap((name) => [
      ...readFileSync(join('proofs', name), 'utf8').matchAll(/from '((?:@[\w-]+\/)?[\w-]+)/g),
    ])
    .map(([, name]) => name!)
  expect([...new Set(imported)].sort()).toEqual(Object.keys(dependencies).sort())
  expect(imported.filter((name) => builtinModules.includes(name))).toEqual([])
  for (const [name, range] of Object.entries(dependencies)) {
    expect(range).toBe(root.dependencies[name])
  }
  expect(version).toBe(root.version)
})

it('verifies a bundle by the code of its README', () => {
  const readme = readFileSync(join(installed, 'README.md'), 'utf8')
  const [, code] = /```ts\n(.*?)```/s.exec(readme)!
  const lines = run('readme.js', code!).trim().split('\n')
  expect(lines.at(-1)).toBe('pass 0')
  expect(lines[0]).toMatch(/^pass zip-form \d+ entries/)
})

it('names in its README only modules that can be imported', () => {
  const readme = readFileSync(join(installed, 'README.md'), 'utf8')
  const named = [
    ...new Set([...readme.matchAll(/`(@selvedge\/proofs\/[\w/-]+)`/g)].map(([, m]) => m)),
  ]
  expect(named.length).toBeGreaterThan(10)
  const script = named.map((name) => `await import('${name}')`).join('\n')
  expect(run('named.js', `${script}\nconsole.log('all there')`)).toBe('all there\n')
})

it('verifies a bundle in a worker', () => {
  const worker = `
    import { parentPort, workerData } from 'node:worker_threads'
    import { nobleSha256 as sha256 } from '@selvedge/proofs/noble-sha256'
    import { exitCode } from '@selvedge/proofs/report'
    import { parseTrust } from '@selvedge/proofs/trust'
    import { verifyBundle } from '@selvedge/proofs/verify'
    const { bytes, trust } = workerData
    const report = await verifyBundle({ sha256, bytes, trust: parseTrust(sha256, trust) })
    parentPort.postMessage([exitCode(report), report.checks.length])`
  writeFileSync(join(project, 'worker.js'), worker)
  const main = `
    import { readFileSync } from 'node:fs'
    import { Worker } from 'node:worker_threads'
    for (const change of [0, 1]) {
      const bytes = new Uint8Array(readFileSync('bundle.zip'))
      bytes[900] ^= change
      const workerData = { bytes, trust: readFileSync('trust.json', 'utf8') }
      const worker = new Worker(new URL('worker.js', import.meta.url), { workerData })
      console.log(await new Promise((resolve) => worker.once('message', resolve)))
    }`
  const [good, bad] = run('main.js', main).trim().split('\n')
  expect([good, bad]).toEqual([
    expect.stringMatching(/^\[ 0, \d+ \]$/),
    expect.stringMatching(/^\[ 1, \d+ \]$/),
  ])
})

it('has types that a strict consumer compiles against', () => {
  copyFileSync('tests/package/consumer.ts.txt', join(project, 'consumer.ts'))
  const compilerOptions = {
    ...{ strict: true, noEmit: true, module: 'nodenext', target: 'es2024', types: [] },
    ...{ lib: ['es2024', 'dom'], skipLibCheck: true },
  }
  writeFileSync(
    join(project, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: ['consumer.ts'] }),
  )
  const tsc = join(process.cwd(), 'node_modules/.bin/tsc')
  expect(execFileSync(tsc, ['-p', project], { encoding: 'utf8' })).toBe('')
})
