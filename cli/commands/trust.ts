import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { Problem } from '../../core/problem.ts'
import { trustRoot } from '../../domains/evidence/trust-root.ts'
import { tenantNameInvalid } from '../../ledger/problems.ts'
import { TENANT } from '../../proofs/ids.ts'
import { formatTrust } from '../../proofs/trust.ts'
import { type Config, readConfig } from '../../server/config.ts'
import { openKeyring } from '../../server/keyring.ts'

export function define(command: Command): void {
  command
    .description(
      'Write the trust root of a tenant: whose keys speak for its log.\n\n' +
        'It is made of the public halves of the keys under SELVEDGE_HOME; no database is asked.\n' +
        'Hand it on by a way that its reader trusts: it is what `prov-verifier --trust` goes by.',
    )
    .requiredOption('--tenant <name>', 'the tenant')
    .option('--out <file>', 'write it there instead of printing it')
    .action(({ tenant, out }: { tenant: string; out?: string }) => {
      const trust = trustFile(readConfig(), tenant)
      if (out === undefined) process.stdout.write(`${trust}\n`)
      else writeFileSync(out, trust)
    })
}

/**
 * The bytes of a tenant's trust.json, in canonical form.
 *
 * @throws {Problem} `TENANT_NAME_INVALID`; `KEYS_MISSING` where this home has no keys: to make some
 *   here would vouch for a log that nobody has.
 */
export function trustFile({ home, service }: Config, tenant: string): string {
  if (!TENANT.test(tenant)) throw tenantNameInvalid(tenant)
  const folder = join(home, 'keys')
  const isThere = (name: string) => existsSync(join(folder, `${name}.json`))
  if (!['checkpoint', 'manifest'].every(isThere)) throw keysMissing(folder)
  return formatTrust(trustRoot(`${service}/${tenant}`, openKeyring(folder)))
}

const keysMissing = (folder: string) =>
  new Problem(
    'KEYS_MISSING',
    `${folder} holds no keys yet: the first start of a server makes them. Is SELVEDGE_HOME the right one?`,
  )
