import { sha256 } from '../../../core/sha256.ts'
import { ProofError } from '../../../proofs/error.ts'
import { RECORDS } from '../../../proofs/manifest.ts'
import { parseRecords } from '../../../proofs/records.ts'
import { EXIT, exitCode } from '../../../proofs/report.ts'
import { parseUsageProof, readSealed, verifyUsage } from '../../../proofs/usage-proof.ts'
import { verifyBundle } from '../../../proofs/verify.ts'
import { readZip } from '../../../proofs/zip.ts'
import { parsed, UsageError } from '../arguments.ts'
import { readBundle, readSmall, readTrust } from '../files.ts'
import { reportJson, writeJson } from '../json.ts'
import type { Verb } from '../run.ts'
import { reportText, safe } from '../text.ts'
import { tellUnreadable } from '../unreadable.ts'

const OPTIONS = {
  bundle: { type: 'string' },
  trust: { type: 'string' },
  'accept-untrusted': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const

/**
 * `prov-verifier usage FILE --bundle FILE`: verifies that an event is in a sealed window, against the
 * record of the window in a bundle, which is verified first.
 */
export const run: Verb = async (args, terminal) => {
  const { values, positionals } = parsed(args, OPTIONS)
  const { bundle, trust, json } = values
  const [file, ...more] = positionals
  if (file === undefined || more.length > 0) throw new UsageError('name one proof')
  if (bundle === undefined) throw new UsageError('name the bundle with --bundle')
  try {
    const bytes = readBundle(bundle)
    const root = trust === undefined ? null : readTrust(sha256, trust, { path: bundle, bytes })
    const proof = readSmall(file)
    const report = await verifyBundle({ sha256, bytes, trust: root })
    const exit = exitCode(report, values['accept-untrusted'])
    if (exit !== EXIT.ok && exit !== EXIT.untrusted) {
      terminal.out(json ? reportJson(report, exit) : reportText(bundle, { report, exit }, terminal))
      return exit
    }
    const found = check(proof, bytes)
    const end = found.code === null ? exit : EXIT.failed
    terminal.out(json ? writeJson({ ok: end === EXIT.ok, exit: end, ...found }) : told(found, end))
    return end
  } catch (error) {
    return tellUnreadable(error, { json }, terminal)
  }
}

/** What was found of an event: `code` says why it is not proven. */
interface Found {
  code: string | null
  detail: string
  record: string | null
  window: ReturnType<typeof readSealed> | null
  event: unknown
}

function check(proof: Uint8Array, bundle: Uint8Array): Found {
  const found: Found = { code: null, detail: '', record: null, window: null, event: null }
  try {
    const { record, ...shown } = parseUsageProof(proof)
    Object.assign(found, { record, event: shown.event })
    found.window = windowIn(bundle, record)
    verifyUsage(sha256, shown, found.window)
  } catch (error) {
    if (!(error instanceof ProofError)) throw error
    return { ...found, code: error.code, detail: error.message }
  }
  return found
}

/** @throws {ProofError} `PROOF_ENTRY_MISSING`, `PROOF_WITHHELD`, and what `readSealed` throws. */
function windowIn(bundle: Uint8Array, id: string) {
  const { bytes } = readZip(bundle).find(({ path }) => path === RECORDS)!
  const record = parseRecords(sha256, bytes).findLast(({ header }) => header.id === id)
  if (record?.header.kind !== 'MeteringRecord') {
    throw new ProofError('PROOF_ENTRY_MISSING', 'the bundle does not show the record of the window')
  }
  const fields = (record.fields ?? []).flatMap((field) =>
    'value' in field ? [[field.name, field.value] as const] : [],
  )
  return readSealed(Object.fromEntries(fields))
}

const UNTRUSTED = 'nobody vouches for the keys of the bundle: give a trust root with --trust FILE'

function told({ code, detail, window, event }: Found, exit: number) {
  if (code !== null) return `Refused: ${code}: ${safe(detail)}.\n`
  const { meter, subject, from, until, total, unit = '', count } = window!
  return [
    `${safe(JSON.stringify(event))}`,
    `is one of ${count} events of ${safe(meter)}${subject === undefined ? '' : `, ${safe(subject)}`}`,
    `from ${safe(from)} until ${safe(until)}, which come to ${safe(`${total} ${unit}`.trim())}.`,
    exit === EXIT.ok ? 'The record of that is genuine.' : `Proven, and ${UNTRUSTED}.`,
    '',
  ].join('\n')
}
