import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll } from 'vitest'

const run = promisify(execFile)

/** Whether packages can be installed for Python; where not, says loudly what is not tested for it. */
export function hasPython(missed: string): boolean {
  try {
    execFileSync('python3', ['-c', 'import venv, ensurepip'], { stdio: 'ignore' })
    return true
  } catch {
    process.stderr.write(`\n  SKIPPED: python3 with venv is missing, so ${missed}\n\n`)
    return false
  }
}

/** A Python with these packages, by pip's own arguments, in an environment that goes with the test file. */
export async function installPython(...packages: string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'selvedge-python-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  await run('python3', ['-m', 'venv', folder])
  const python = join(folder, 'bin', 'python')
  const quiet = ['--quiet', '--disable-pip-version-check']
  await run(python, ['-m', 'pip', 'install', ...quiet, ...packages])
  return python
}
