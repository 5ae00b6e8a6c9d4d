import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

function hasPython() {
  try {
    execFileSync('python3', ['-c', 'import sys; assert sys.version_info >= (3, 10)'], {
      stdio: 'ignore',
    })
    return true
  } catch {
    process.stderr.write('\n  SKIPPED: no Python reads docs/specs/vectors, for want of one\n\n')
    return false
  }
}

const PROGRAM = fileURLToPath(new URL('python/vectors.py', import.meta.url))
const VECTORS = 'docs/specs/vectors'

describe.skipIf(!hasPython())('a verifier in another language, written from docs/specs', () => {
  it('agrees with every vector: the verdict, and each check that fails with its code', () => {
    const told = execFileSync('python3', ['-B', PROGRAM, VECTORS], { encoding: 'utf8' })
    const { looked, wrong } = JSON.parse(told) as {
      looked: Record<string, number>
      wrong: string[]
    }
    expect(wrong).toEqual([])
    const published = readdirSync(VECTORS).filter((name) => name !== 'README.md')
    expect(Object.keys(looked).sort()).toEqual(published.sort())
    expect(Object.values(looked)).not.toContain(0)
    expect(Object.values(looked).reduce((sum, count) => sum + count)).toBeGreaterThan(400)
  })
})
