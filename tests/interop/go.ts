import { execFileSync, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const LEAST_GO = [1, 25] as const

/** Whether there is a Go to run others' verifiers with; where there is none, that is said aloud. */
export function hasGo() {
  try {
    const said = execFileSync('go', ['env', 'GOVERSION'], { encoding: 'utf8', cwd: '/' })
    const [major = 0, minor = 0] = said.replace('go', '').split('.').map(Number)
    if (major > LEAST_GO[0] || (major === LEAST_GO[0] && minor >= LEAST_GO[1])) return true
    process.stderr.write(`\n  SKIPPED: go is ${said.trim()}; others' verifiers need 1.25\n\n`)
  } catch {
    process.stderr.write(
      "\n  SKIPPED: go is missing, so no others' verifiers read a log of ours\n\n",
    )
  }
  return false
}

/**
 * Runs a Go program of this folder, which is built from pinned modules on its first run.
 *
 * @param program `.`, or a folder within.
 */
export function runGo<Answer>(program: string, asked: object): Promise<Answer> {
  const cwd = fileURLToPath(new URL('go', import.meta.url))
  const child = spawn('go', ['run', program], { cwd, stdio: ['pipe', 'pipe', 'pipe'] })
  const [out, err]: [Buffer[], Buffer[]] = [[], []]
  child.stdout.on('data', (part: Buffer) => out.push(part))
  child.stderr.on('data', (part: Buffer) => err.push(part))
  child.stdin.end(JSON.stringify(asked))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(Buffer.concat(out).toString()) as Answer)
      else reject(new Error(`go ended with ${code}: ${Buffer.concat(err)}`))
    })
  })
}
