import { ProofError } from './error.ts'
import { equal, type Sha256 } from './hash.ts'
import { type KeyType, type NoteKey, parseVkey } from './note.ts'

/** A log that a policy accepts checkpoints of. */
export interface PolicyLog extends NoteKey {
  url: string | null
}

/** A witness, under the name that the policy's groups know it by. */
export interface PolicyWitness {
  /** The policy's own name for it; it means nothing elsewhere. */
  label: string
  key: NoteKey
  vkey: string
  /** Where checkpoints are submitted to it; whoever only verifies needs none. */
  url: string | null
}

/** A group, which witnesses a checkpoint once `least` of its members have. */
export interface PolicyGroup {
  label: string
  least: number
  members: string[]
}

/** Whose cosignatures make a checkpoint a witnessed one (C2SP tlog-policy). */
export interface Policy {
  /** None: which log it is follows from elsewhere. */
  logs: PolicyLog[]
  witnesses: PolicyWitness[]
  /** In the order of their lines: a group knows only what stands above it. */
  groups: PolicyGroup[]
  /** The label of a witness or group, or `null` where the policy asks for no cosignature. */
  quorum: string | null
}

/** The most characters of a policy, and the most witnesses in one: a note takes 100 signatures. */
export const POLICY_LIMITS = { text: 2 ** 20, witnesses: 64 } as const

const NONE = 'none'
/** Every control character of ASCII but tab and newline; a carriage return is not let pass either. */
const FORBIDDEN = /[^\P{Cc}\t\n\x80-\x9f]/u
const THRESHOLD = /^[1-9][0-9]{0,5}$/

interface Draft extends Omit<Policy, 'quorum'> {
  quorum: string | null | undefined
  /** The labels of witnesses and groups above, and whether a group has taken them already. */
  labels: Map<string, { taken: boolean }>
}

/**
 * Reads a policy by C2SP tlog-policy: `log`, `witness`, `group` and `quorum` lines, comments, blank
 * lines. Nothing is passed over: a line that is half understood could weaken a quorum.
 *
 * Keys are Ed25519: 0x01 for logs, 0x04 for witnesses. ML-DSA-44 (0x06) is refused, not ignored.
 *
 * @throws {ProofError} `PROOF_POLICY`, naming the line.
 */
export function parsePolicy(sha256: Sha256, text: string): Policy {
  if (text.length > POLICY_LIMITS.text) throw wrong(0, `over ${POLICY_LIMITS.text} characters`)
  if (!text.endsWith('\n')) throw wrong(0, 'the last line does not end with a newline')
  const policy: Draft = {
    logs: [],
    witnesses: [],
    groups: [],
    quorum: undefined,
    labels: new Map(),
  }
  text
    .slice(0, -1)
    .split('\n')
    .forEach((line, i) => {
      if (FORBIDDEN.test(line)) throw wrong(i + 1, 'a control character')
      const words = line.split(/[ \t]+/).filter((word) => word !== '')
      if (words.length === 0 || words[0]!.startsWith('#')) return
      readLine(sha256, policy, words, i + 1)
    })
  const { labels: _, quorum, ...rest } = policy
  if (quorum === undefined) throw wrong(0, 'there is no quorum line')
  return { ...rest, quorum }
}

function readLine(sha256: Sha256, policy: Draft, [what, ...words]: string[], line: number) {
  if (what === 'log') return readLog(sha256, policy, words, line)
  if (what === 'witness') return readWitness(sha256, policy, words, line)
  if (what === 'group') return readGroup(policy, words, line)
  if (what === 'quorum') return readQuorum(policy, words, line)
  throw wrong(line, `«${what}» opens no line of a policy`)
}

function readLog(sha256: Sha256, { logs }: Draft, words: string[], line: number) {
  const [vkey, url = null, ...more] = words
  if (vkey === undefined || more.length > 0) throw wrong(line, 'it is «log <vkey> [<url>]»')
  const log = keyIn(sha256, vkey, { type: 'ed25519', line })
  if (logs.some(({ publicKey }) => equal(publicKey, log.publicKey))) {
    throw wrong(line, 'this log’s key is listed above')
  }
  logs.push({ ...log, url })
}

function readWitness(sha256: Sha256, policy: Draft, words: string[], line: number) {
  const [label, vkey, url = null, ...more] = words
  if (label === undefined || vkey === undefined || more.length > 0) {
    throw wrong(line, 'it is «witness <name> <vkey> [<url>]»')
  }
  const key = keyIn(sha256, vkey, { type: 'cosignature', line })
  if (policy.witnesses.some((other) => equal(other.key.publicKey, key.publicKey))) {
    throw wrong(line, 'this witness’s key is listed above')
  }
  if (policy.witnesses.length === POLICY_LIMITS.witnesses) {
    throw wrong(line, `over ${POLICY_LIMITS.witnesses} witnesses`)
  }
  define(policy, label, line)
  policy.witnesses.push({ label, key, vkey, url })
}

function readGroup(policy: Draft, [label, threshold, ...members]: string[], line: number) {
  if (label === undefined || threshold === undefined || members.length === 0) {
    throw wrong(line, 'it is «group <name> all|any|<k> <name>…»')
  }
  const least = leastOf(threshold, members.length)
  if (least === null) throw wrong(line, `«${threshold}» is not all, any, or 1 to ${members.length}`)
  for (const member of members) {
    const known = policy.labels.get(member)
    if (known === undefined) throw wrong(line, `«${member}» is no witness or group above`)
    // Counted in two places, one witness could stand for two.
    if (known.taken) throw wrong(line, `«${member}» is a member of a group already`)
    known.taken = true
  }
  define(policy, label, line)
  policy.groups.push({ label, least, members })
}

function leastOf(threshold: string, members: number) {
  if (threshold === 'all') return members
  if (threshold === 'any') return 1
  return THRESHOLD.test(threshold) && Number(threshold) <= members ? Number(threshold) : null
}

function readQuorum(policy: Draft, [label, ...more]: string[], line: number) {
  if (label === undefined || more.length > 0) throw wrong(line, 'it is «quorum <name>»')
  if (policy.quorum !== undefined) throw wrong(line, 'there is a quorum line above')
  if (label !== NONE && !policy.labels.has(label)) {
    throw wrong(line, `«${label}» is no witness or group above`)
  }
  policy.quorum = label === NONE ? null : label
}

function define({ labels }: Draft, label: string, line: number) {
  if (label === NONE) throw wrong(line, '«none» is not a name to be given')
  if (labels.has(label)) throw wrong(line, `«${label}» is defined above`)
  labels.set(label, { taken: false })
}

function keyIn(sha256: Sha256, vkey: string, { type, line }: { type: KeyType; line: number }) {
  try {
    return parseVkey(sha256, vkey, type)
  } catch (cause) {
    if (!(cause instanceof ProofError)) throw cause
    throw new ProofError('PROOF_POLICY', `line ${line} of the policy: ${cause.message}`, { cause })
  }
}

const wrong = (line: number, what: string) =>
  new ProofError(
    'PROOF_POLICY',
    line === 0 ? `the policy: ${what}` : `line ${line} of the policy: ${what}`,
  )
