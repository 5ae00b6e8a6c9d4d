import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll } from 'vitest'

const run = promisify(execFile)

const skip = (why: string, missed: string) => {
  process.stderr.write(`\n  SKIPPED: ${why}, so ${missed}\n\n`)
  return false
}

/**
 * Whether packages can be installed for Python; where not, says loudly what is not tested for it. One
 * that its index does not have is no reason to skip: that is found when it is installed, and fails.
 */
export function hasPython(missed: string): boolean {
  try {
    execFileSync('python3', ['-c', 'import venv, ensurepip'], { stdio: 'ignore' })
  } catch {
    return skip('python3 with venv is missing', missed)
  }
  return reachesIndex() || skip('pip does not reach its index', missed)
}

/** Every index has pip itself. Where there is no pip outside of environments, it is left to the one inside. */
function reachesIndex(): boolean {
  const asked = ['index', 'versions', 'pip', '--disable-pip-version-check']
  const impatient = ['--retries', '1', '--timeout', '10']
  try {
    execFileSync('python3', ['-m', 'pip', ...asked, ...impatient], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 60_000,
    })
    return true
  } catch (error) {
    return String((error as { stderr?: Buffer }).stderr).includes('No module named pip')
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
