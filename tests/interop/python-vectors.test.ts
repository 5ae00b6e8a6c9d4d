import { execFileSync } from 'node:child_process'
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

describe.skipIf(!hasPython())('a reader in another language, written from docs/specs alone', () => {
  it('agrees with every vector that it can read: leaves, trees, sparse proofs and bundles', () => {
    const told = execFileSync('python3', [PROGRAM, 'docs/specs/vectors'], { encoding: 'utf8' })
    const { looked, wrong } = JSON.parse(told) as { looked: number; wrong: string[] }
    expect(wrong).toEqual([])
    expect(looked).toBeGreaterThan(400)
  })
})
