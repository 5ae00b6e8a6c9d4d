// Prints `N passed, N failed[, N skipped]` from vitest's JSON report, and ends with 1 where anything
// failed or nothing ran. Arguments: the report, then the names of other steps that failed.
import { readFileSync } from 'node:fs'

const [report, ...steps] = process.argv.slice(2)

function read() {
  try {
    return JSON.parse(readFileSync(report, 'utf8'))
  } catch {
    return null
  }
}

const tests = read()
const files = tests?.testResults ?? []
// A file that could not be loaded fails without a test in it.
const unloaded = files.filter(
  ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
)
const others = steps.filter((step) => step !== 'test')
const passed = tests?.numPassedTests ?? 0
const failed = (tests?.numFailedTests ?? 0) + unloaded.length + others.length
const skipped = (tests?.numPendingTests ?? 0) + (tests?.numTodoTests ?? 0)
// Tests that ended in failure with nothing to name (a crash, an error outside any test) count as one.
const nameless = failed === 0 && (passed === 0 || steps.includes('test') || tests?.success !== true)
const told = failed + (nameless ? 1 : 0)

console.log(`${passed} passed, ${told} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exitCode = told > 0 ? 1 : 0
