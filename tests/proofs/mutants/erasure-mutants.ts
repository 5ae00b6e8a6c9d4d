import { sha256 } from '../../../core/sha256.ts'
import { b64 } from '../../../proofs/base64.ts'
import type { ProofCode } from '../../../proofs/error.ts'
import type { RecordHeader } from '../../../proofs/leaf.ts'
import { ERASURES } from '../../../proofs/manifest.ts'
import { outRoot } from '../../../proofs/outset.ts'
import type { ShownRecord } from '../../../proofs/records.ts'
import { utf8 } from '../../../proofs/utf8.ts'
import { type Changes, makeBundle } from '../../make/bundle.ts'
import { smallLog } from '../../make/small-log.ts'
import { type Mutant, question, witnesses } from './mutant.ts'

/** A log in which two of the records that a bundle shows are erased, after the position that it is of. */
export const erasedSmall = smallLog()
const { log, raw, rates, stranger } = erasedSmall
const asOf = log.leaves.length
log.erase(raw)
log.erase(rates)
log.erase(stranger)
const asked = { question, asOf, witnesses }

/** The genuine bundle: it shows what is erased as erased. */
export const erasedGenuine = () => makeBundle(log, asked)

const mutant = (what: string, code: ProofCode, changes: Changes): Mutant => ({
  what,
  code,
  make: () => makeBundle(log, asked, changes),
})

/** Changes the erase record of one entity, in the log too. */
const erasure = (id: string, change: Partial<RecordHeader>): Changes => ({
  erasures: (headers) => headers.map((one) => (one.id === id ? { ...one, ...change } : one)),
})

const erasureOf = (id: string) =>
  log.leaves.find(
    (leaf) => leaf.v === 'selvedge/record/1' && leaf.action === 'erase' && leaf.id === id,
  ) as RecordHeader
const recordOf = (id: string) => log.shown(id, asOf)!.header

/** Shows an older record of one entity: the one that an erase record between them takes the place of. */
const elsewhere =
  (id: string, change: (shown: ShownRecord) => ShownRecord) => (all: ShownRecord[]) =>
    all.map((shown) => (shown.header.id === id ? change(shown) : shown))

const bytesOf = (change: (text: string) => string): Changes => ({
  subjects: { [ERASURES]: change },
})

/** Bundles that lie about what is erased. */
export const ERASURE_MUTANTS = {
  'record-tenant': [
    mutant(
      'an erasure of another tenant',
      'PROOF_RECORD_TENANT',
      erasure(raw, { tenant: 'other' }),
    ),
  ],
  'record-times': [
    mutant(
      'an erasure older than what it erases',
      'PROOF_RECORD_TIME',
      erasure(raw, { at: '2026-03-31T09:15:02.113Z' }),
    ),
  ],
  'erasures-form': [
    mutant(
      'a line without an end',
      'PROOF_ERASURES',
      bytesOf((text) => text.slice(0, -1)),
    ),
    mutant('a record that erases nothing', 'PROOF_ERASURES', {
      erasures: (headers) => [recordOf(raw), ...headers],
    }),
    mutant('two erasures in the wrong order', 'PROOF_ERASURES', {
      erasures: (headers) => headers.toReversed(),
    }),
    mutant(
      'a line that is no JCS',
      'PROOF_JSON_NOT_CANONICAL',
      bytesOf((text) => ` ${text}`),
    ),
    {
      ...mutant('an entry of nothing', 'PROOF_ERASURES', {
        replace: (subjects) =>
          subjects.map((one) => (one.path === ERASURES ? { ...one, bytes: utf8('') } : one)),
      }),
      telling: true,
    },
  ],
  erasures: [
    mutant(
      "an erasure that names another entity's record",
      'PROOF_ERASURE_TARGET',
      erasure(rates, { targets: [recordOf(raw).seq, recordOf(rates).seq] }),
    ),
    mutant('an erasure of what is not shown', 'PROOF_ERASURE_TARGET', {
      erasures: (headers) => [...headers, erasureOf(stranger)],
    }),
    mutant(
      'an erasure of another record of the entity',
      'PROOF_ERASURE_TARGET',
      erasure(raw, { targets: [recordOf(stranger).seq] }),
    ),
    mutant(
      'an erasure of a version before',
      'PROOF_ERASURE_ORDER',
      // Version 1 must assert, and so the record erased takes a later one.
      {
        records: elsewhere(raw, (shown) => ({
          ...shown,
          header: { ...shown.header, version: 3 },
        })),
      },
    ),
    mutant(
      'an erasure that makes another kind of it',
      'PROOF_ERASURE_ORDER',
      erasure(raw, { kind: 'DataSet' }),
    ),
    mutant('an erasure from before the position asked', 'PROOF_ERASURE_ORDER', {
      manifest: (manifest) => ({
        ...manifest,
        predicate: { ...manifest.predicate, asOf: erasureOf(raw).seq + 1 },
      }),
    }),
    mutant(
      'an erasure that leaves a body',
      'PROOF_ERASURE_BODY',
      erasure(raw, { body: b64(sha256(utf8('a body'))) }),
    ),
    mutant(
      'an erasure that changes edges',
      'PROOF_ERASURE_BODY',
      erasure(raw, {
        out: b64(outRoot(sha256, [{ rel: 'WAS_DERIVED_FROM', id: raw, leaf: null }])),
      }),
    ),
  ],
} satisfies Record<string, Mutant[]>
