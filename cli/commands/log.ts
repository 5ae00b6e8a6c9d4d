import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { type Command, InvalidArgumentError } from 'commander'
import { Problem } from '../../core/problem.ts'
import { proveLeaf } from '../../domains/evidence/log-proofs.ts'
import { listFiles } from '../../domains/log-files/list-files.ts'
import { notYetSigned, tenantUnknown } from '../../ledger/problems.ts'
import { readLog } from '../../lineage/log.ts'
import { readConfig } from '../../server/config.ts'
import { progressTo } from '../../server/neo4j/progress.ts'
import { withDatabase } from '../../server/with-database.ts'
import { follow } from '../follow/follow.ts'
import { writeLogFile } from '../follow/mirror.ts'

export function define(command: Command): void {
  command.description('The log of a tenant.')
  command
    .command('export')
    .description(
      'Write the log of a tenant as a directory of C2SP tiles, with `checkpoint` and `log.vkey`.\n\n' +
        'The checkpoint is written last: a directory that has it has all that it covers.',
    )
    .requiredOption('--tenant <name>', 'the tenant')
    .requiredOption('--out <dir>', 'where to')
    .option('--force', 'write into a directory that is not empty, as to bring an export up to date')
    .action(exportLog)
  command
    .command('proof')
    .description(
      'Write the proof of one record as a .tlog-proof file, and its leaf beside it.\n\n' +
        'The leaf is in the same place with the ending .leaf; `prov-verifier <proof> --leaf <leaf>`\n' +
        'verifies the two offline.',
    )
    .requiredOption('--tenant <name>', 'the tenant')
    .requiredOption('--seq <number>', 'the place of the record in the log', wholeNumber)
    .requiredOption('--out <file>', 'where to, such as record.tlog-proof')
    .action(writeProof)
  command
    .command('follow')
    .description(
      'Follow a log over HTTP: read every entry and tile up to each new checkpoint, and check that it\n' +
        'went on from what was read before.\n\n' +
        'Any log by C2SP tlog-tiles will do. With --out its files are kept as `log export` writes them,\n' +
        'and the next call goes on from there. Ends with 1 as soon as the log does what it must not.',
    )
    .argument('<url>', 'the address of the log, such as http://127.0.0.1:4600/log/demo')
    .option('--vkey <vkey>', 'the key that signs it')
    .option('--trust <file>', 'or a trust root that lists it')
    .option('--tenant <name>', 'as whom to ask, where a Selvedge log is not public')
    .option('--out <dir>', 'keep its files there')
    .option('--once', 'end when the newest checkpoint is reached')
    .option('--interval <seconds>', 'how often to look for a new one', seconds, 5)
    .action(follow)
}

function seconds(text: string) {
  const value = Number(text)
  if (value > 0 && value <= 86_400) return value
  throw new InvalidArgumentError('an interval is a number of seconds, up to a day.')
}

/** Commander tells what is thrown here as a misuse. */
function wholeNumber(text: string) {
  if (/^(0|[1-9]\d{0,14})$/.test(text)) return Number(text)
  throw new InvalidArgumentError('a place is a whole number, counted from 0.')
}

async function writeProof({ tenant, seq, out }: { tenant: string; seq: number; out: string }) {
  const progress = progressTo(process.stderr)
  const { header, tlogProof, size } = await withDatabase(
    readConfig(),
    { progress },
    async (database) => {
      const { read } = database.graph(tenant)
      const head = await readLog(read)
      if (!head) throw tenantUnknown(tenant)
      if (head.checkpoint === null) throw notYetSigned(tenant)
      return proveLeaf(read, seq, { note: head.checkpoint })
    },
  )
  progress.done()
  const leaf = `${out.replace(/\.tlog-proof$/, '')}.leaf`
  writeFileSync(leaf, header)
  writeFileSync(out, tlogProof)
  process.stdout.write(`leaf ${seq} of ${tenant} in a log of ${size}: ${out}, ${leaf}\n`)
}

async function exportLog({ tenant, out, force }: { tenant: string; out: string; force?: true }) {
  mkdirSync(out, { recursive: true })
  if (!force && readdirSync(out).length > 0) throw directoryNotEmpty(out)
  const progress = progressTo(process.stderr)
  const files = await withDatabase(readConfig(), { progress }, async (database) => {
    let written = 0
    for await (const file of listFiles(database.graph(tenant))) {
      writeLogFile(out, file.path, file.bytes)
      written += 1
      progress.step(`${tenant}: ${written} files`)
    }
    return written
  })
  progress.done()
  process.stdout.write(`${files} files of the log of ${tenant} in ${out}\n`)
}

const directoryNotEmpty = (out: string) =>
  new Problem(
    'DIRECTORY_NOT_EMPTY',
    `${out} is not empty: name another directory, or add --force to write into it.`,
  )
