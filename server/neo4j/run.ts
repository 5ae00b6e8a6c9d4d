import { spawn } from 'node:child_process'

/** How a short-lived program ended. `code` is `null` when it could not be run or was killed. */
export interface Ran {
  code: number | null
  output: string
}

interface RunOptions {
  timeoutSeconds?: number
  env?: NodeJS.ProcessEnv
  cwd?: string
  onLine?: (line: string) => void
}

/** Runs a program to its end, or to its time limit, and gives what it said. Never rejects. */
export function run(
  command: string,
  args: readonly string[],
  { timeoutSeconds, env, cwd, onLine }: RunOptions = {},
): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      env,
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const late = () => child.kill('SIGKILL')
    const timer = timeoutSeconds && setTimeout(late, timeoutSeconds * 1000)
    const end = (code: number | null, said: string) => {
      clearTimeout(timer)
      resolve({ code, output: said })
    }
    let output = ''
    let unread = ''
    const take = (chunk: string) => {
      output = (output + chunk).slice(-200_000)
      if (!onLine) return
      const lines = (unread + chunk).split('\n')
      unread = lines.pop() ?? ''
      for (const line of lines) onLine(line.trimEnd())
    }
    child.stdout.setEncoding('utf8').on('data', take)
    child.stderr.setEncoding('utf8').on('data', take)
    child.once('error', (error) => end(null, error.message))
    child.once('close', (code) => end(code, output))
  })
}
