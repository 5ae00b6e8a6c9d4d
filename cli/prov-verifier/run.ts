import { sha256 } from '../../core/sha256.ts'
import pkg from '../../package.json' with { type: 'json' }
import { EXIT, exitCode } from '../../proofs/report.ts'
import { verifyBundle } from '../../proofs/verify.ts'
import { parseArguments, USAGE, UsageError } from './arguments.ts'
import { isFingerprint, readAnchors, readBundle, readSmall, readTrust } from './files.ts'
import { reportJson } from './json.ts'
import { reportText, safe } from './text.ts'
import { tellUnreadable } from './unreadable.ts'

/** Where the verifier writes. */
export interface Terminal {
  out(text: string): void
  err(text: string): void
  colours: boolean
}

/** What else than a bundle can be looked at; each is loaded only when it is asked for. */
const VERBS = {
  consistency: () => import('./verbs/consistency.ts'),
  entry: () => import('./verbs/entry.ts'),
  extract: () => import('./verbs/extract.ts'),
  log: () => import('./verbs/log.ts'),
  state: () => import('./verbs/state.ts'),
  usage: () => import('./verbs/usage.ts'),
} satisfies Record<string, () => Promise<{ run: Verb }>>

/** Runs one verb on what follows it, and gives the exit code. @throws {UsageError} */
export type Verb = (args: readonly string[], terminal: Terminal) => Promise<number>

/**
 * Runs `prov-verifier` and gives its exit code: 0 intact and authentic, 1 a check failed, 2 usage,
 * 3 unreadable, 4 intact but nobody vouches for it.
 *
 * It reads the files named and nothing else: no network, no database, no configuration.
 */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const [first = '', ...rest] = args
  try {
    const verb = Object.hasOwn(VERBS, first) ? VERBS[first as keyof typeof VERBS] : undefined
    if (verb !== undefined) return await (await verb()).run(rest, terminal)
    if (args.some(isOfLeaf)) return await (await import('./verbs/leaf.ts')).run(args, terminal)
    const asked = parseArguments(args)
    if (asked.help) return say(terminal, USAGE)
    if (asked.version) return say(terminal, `${pkg.version}\n`)
    return await verify(asked, terminal)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    terminal.err(`prov-verifier: ${safe(error.message)}\n\n${USAGE}`)
    return EXIT.usage
  }
}

/** A single leaf's proof is told by its file's ending, or by the leaf that is named with it. */
const isOfLeaf = (arg: string) => arg.endsWith('.tlog-proof') || /^--leaf(=|$)/.test(arg)

function say({ out }: Terminal, text: string) {
  out(text)
  return EXIT.ok
}

type Asked = ReturnType<typeof parseArguments>

async function verify(
  { bundle, trust, anchors, replay, acceptUntrusted, json }: Asked,
  terminal: Terminal,
) {
  try {
    // Whom to trust is read first: where that fails, nothing else needs to be said.
    const beside = anchors === undefined ? [] : readAnchors(anchors)
    const named = trust === undefined || isFingerprint(trust) ? null : readTrust(sha256, trust)
    const bytes = readBundle(bundle)
    const root =
      trust === undefined ? null : (named ?? readTrust(sha256, trust, { path: bundle, bytes }))
    const report = await verifyBundle({
      sha256,
      bytes,
      trust: root,
      anchors: beside,
      ...(replay !== undefined && { replay: readSmall(replay) }),
    })
    const exit = exitCode(report, acceptUntrusted)
    terminal.out(json ? reportJson(report, exit) : reportText(bundle, { report, exit }, terminal))
    return exit
  } catch (error) {
    return tellUnreadable(error, { json }, terminal)
  }
}
