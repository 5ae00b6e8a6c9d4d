import { readFileSync, writeFileSync } from 'node:fs'
import { type Command, InvalidArgumentError } from 'commander'
import { Problem } from '../../core/problem.ts'
import { sha256 } from '../../core/sha256.ts'
import { proveAnchors } from '../../domains/evidence/anchors.ts'
import { type TrustAsked, trustRoot } from '../../domains/evidence/trust-root.ts'
import type { Keys } from '../../ledger/keys.ts'
import { tenantNameInvalid } from '../../ledger/problems.ts'
import type { Database } from '../../lineage/graph.ts'
import { anchorsBytes } from '../../proofs/anchors.ts'
import { b64 } from '../../proofs/base64.ts'
import { hex } from '../../proofs/hex.ts'
import { TENANT } from '../../proofs/ids.ts'
import { formatTrust, parseTrust, trustFingerprint } from '../../proofs/trust.ts'
import { text as utf8Text } from '../../proofs/utf8.ts'
import { readConfig } from '../../server/config.ts'
import { progressTo } from '../../server/neo4j/progress.ts'
import { openServiceKeys } from '../../server/open.ts'
import { withDatabase } from '../../server/with-database.ts'

interface Options {
  tenant?: string
  out?: string
  anchor: number[]
  policy?: string | false
  prove?: number
  replayer: string[]
  fingerprint?: string | true
}

export function define(command: Command): void {
  command
    .description(
      'Write the trust root of a tenant: whose keys speak for its log, and for which sizes.\n\n' +
        'It lists every key that the log has had. Where a checkpoint key is compromised, the log as\n' +
        'it was when that began is an anchor.\n' +
        'Hand it on by a way that its reader trusts: it is what `prov-verifier --trust` goes by. Or\n' +
        'hand on its fingerprint so, and the file by any way.',
    )
    .option('--tenant <name>', 'the tenant')
    .option('--out <file>', 'write it there instead of printing it')
    .option('--anchor <size>', 'a size whose root is to be an anchor; may be repeated', sizes, [])
    .option(
      '--policy <file>',
      'the witness policy (default: SELVEDGE_WITNESS_POLICY, if it is set)',
    )
    .option('--no-policy', 'ask for no witnesses')
    .option('--replayer <vkey...>', 'who replays the log', [])
    .option(
      '--prove <size>',
      'write instead the proofs that the anchors hold the log of this size (`prov-verifier --anchors`)',
      sizeOf,
    )
    .option(
      '--fingerprint [file]',
      'print the fingerprint of this trust root instead (in hex and in base64url), or of a file’s',
    )
    .action(async (options: Options) => {
      if (typeof options.fingerprint === 'string') {
        return printFingerprint(readFileSync(options.fingerprint, 'utf8'))
      }
      if (options.tenant === undefined) command.error('error: name one tenant with --tenant')
      await writeTrust({ ...options, tenant: options.tenant })
    })
}

function sizeOf(text: string) {
  if (!/^[1-9]\d{0,15}$/.test(text)) throw new InvalidArgumentError('a size is a whole number.')
  return Number(text)
}

const sizes = (text: string, before: number[]) => [...before, sizeOf(text)]

async function writeTrust({ tenant, ...options }: Options & { tenant: string }) {
  if (!TENANT.test(tenant)) throw tenantNameInvalid(tenant)
  const config = readConfig()
  const keys = await openServiceKeys(config, { signing: false })
  const policy = options.policy === false ? null : (options.policy ?? config.witnessPolicy)
  const asked: TrustAsked = {
    anchors: options.anchor,
    witnessPolicy: policy === null ? '' : readFileSync(policy, 'utf8'),
    replayers: options.replayer,
  }
  const progress = progressTo(process.stderr)
  const text = await withDatabase(config, { progress }, async (database) => {
    const trust = await trustText({ database, keys }, tenant, asked)
    return options.prove === undefined
      ? trust
      : proofText(database, tenant, { trust, size: options.prove })
  })
  progress.done()
  if (options.fingerprint) printFingerprint(text)
  else if (options.out === undefined) process.stdout.write(`${text}\n`)
  else writeFileSync(options.out, text)
}

async function proofText(
  database: Database,
  tenant: string,
  { trust, size }: { trust: string; size: number },
) {
  const { anchors } = parseTrust(sha256, trust).logs[0]!
  return utf8Text(anchorsBytes(await proveAnchors(database.graph(tenant).read, size, anchors)))
}

/**
 * The bytes of a tenant's trust.json, in canonical form with no newline behind it.
 *
 * @throws {Problem} `TENANT_UNKNOWN`; `KEYS_MISSING` where a key of the log still stands that this home
 *   does not hold: to vouch for it would be to vouch for whoever wrote it into the database.
 */
export async function trustText(
  { database, keys }: { database: Database; keys: Keys },
  tenant: string,
  asked: TrustAsked = {},
): Promise<string> {
  const trust = await trustRoot(database.graph(tenant).read, tenant, asked)
  const held = new Set((await keys.list()).map(({ kid }) => kid))
  const strange = trust.logs[0]!.keys.find(({ kid, until }) => until === null && !held.has(kid))
  if (strange) throw keysMissing(strange.kid)
  return formatTrust(trust)
}

function printFingerprint(text: string) {
  const digest = trustFingerprint(sha256, parseTrust(sha256, text))
  process.stdout.write(`${hex(digest)}\n${b64(digest)}\n`)
}

const keysMissing = (kid: string) =>
  new Problem(
    'KEYS_MISSING',
    `This home does not hold the key ${kid} of that log. Is SELVEDGE_HOME the right one?`,
  )
