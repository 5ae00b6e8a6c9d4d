import { failureJson, reportJson } from '../cli/prov-verifier/json.ts'
import { ProofError } from '../proofs/error.ts'
import { nobleSha256 } from '../proofs/noble-sha256.ts'
import type { SceneSource } from '../proofs/page/scene.ts'
import { EXIT, exitCode, type Report } from '../proofs/report.ts'
import { parseTrust, type Trust } from '../proofs/trust.ts'
import { text } from '../proofs/utf8.ts'
import { verifyBundle } from '../proofs/verify.ts'
import type { Rendered } from './render.ts'

/** A trust root that cannot be understood; half understood it would be worse than none. */
export class TrustError extends Error {
  /** What `prov-verifier --json` prints for it. */
  get json() {
    return failureJson(this, EXIT.unreadable)
  }
}

/** Verifies a bundle as `prov-verifier` does, with noble's SHA-256. @throws {TrustError} */
export async function verifyFiles(
  bytes: Uint8Array,
  trust: { name: string; bytes: Uint8Array } | null,
): Promise<Rendered> {
  const root = trust === null ? null : readTrust(trust)
  const report = await verifyBundle({ sha256: nobleSha256, bytes, trust: root })
  const exit = exitCode(report)
  return { report, exit, json: reportJson(report, exit), source: sourceOf(report) }
}

function readTrust({ name, bytes }: { name: string; bytes: Uint8Array }): Trust {
  try {
    return parseTrust(nobleSha256, text(bytes))
  } catch (cause) {
    if (!(cause instanceof ProofError)) throw cause
    throw new TrustError(`${name} is not a trust root: ${cause.message} (${cause.code})`, { cause })
  }
}

/** The records to be drawn, verified or not; nothing where they cannot be read. */
function sourceOf({ bundle, records, erased }: Report): SceneSource | null {
  if (bundle === null || records.length === 0) return null
  return { question: bundle, records, erased: new Set(erased.map(({ seq }) => seq)) }
}
