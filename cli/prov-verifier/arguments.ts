import { type ParseArgsConfig, parseArgs } from 'node:util'

/** Arguments that the verifier cannot make sense of. */
export class UsageError extends Error {}

export const USAGE = `Usage: prov-verifier <bundle> [--trust FILE|FINGERPRINT] [--replay FILE] [--accept-untrusted] [--json]

Verifies a Selvedge bundle offline: no network, no database, nothing but the files named.

  --trust FILE         whom you trust: the logs and keys that may speak for a bundle (trust.json)
  --trust FINGERPRINT  the same by its SHA-256 (64 hex digits, or base64url), however the file got
                       here: trust.json beside the bundle, or in it, if it is the one
  --anchors FILE       proofs that lead from the bundle's checkpoint to anchors of the trust root
  --replay FILE        a replayer's note on the bundle's state, as \`selvedge witness --replay\` makes it
  --accept-untrusted   exit with 0 where a bundle is intact and no trust root was given
  --json               print one JSON object: ok, exit, verdict, explained, checks, bundle, withheld
  --version            print the version
  --help               print this

One file of a bundle can be handed on alone:

  prov-verifier extract <bundle> <entry> --out DIR
                       write the entry, and beside it <entry>.stitch.json, its proof
  prov-verifier entry <file> --proof FILE [--trust FILE] [--accept-untrusted] [--json]
                       verify it by that proof: whole, and by whom it was signed

An event of usage can be shown to be in a sealed window:

  prov-verifier usage <file> --bundle FILE [--trust FILE] [--accept-untrusted] [--json]
                       verify its proof, as \`selvedge metering prove\` writes it, against the record of
                       the window in a bundle, which is verified first

Parts of a log, and a whole one, each with --trust FILE or --vkey VKEY, --accept-untrusted, --json:

  prov-verifier <file>.tlog-proof --leaf FILE
                       verify that a leaf is in a signed log (C2SP tlog-proof)
  prov-verifier state <file>
                       verify what a state says of some ids: that a record is its entity's latest,
                       or that there is no such entity
  prov-verifier consistency <old> <new>
                       verify that a log went on from one checkpoint to a later one; <new> has the
                       consistency proof in front, as C2SP witnesses take it
  prov-verifier log <dir> [--state]
                       verify all entries, tiles and rules of a log, as \`selvedge log export\` or
                       \`selvedge log follow\` writes it; with --state replay every header, and derive
                       every state root anew

A bundle is a file below 2 GiB, and is read into memory as a whole.

Exit codes
  0  intact and authentic
  1  a check failed
  2  usage
  3  a file could not be read, or the bundle is no zip
  4  intact, authenticity not evaluated: nobody vouches for its keys
`

const OPTIONS = {
  trust: { type: 'string' },
  replay: { type: 'string' },
  anchors: { type: 'string' },
  'accept-untrusted': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  version: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false, short: 'h' },
} as const

/** Reads the command line. @throws {UsageError} */
export function parseArguments(args: readonly string[]) {
  const { values, positionals } = parsed(args, OPTIONS)
  const { trust, anchors, replay, json, version, help } = values
  const [bundle, ...more] = positionals
  if (bundle === undefined && !help && !version) throw new UsageError('name a bundle')
  if (more.length > 0) throw new UsageError('name one bundle only')
  return {
    bundle: bundle ?? '',
    trust,
    replay,
    anchors,
    acceptUntrusted: values['accept-untrusted'],
    json,
    version,
    help,
  }
}

/** Reads arguments by the options that there are. @throws {UsageError} */
export function parsed<const Options extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause })
  }
}
