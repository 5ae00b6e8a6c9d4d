import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { openArchive } from '../../domains/backup/archive-reader.ts'
import { type ArchiveAudit, auditArchive } from '../../domains/backup/audit-archive.ts'
import { compareKnown } from '../../domains/backup/known.ts'
import type { Manifest } from '../../domains/backup/lines.ts'
import { manifestKey } from '../../domains/backup/manifest-key.ts'
import { writeArchive } from '../../domains/backup/write-archive.ts'
import type { Keys } from '../../ledger/keys.ts'
import { type Ledger, openLedger } from '../../ledger/ledger.ts'
import { openRegister } from '../../ledger/register.ts'
import { type Database, SERVICE } from '../../lineage/graph.ts'
import { readLog } from '../../lineage/log.ts'
import { readService } from '../../lineage/service.ts'
import { readConfig } from '../../server/config.ts'
import { progressTo } from '../../server/neo4j/progress.ts'
import { openObjectStore } from '../../server/objects/open.ts'
import { openServiceKeys } from '../../server/open.ts'
import { withDatabase } from '../../server/with-database.ts'
import { tellFailure } from '../failure.ts'
import { readPassphrase } from '../passphrase.ts'
import { readKnown, sizesIn } from '../restore/against.ts'

interface Options {
  out: string
  tenant?: string[]
  passphraseFile: string
  withoutFiles?: true
  json?: true
}

export function define(command: Command): void {
  command
    .description(
      'Write everything that the database holds into one encrypted file, while servers go on.\n\n' +
        'Each tenant is held as it is at a checkpoint that is signed as its turn comes. A call that was\n' +
        'stopped is taken up by the same call. The files of exports and attachments are held too. The\n' +
        'keys, the signing register and the journal of erasures are under SELVEDGE_HOME and are not:\n' +
        'see docs/how-to/backup.md for what to copy beside this.',
    )
    .option('--out <file>', 'where to; it must not be there yet')
    .option('--tenant <names...>', 'only these tenants')
    .option('--without-files', 'leave out the files of exports and attachments')
    .option('--passphrase-file <file>', 'a file whose first line encrypts the backup')
    .option('--json', 'print one JSON object')
    .action(async ({ out, tenant, withoutFiles }: Partial<Options>) => {
      if (out === undefined) command.error('error: name the file with --out')
      await backup({ out, tenant, withoutFiles, ...required(command) })
    })
  command
    .command('verify <file>')
    .description(
      'Check a backup without a database: that it is whole and as it was written, that every leaf, body\n' +
        'and state follows, and that the checkpoint of each log is signed over just these leaves.\n\n' +
        'Takes --passphrase-file and --json as above.',
    )
    .option('--known <files...>', 'signed checkpoints, or trust roots, that it must agree with')
    .action((file: string, { known = [] }: { known?: string[] }) =>
      verify(file, { ...required(command), known }),
    )
}

/** An option that is asked for by hand: `verify` shares it, and both lack it by the same words. */
function required(command: Command) {
  const { passphraseFile, json } = command.opts<Partial<Options>>()
  if (passphraseFile === undefined) command.error('error: --passphrase-file is missing')
  return { passphraseFile, json }
}

async function backup({ out, tenant, withoutFiles, passphraseFile, json }: Options) {
  const passphrase = readPassphrase(passphraseFile)
  const config = readConfig()
  const progress = progressTo(process.stderr)
  const manifest = await withDatabase(config, { progress }, async (database) => {
    // An empty database is not to become a service by this.
    const service = await readService(database.graph(SERVICE).read)
    const keys = await openServiceKeys(config, { signing: service !== undefined })
    const signer = service && config.signer ? await openSigner(database, keys) : null
    const objects = withoutFiles ? null : await openObjectStore(config, tellFailure)
    try {
      return await writeArchive({
        ...{ database, path: out, passphrase, tenants: tenant ?? null, objects },
        keyFor: (kids) => manifestKey(keys, kids, out),
        before: async (name) => {
          const head = signer && (await readLog(database.graph(name).read))
          if (head) await signer.ledger.checkpointOf(name, head.written)
        },
        onProgress: (at) => progress.step(`${at.tenant}: ${at.done} of ${at.of} leaves`),
      })
    } finally {
      progress.done()
      objects?.close()
      await signer?.close()
    }
  })
  process.stdout.write(
    json ? `${JSON.stringify({ ok: true, ...manifest }, null, 2)}\n` : written(out, manifest),
  )
}

/** Signs each log as its turn comes, so that a backup holds what was recorded until then. */
async function openSigner(
  database: Database,
  keys: Keys,
): Promise<{ ledger: Ledger; close(): Promise<void> } | null> {
  const { home, service } = readConfig()
  const path = join(home, 'register.sqlite')
  // Opening it would make an empty one: this home is not the one that signs.
  if (!existsSync(path)) return null
  const register = openRegister(path)
  try {
    const ledger = await openLedger({ database, service, keys, register, signing: 'on demand' })
    const close = async () => {
      await ledger.close()
      register.close()
    }
    return { ledger, close }
  } catch (error) {
    register.close()
    throw error
  }
}

const written = (path: string, { tenants, files }: Manifest) =>
  [
    `${path}: ${tenants.length} ${tenants.length === 1 ? 'log' : 'logs'}, ${files ? 'with' : 'without'} files`,
    ...tenants.map(
      ({ origin, size, root, files: held = 0, torn = 0 }) =>
        `  ${origin} to ${size}, root ${root}: ${held} files${torn > 0 ? `; ${torn} are damaged and not held, see \`selvedge objects verify\`` : ''}`,
    ),
    '',
  ].join('\n')

async function verify(
  file: string,
  options: { passphraseFile: string; json?: true; known: readonly string[] },
) {
  const known = readKnown(options.known)
  const archive = await openArchive(file, readPassphrase(options.passphraseFile))
  const progress = progressTo(process.stderr)
  try {
    const audit = auditArchive(archive, {
      sizesOf: sizesIn(known),
      onProgress: (at) => progress.step(`${at.tenant}: ${at.done} of ${at.of} leaves`),
    })
    progress.done()
    for (const tenant of audit.tenants) compareKnown(tenant, known)
    process.stdout.write(
      options.json ? `${JSON.stringify(told(audit), null, 2)}\n` : described(file, audit),
    )
  } finally {
    archive.close()
  }
}

/** What holds the archive together, and still does not show whose it is. */
const warningsOf = ({ tenants, signer }: ArchiveAudit) =>
  tenants
    .filter(({ tenant }) => !signer.logs.includes(tenant))
    .map(
      ({ tenant }) =>
        `${signer.kid}, which signed the manifest, is no manifest key of the log of «${tenant}»: its ` +
        'commands, actors and merges may be of anybody who has the passphrase. `selvedge restore` ' +
        'takes it only where the key is held.',
    )

const told = (audit: ArchiveAudit) => {
  const { id, manifest, tenants, signer } = audit
  return {
    ok: true,
    id,
    at: manifest.at,
    service: manifest.service,
    files: manifest.files ?? false,
    signer,
    warnings: warningsOf(audit),
    tenants: tenants.map(({ roots: _, keys: __, ...tenant }) => tenant),
  }
}

function described(file: string, audit: ArchiveAudit) {
  const { manifest, tenants, signer } = audit
  const lines = tenants.map((tenant) => {
    const { origin, size, root, entities, bodies, erasedSince, files, filesMissing } = tenant
    const since = erasedSince.length
    const erased = since > 0 ? `; ${since} bodies were erased while it was made` : ''
    const missing = manifest.files
      ? filesMissing.map((file) => `    without the file ${file}\n`)
      : []
    return `  ${origin} to ${size}, root ${root}: ${entities} entities, ${bodies} bodies, ${files} files${erased}\n${missing.join('')}`
  })
  const by = `signed by ${signer.kid}, a key of ${signer.logs.length} of its ${tenants.length} logs`
  const warnings = warningsOf(audit).map((warning) => `WARNING: ${warning}\n`)
  return `${warnings.join('')}${file} is whole and sound, made ${manifest.at} of ${manifest.service}, ${by}\n${lines.join('')}`
}
