import { unb64 } from '../../../proofs/base64.ts'
import { utf8 } from '../../../proofs/utf8.ts'
import { strayLeaf } from '../../make/log.ts'
import { header, type Mutant, mutant, otherOrigin, predicate, record, small } from './mutant.ts'

const { log, raw, clean, report } = small

/** Bundles that only a check of container, manifest or log can refuse. */
export const BUNDLE_MUTANTS = {
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
    mutant('a state position that is no number', 'PROOF_VALUE', predicate({ stateSize: '20' })),
    mutant('no origin', 'PROOF_VALUE', predicate({ origin: '' })),
    mutant('no pattern of what is withheld', 'PROOF_WITHHOLD', predicate({ withhold: [] })),
    mutant('patterns out of order', 'PROOF_WITHHOLD', predicate({ withhold: ['b', 'a'] })),
    mutant('a pattern twice', 'PROOF_WITHHOLD', predicate({ withhold: ['a', 'a'] })),
    mutant('a pattern of nothing', 'PROOF_WITHHOLD', predicate({ withhold: [''] })),
    mutant('a pattern that is no text', 'PROOF_VALUE', predicate({ withhold: [1] })),
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
    mutant('no signature', 'PROOF_NOTE_SYNTAX', { note: (note) => note.replace(/—.*\n/g, '') }),
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
    {
      ...mutant('records out of order', 'PROOF_RECORDS', { shown: (all) => all.toReversed() }),
      telling: true,
    },
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
} satisfies Record<string, Mutant[]>
