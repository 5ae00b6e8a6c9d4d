import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { sha256 } from '../../core/sha256.ts'
import { b64, unb64 } from '../../proofs/base64.ts'
import type { ProofCode } from '../../proofs/error.ts'
import { hashLeaf, type RecordHeader } from '../../proofs/leaf.ts'
import type { Manifest, Predicate } from '../../proofs/manifest.ts'
import { compareLinks, type Link, outRoot } from '../../proofs/outset.ts'
import type { ShownRecord } from '../../proofs/records.ts'
import type { CheckName } from '../../proofs/report.ts'
import type { Trust, TrustKey } from '../../proofs/trust.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { type Changes, makeBundle, type TestBundle, trustIn } from '../make/bundle.ts'
import { makeKey } from '../make/keys.ts'
import { strayLeaf } from '../make/log.ts'
import { smallLog } from '../make/small-log.ts'

/** A bundle in which one thing is wrong, everything above it computed and signed anew. */
interface Mutant {
  what: string
  code: ProofCode
  make(): TestBundle
}

const small = smallLog()
const { log, raw, rates, clean, cleaning, report, reporting, stranger } = small
const question = { root: report, direction: 'UPSTREAM', depth: 5 } as const
const attachments = [{ path: 'attachments/note', bytes: utf8('as it was') }]

/** The bundle that every mutant differs from. */
export const genuine = () => makeBundle(log, { question, attachments })

const mutant = (what: string, code: ProofCode, changes: Changes, of = log): Mutant => ({
  what,
  code,
  make: () => makeBundle(of, { question, attachments }, changes),
})

const predicate = (change: Partial<Record<keyof Predicate | 'extra', unknown>>): Changes => ({
  manifest: (manifest) =>
    ({ ...manifest, predicate: { ...manifest.predicate, ...change } }) as unknown as Manifest,
})

/** Changes the shown record of one entity. */
const record =
  (id: string, change: (record: ShownRecord) => ShownRecord) => (records: ShownRecord[]) =>
    records.map((shown) => (shown.header.id === id ? change(shown) : shown))

/** Changes the header of one entity's record, in the log too. */
const header = (id: string, change: Partial<RecordHeader> & { extra?: 1 }): Changes => ({
  records: record(id, (shown) => ({ ...shown, header: { ...shown.header, ...change } })),
})

/** Gives one entity another out-set, in its header and in the log too; what its header links stays. */
const outSet = (id: string, change: (out: readonly Link[]) => Link[]): Changes => ({
  records: record(id, (shown) => {
    const out = change(shown.out!).sort(compareLinks)
    return { ...shown, out, header: { ...shown.header, out: b64(outRoot(sha256, out)) } }
  }),
})

const leafOf = (id: string) => b64(hashLeaf(sha256, log.shown(id)!.header))
const runOf = (id: string, leaf: string): Link => ({ rel: 'RUN_OF', id, leaf })

/** Changes what the trust root says of the key for one use. */
const trustedKey = (use: TrustKey['use'], change: Partial<TrustKey>): Changes => ({
  trust: (trust: Trust) => ({
    ...trust,
    logs: trust.logs.map((log) => ({
      ...log,
      keys: log.keys.map((key) => (key.use === use ? { ...key, ...change } : key)),
    })),
  }),
})

const keyMutants = (use: TrustKey['use']): Mutant[] => [
  mutant('a key that is not listed', 'PROOF_TRUST_KEY_UNLISTED', {
    [`${use}Key`]: makeKey('stranger'),
  }),
  mutant('a key that is listed for the other use', 'PROOF_TRUST_KEY_UNLISTED', {
    [`${use}Key`]: use === 'manifest' ? log.keys.checkpoint : log.keys.manifest,
  }),
  mutant('a key from a later size on', 'PROOF_TRUST_KEY_SIZE', trustedKey(use, { from: 22 })),
  mutant('a retired key', 'PROOF_TRUST_KEY_RETIRED', trustedKey(use, { until: 99 })),
  mutant(
    'a compromised key',
    'PROOF_TRUST_KEY_COMPROMISED',
    trustedKey(use, { compromised: true }),
  ),
]

/** Signs with R the neutral point: the equation holds, and a verifier that allows small orders accepts. */
function signedWithSmallOrder(jws: string) {
  const [head, payload] = jws.split('.') as [string, string]
  const { x, jwk } = log.keys.manifest
  const neutral = ed25519.Point.ZERO.toBytes()
  const { scalar } = ed25519.utils.getExtendedPublicKey(unb64(jwk.d))
  const digest = sha512(Uint8Array.of(...neutral, ...unb64(x), ...utf8(`${head}.${payload}`)))
  const k = BigInt(`0x${Buffer.from(digest.toReversed()).toString('hex')}`)
  const s = ed25519.Point.Fn.create(k * scalar)
  const last = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse()
  return `${head}.${payload}.${b64(Uint8Array.of(...neutral, ...last))}`
}

const otherOrigin = 'selvedge.test/elsewhere'

/** For every check, bundles that it alone can refuse. */
export const MUTANTS: Record<CheckName, Mutant[]> = {
  'zip-form': [
    mutant('a comment at the end', 'PROOF_ZIP_FORM', {
      zip: (zip) => {
        const longer = Uint8Array.of(...zip, 0x21)
        longer[zip.length - 2] = 1
        return longer
      },
    }),
    mutant('a file that is no zip', 'PROOF_ZIP_NOT_ONE', { zip: () => utf8('x'.repeat(99)) }),
  ],
  'manifest-form': [
    mutant('a member too many', 'PROOF_MEMBERS', predicate({ extra: true })),
    mutant(
      'a state position, which nothing here evaluates',
      'PROOF_VALUE',
      predicate({ stateSize: 20 }),
    ),
    mutant('no origin', 'PROOF_VALUE', predicate({ origin: '' })),
    mutant('another predicate type', 'PROOF_VALUE', {
      manifest: (manifest) => ({ ...manifest, predicateType: 'urn:x' as never }),
    }),
    mutant('subjects out of order', 'PROOF_MANIFEST', {
      manifest: (manifest) => ({ ...manifest, subject: manifest.subject.toReversed() }),
    }),
    mutant('itself as a subject', 'PROOF_MANIFEST', {
      manifest: ({ subject, ...rest }) => ({
        ...rest,
        subject: [...subject, { ...subject[0]!, name: 'manifest.json' }].sort((a, b) =>
          a.name < b.name ? -1 : 1,
        ),
      }),
    }),
    mutant('no records among the subjects', 'PROOF_MANIFEST', {
      manifest: ({ subject, ...rest }) => ({
        ...rest,
        subject: subject.filter(({ name }) => name !== 'records.ndjson'),
      }),
    }),
    mutant('white space', 'PROOF_JSON_NOT_CANONICAL', { manifestText: (text) => `${text}\n` }),
  ],
  'jws-form': [
    mutant('a header with a key in it', 'PROOF_JWS_HEADER', {
      jwsHeader: (text) => text.replace('{', `{"a":0,"jwk":{"x":"${log.keys.manifest.x}"},`),
    }),
    mutant('a header in another order', 'PROOF_JWS_HEADER', {
      jwsHeader: (text) => {
        const { alg, kid, typ } = JSON.parse(text)
        return JSON.stringify({ typ, alg, kid })
      },
    }),
    mutant('no type', 'PROOF_JWS_HEADER', {
      jwsHeader: (text) => text.replace(/,"typ".*(?=})/, ''),
    }),
    mutant('another manifest as payload', 'PROOF_JWS_PAYLOAD', {
      jwsPayload: (manifest) => manifest.replace('"asOf":21', '"asOf":20'),
    }),
    mutant('a newline at the end', 'PROOF_ENCODING', { jws: (text) => `${text}\n` }),
    mutant('four parts', 'PROOF_JWS', { jws: (text) => `${text}.` }),
  ],
  'entry-list': [
    mutant('an entry that no subject lists', 'PROOF_ENTRY_UNLISTED', {
      files: (files) => [...files, { path: 'index.html', bytes: utf8('<p>') }],
    }),
  ],
  'subject-digests': [
    mutant('another SHA-256', 'PROOF_ENTRY_DIGEST', {
      manifest: ({ subject, ...rest }) => ({
        ...rest,
        subject: [{ ...subject[0]!, digest: subject[1]!.digest }, ...subject.slice(1)],
      }),
    }),
  ],
  'stitch-root': [mutant('another root', 'PROOF_STITCH', predicate({ stitch: strayLeaf('root') }))],
  'checkpoint-form': [
    mutant('a size with a leading zero', 'PROOF_CHECKPOINT_SYNTAX', {
      checkpointText: (text) => text.replace('\n21\n', '\n021\n'),
    }),
    mutant('an extension line', 'PROOF_CHECKPOINT_EXTENSION', {
      checkpointText: (text) => `${text}more\n`,
    }),
    mutant('no signature', 'PROOF_NOTE_SYNTAX', { note: (note) => note.replace(/—.*\n/, '') }),
  ],
  'checkpoint-match': [
    mutant('another size in the manifest', 'PROOF_CHECKPOINT_OTHER', predicate({ size: 22 })),
    mutant('a checkpoint of another log', 'PROOF_CHECKPOINT_OTHER', {
      checkpoint: (checkpoint) => ({ ...checkpoint, origin: otherOrigin }),
      trust: (trust) => ({
        ...trust,
        logs: [...trust.logs, { ...trust.logs[0]!, origin: otherOrigin }],
      }),
    }),
  ],
  'proof-form': [
    mutant('a member too many', 'PROOF_MEMBERS', {
      subjects: {
        'proof.json': (text) =>
          text
            .replace(/}$/, ',"x":0}')
            .replace(/,"v":"[^"]*"(,"x":0)/, ',"v":"selvedge/proof/1"$1'),
      },
    }),
    mutant('places out of order', 'PROOF_SEQS', {
      proof: ({ seqs, ...rest }) => ({ ...rest, seqs: seqs.toReversed() }),
    }),
    mutant('a place beyond the size', 'PROOF_SEQS', {
      proof: ({ seqs, ...rest }) => ({ ...rest, seqs: [...seqs, 21] }),
    }),
    mutant('a hash of 31 bytes', 'PROOF_VALUE', {
      proof: ({ hashes, ...rest }) => ({ ...rest, hashes: hashes.map((hash) => hash.slice(1)) }),
    }),
  ],
  'records-form': [
    mutant('a header with an unknown member', 'PROOF_MEMBERS', header(clean, { extra: 1 })),
    mutant('a header of another kind than its id', 'PROOF_VALUE', header(clean, { kind: 'Job' })),
    mutant('a link to another entity without a leaf', 'PROOF_LEAF_LINKS', {
      records: record(report, (shown) => ({
        ...shown,
        header: { ...shown.header, links: shown.header.links.map((l) => ({ ...l, leaf: null })) },
      })),
    }),
    mutant('an out-set out of order', 'PROOF_RECORDS', {
      shown: record(clean, (shown) => ({ ...shown, out: shown.out!.toReversed() })),
    }),
    mutant('a key leaf among the records', 'PROOF_RECORDS', {
      shown: (records) => [{ header: log.leaves[0] as never, out: null, fields: null }, ...records],
    }),
    mutant('a field without its salt', 'PROOF_MEMBERS', {
      shown: record(clean, (shown) => ({
        ...shown,
        fields: shown.fields!.map(({ name }) => ({ name, value: 1 })) as never,
      })),
    }),
    mutant('white space', 'PROOF_JSON_NOT_CANONICAL', {
      subjects: { 'records.ndjson': (text) => text.replace('{"fields"', '{ "fields"') },
    }),
    mutant('no newline at the end', 'PROOF_RECORDS', {
      subjects: { 'records.ndjson': (text) => text.trimEnd() },
    }),
    mutant('an empty line', 'PROOF_JSON_SYNTAX', {
      subjects: { 'records.ndjson': (text) => `${text}\n` },
    }),
  ],
  'proof-positions': [
    mutant('a record at another place than its header says', 'PROOF_POSITIONS', {
      seqs: (seqs) => seqs.map((seq) => (seq === 8 ? 9 : seq)),
    }),
    mutant('a proof for a log of another size', 'PROOF_POSITIONS', {
      proof: (proof) => ({ ...proof, size: 22 }),
    }),
  ],
  'proof-inclusion': [
    mutant('a header that is not in the log', 'PROOF_ROOT_MISMATCH', {
      shown: record(raw, (shown) => ({ ...shown, header: { ...shown.header, version: 7 } })),
    }),
    mutant('another hash', 'PROOF_ROOT_MISMATCH', {
      proof: ({ hashes, ...rest }) => ({ ...rest, hashes: hashes.toReversed() }),
    }),
    mutant('a hash too many', 'PROOF_HASH_COUNT', {
      proof: ({ hashes, ...rest }) => ({ ...rest, hashes: [...hashes, hashes[0]!] }),
    }),
    mutant('a checkpoint with another root', 'PROOF_ROOT_MISMATCH', {
      checkpoint: (checkpoint) => ({ ...checkpoint, root: unb64(strayLeaf('root')) }),
    }),
  ],
  'record-count': [mutant('another count', 'PROOF_RECORD_COUNT', predicate({ records: 7 }))],
  'record-tenant': [
    mutant('a header of another tenant', 'PROOF_RECORD_TENANT', header(raw, { tenant: 'other' })),
  ],
  'record-times': [
    mutant(
      'a time that falls',
      'PROOF_RECORD_TIME',
      header(clean, { at: '2020-02-29T00:00:00.000Z' }),
    ),
  ],
  'record-as-of': [
    mutant('a record that came later', 'PROOF_RECORD_AS_OF', predicate({ asOf: 12 })),
    mutant('a position beyond the log', 'PROOF_RECORD_AS_OF', predicate({ asOf: 22 })),
  ],
  'record-entities': [
    mutant('an older version beside the latest', 'PROOF_RECORD_TWICE', {
      records: (records) => records.toSpliced(3, 0, log.shown(clean, 8)!),
    }),
  ],
  'out-sets': [
    mutant('an edge hidden', 'PROOF_OUT_SET', {
      shown: record(clean, (shown) => ({ ...shown, out: shown.out!.slice(1) })),
    }),
    mutant('an edge made up', 'PROOF_OUT_SET', {
      shown: record(raw, (shown) => ({ ...shown, out: [runOf(stranger, strayLeaf('made up'))] })),
    }),
  ],
  'link-changes': [
    mutant(
      'a link that is not in force',
      'PROOF_LINK_CHANGES',
      outSet(reporting, (out) => out.filter(({ id }) => id !== report)),
    ),
    mutant(
      'a link in force with another leaf',
      'PROOF_LINK_CHANGES',
      outSet(reporting, (out) =>
        out.map((link) => (link.id === report ? { ...link, leaf: strayLeaf('other') } : link)),
      ),
    ),
    mutant(
      'an edge dropped and still in force',
      'PROOF_LINK_CHANGES',
      header(clean, { unlinks: [{ rel: 'WAS_DERIVED_FROM', id: raw }] }),
    ),
  ],
  'link-ends': [
    mutant(
      'a relation that nobody knows',
      'PROOF_LINK_RELATION',
      outSet(clean, (out) => [...out, { rel: 'EATS', id: rates, leaf: leafOf(rates) }]),
    ),
    mutant(
      'the leaf of another entity',
      'PROOF_LINK_LEAF',
      outSet(clean, (out) => out.map((link) => ({ ...link, leaf: leafOf(cleaning) }))),
    ),
    mutant(
      'one leaf under two ids',
      'PROOF_LINK_LEAF',
      outSet(clean, (out) => [
        ...out,
        ...[stranger, report].map((id) => runOf(id, strayLeaf('shared'))),
      ]),
    ),
    mutant('the leaf of a later record', 'PROOF_LINK_LEAF', {
      records: record(raw, (shown) => {
        const out = [runOf(reporting, leafOf(reporting))]
        const header = { ...shown.header, links: out, out: b64(outRoot(sha256, out)) }
        return { ...shown, out, header }
      }),
    }),
    mutant(
      'no leaf at another entity',
      'PROOF_LINK_LEAF',
      outSet(clean, (out) => out.map((link) => ({ ...link, leaf: null }))),
    ),
  ],
  bodies: [
    mutant('another value', 'PROOF_BODY', {
      shown: record(raw, ({ fields, ...rest }) => ({
        ...rest,
        fields: fields!.map((field) =>
          field.name === 'format' ? { ...field, value: 'xml' } : field,
        ),
      })),
    }),
    mutant('a field left out', 'PROOF_BODY', {
      shown: record(raw, ({ fields, ...rest }) => ({ ...rest, fields: fields!.slice(1) })),
    }),
    mutant('fields out of order', 'PROOF_FIELD_ORDER', {
      shown: record(raw, ({ fields, ...rest }) => ({ ...rest, fields: fields!.toReversed() })),
    }),
  ],
  'lineage-reach': [
    mutant('a record that has nothing to do with it', 'PROOF_LINEAGE_UNREACHED', {
      records: (records) => records.toSpliced(2, 0, log.shown(stranger)!),
    }),
    mutant(
      'a record beyond the depth',
      'PROOF_LINEAGE_UNREACHED',
      predicate({ question: { ...question, depth: 2 } }),
    ),
    mutant(
      'a root that is not shown',
      'PROOF_LINEAGE_ROOT',
      predicate({ question: { ...question, root: stranger } }),
    ),
    mutant(
      'the other direction',
      'PROOF_LINEAGE_UNREACHED',
      predicate({ question: { ...question, direction: 'DOWNSTREAM' } }),
    ),
  ],
  'lineage-upstream': [
    mutant('a source left out', 'PROOF_LINEAGE_INCOMPLETE', {
      records: (records) => records.filter(({ header: { id } }) => id !== rates),
    }),
    mutant('an out-set that is not shown', 'PROOF_LINEAGE_HIDDEN', {
      shown: record(rates, (shown) => ({ ...shown, out: null })),
    }),
  ],
  'origin-listed': [
    mutant('a trust root that does not know the log', 'PROOF_ORIGIN_UNLISTED', {
      trust: (trust) => ({ ...trust, logs: [{ ...trust.logs[0]!, origin: otherOrigin }] }),
    }),
  ],
  'origin-tenant': [
    mutant('a log of another tenant', 'PROOF_ORIGIN_TENANT', {}, { ...log, origin: otherOrigin }),
    mutant(
      'an epoch of another tenant’s log',
      'PROOF_ORIGIN_TENANT',
      {},
      { ...log, origin: `${otherOrigin}/1` },
    ),
  ],
  'manifest-key': keyMutants('manifest'),
  'manifest-signature': [
    mutant('a signature over something else', 'PROOF_MANIFEST_SIGNATURE', {
      jws: (text) => text.replace(/[^.]*$/, b64(log.keys.manifest.sign(utf8('else')))),
    }),
    mutant('a signature of small order whose equation holds', 'PROOF_MANIFEST_SIGNATURE', {
      jws: signedWithSmallOrder,
    }),
  ],
  'checkpoint-key': keyMutants('checkpoint'),
  'checkpoint-signature': [
    mutant('a signature over something else', 'PROOF_NOTE_SIGNATURE', {
      note: (note) => note.replace(/.{8}\n$/, 'AAAAAAA=\n'),
    }),
  ],
}

/** The trust root of `genuine`. */
export const genuineTrust = trustIn(log)
