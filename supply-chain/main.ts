/**
 * What Selvedge is made of: `npm run licences`, `npm run sbom` and `npm run audit`
 * (docs/operations/dependencies.md).
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { type Asked, askNpm } from './ask-npm.ts'
import { judge, readExplanations } from './findings.ts'
import { checkLicences } from './licences.ts'
import { matchAdvisories, readAdvisories } from './osv.ts'
import { readTree } from './packages.ts'
import { makeSbom } from './sbom.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const AUDIT_PAGE = new URL('../docs/operations/audit.md', import.meta.url)
/** Neither clean nor not: nobody could be asked. */
const UNASKED = 3

const print = (text: string) => process.stdout.write(`${text}\n`)
const say = (text: string) => process.stderr.write(`${text}\n`)
const asJson = (value: unknown) => JSON.stringify(value, null, 2)

function licences({ json }: { json?: true }): 0 | 1 {
  const all = checkLicences(readTree(ROOT).packages)
  const refused = all.filter(({ allowed }) => !allowed)
  if (json) print(asJson({ ok: refused.length === 0, packages: all }))
  else {
    for (const { name, version, licence, development } of all) {
      print(`${licence ?? 'none'}\t${name}@${version}${development ? '\tdevelopment' : ''}`)
    }
  }
  for (const { name, version, licence, because } of refused) {
    say(`${because}: ${name}@${version}${licence === null ? '' : ` is under «${licence}»`}`)
  }
  say(`${all.length} packages, ${refused.length} under a licence that is not allowed`)
  return refused.length === 0 ? 0 : 1
}

function sbom({ out, at }: { out?: string; at?: string }): 0 {
  const text = asJson(makeSbom(readTree(ROOT), at ?? new Date().toISOString()))
  if (out === undefined) print(text)
  else writeFileSync(out, `${text}\n`)
  return 0
}

interface AuditOptions {
  advisories?: string
  registry?: string
  json?: true
}

function askFiles(folder: string): Asked {
  const { read, findings } = matchAdvisories(readTree(ROOT).packages, readAdvisories(folder))
  if (read === 0) return { unasked: `there is no advisory in ${folder}` }
  say(`${read} advisories read from ${folder}`)
  return { findings }
}

async function audit({ advisories, registry, json }: AuditOptions): Promise<number> {
  const asked = advisories ? askFiles(advisories) : await askNpm(ROOT, registry)
  if ('unasked' in asked) {
    if (json) print(asJson({ ok: null, unasked: asked.unasked }))
    say(`NOT AUDITED: ${asked.unasked}`)
    say('nothing is known of the dependencies; docs/operations/audit.md says how else to ask')
    return UNASKED
  }
  const today = new Date().toISOString().slice(0, 10)
  const verdict = judge(asked.findings, readExplanations(readFileSync(AUDIT_PAGE, 'utf8')), today)
  const ok = verdict.unexplained.length === 0
  if (json) print(asJson({ ok, ...verdict }))
  for (const { advisory, package: name, versions, severity, title } of verdict.unexplained) {
    say(`${severity}: ${name} ${versions.join(', ')}: ${title} (${advisory})`)
  }
  for (const { advisory, package: name, until } of verdict.stale) {
    say(`out of date in docs/operations/audit.md: ${advisory} of ${name} (until ${until})`)
  }
  say(`${verdict.unexplained.length} findings, and ${verdict.explained.length} that are explained`)
  return ok ? 0 : 1
}

function time(text: string) {
  const read = Date.parse(text)
  if (Number.isNaN(read)) throw new InvalidArgumentError('not a time in ISO 8601.')
  return new Date(read).toISOString()
}

const program = new Command('supply-chain').exitOverride()
const action =
  <Options>(work: (options: Options) => number | Promise<number>) =>
  async (options: Options) => {
    process.exitCode = await work(options)
  }

program
  .command('licences')
  .description('list the licence of every dependency; ends with 1 where one is not allowed')
  .option('--json', 'print one JSON object')
  .action(action(licences))
program
  .command('sbom')
  .description('print the bill of materials, as CycloneDX 1.6')
  .option('--out <file>', 'write it to a file')
  .option('--at <time>', 'say that it was made then: the same lockfile gives the same bytes', time)
  .action(action(sbom))
program
  .command('audit')
  .description(
    'ask for advisories about the dependencies\n\n' +
      'Ends with 0 where there is none that docs/operations/audit.md does not explain, with 1 where\n' +
      'there is one, and with 3 where nobody could be asked.',
  )
  .option('--advisories <folder>', 'ask files in the OSV format instead of a registry')
  .option('--registry <url>', 'ask another registry than npm is set up with')
  .option('--json', 'print one JSON object')
  .action(action(audit))

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  process.exitCode = error.exitCode === 0 ? 0 : 2
}
