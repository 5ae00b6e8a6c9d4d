import { failureJson, reportJson } from '../cli/prov-verifier/json.ts'
import { ProofError } from '../proofs/error.ts'
import { MANIFEST, parseManifest, RECORDS } from '../proofs/manifest.ts'
import { nobleSha256 } from '../proofs/noble-sha256.ts'
import type { SceneSource } from '../proofs/page/scene.ts'
import { parseRecords } from '../proofs/records.ts'
import { EXIT, exitCode, type Report } from '../proofs/report.ts'
import { parseTrust, type Trust } from '../proofs/trust.ts'
import { text } from '../proofs/utf8.ts'
import { verifyBundle } from '../proofs/verify.ts'
import { readZip } from '../proofs/zip.ts'
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
  return { report, exit, json: reportJson(report, exit), source: sourceOf(bytes, report.erased) }
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
function sourceOf(bytes: Uint8Array, erased: Report['erased']): SceneSource | null {
  try {
    const entries = new Map(readZip(bytes).map(({ path, bytes }) => [path, bytes]))
    const { predicate } = parseManifest(entries.get(MANIFEST) ?? new Uint8Array())
    const records = parseRecords(nobleSha256, entries.get(RECORDS) ?? new Uint8Array())
    const gone = new Set(erased.map(({ seq }) => seq))
    return { question: predicate.question, records, erased: gone }
  } catch (error) {
    if (error instanceof ProofError) return null
    throw error
  }
}
