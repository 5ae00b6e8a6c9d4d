import { readFileSync, writeFileSync } from 'node:fs'
import { type Command, InvalidArgumentError } from 'commander'
import { Problem } from '../../core/problem.ts'
import { sha256 } from '../../core/sha256.ts'
import { type TrustAsked, trustRoot } from '../../domains/evidence/trust-root.ts'
import type { Keys } from '../../ledger/keys.ts'
import { tenantNameInvalid } from '../../ledger/problems.ts'
import type { Database } from '../../lineage/graph.ts'
import { b64 } from '../../proofs/base64.ts'
import { hex } from '../../proofs/hex.ts'
import { TENANT } from '../../proofs/ids.ts'
import { formatTrust, parseTrust, trustFingerprint } from '../../proofs/trust.ts'
import { readConfig } from '../../server/config.ts'
import { progressTo } from '../../server/neo4j/progress.ts'
import { openServiceKeys } from '../../server/open.ts'
import { withDatabase } from '../../server/with-database.ts'

interface Options {
  tenant?: string
  out?: string
  anchor: number[]
  policy?: string
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
    .option('--policy <file>', 'the C2SP tlog-policy of the witnesses whose word is asked for')
    .option('--replayer <vkey...>', 'who replays the log', [])
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

function sizes(text: string, before: number[]) {
  if (!/^[1-9]\d{0,15}$/.test(text)) throw new InvalidArgumentError('a size is a whole number.')
  return [...before, Number(text)]
}

async function writeTrust({
  tenant,
  out,
  anchor,
  policy,
  replayer,
  fingerprint,
}: Options & { tenant: string }) {
  if (!TENANT.test(tenant)) throw tenantNameInvalid(tenant)
  const config = readConfig()
  const keys = await openServiceKeys(config, { signing: false })
  const asked: TrustAsked = {
    anchors: anchor,
    witnessPolicy: policy === undefined ? '' : readFileSync(policy, 'utf8'),
    replayers: replayer,
  }
  const progress = progressTo(process.stderr)
  const text = await withDatabase(config, { progress }, (database) =>
    trustText({ database, keys }, tenant, asked),
  )
  progress.done()
  if (fingerprint) printFingerprint(text)
  else if (out === undefined) process.stdout.write(`${text}\n`)
  else writeFileSync(out, text)
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
