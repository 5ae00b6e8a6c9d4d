import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../cli/selvedge.ts', import.meta.url))

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

/** The environment of this run without what would lead to its own Neo4j, then `env`. */
function environment(env: Record<string, string>): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(SELVEDGE|NEO4J)_/.test(name))
  const cache = process.env.SELVEDGE_CACHE
  return { ...Object.fromEntries(kept), ...(cache && { SELVEDGE_CACHE: cache }), ...env }
}

/** Starts `selvedge <args>` as a process of its own. */
export function spawnSelvedge(
  args: string[],
  env: Record<string, string> = {},
  cwd?: string,
  stdin: 'ignore' | 'pipe' = 'ignore',
): ChildProcess {
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', PROGRAM, ...args], {
    env: environment(env),
    cwd,
    stdio: [stdin, 'pipe', 'pipe'],
  })
}

/** Runs `selvedge <args>` to its end. */
export function selvedge(
  args: string[],
  env: Record<string, string> = {},
  cwd?: string,
  stdin?: string,
): Promise<Ended> {
  const child = spawnSelvedge(args, env, cwd, stdin === undefined ? 'ignore' : 'pipe')
  child.stdin?.end(stdin)
  const ended: Ended = { code: null, stdout: '', stderr: '' }
  child.stdout?.setEncoding('utf8').on('data', (chunk) => {
    ended.stdout += chunk
  })
  child.stderr?.setEncoding('utf8').on('data', (chunk) => {
    ended.stderr += chunk
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ ...ended, code }))
  })
}
