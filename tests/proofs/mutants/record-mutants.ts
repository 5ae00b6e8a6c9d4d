import { sha256 } from '../../../core/sha256.ts'
import { b64 } from '../../../proofs/base64.ts'
import { hashLeaf } from '../../../proofs/leaf.ts'
import { type Link, outRoot } from '../../../proofs/outset.ts'
import { strayLeaf } from '../../make/log.ts'
import {
  header,
  type Mutant,
  mutant,
  outSet,
  predicate,
  question,
  record,
  small,
} from './mutant.ts'

const { log, raw, rates, clean, cleaning, report, reporting, stranger } = small

const leafOf = (id: string) => b64(hashLeaf(sha256, log.shown(id)!.header))
const runOf = (id: string, leaf: string): Link => ({ rel: 'RUN_OF', id, leaf })

/** Bundles that only a check of the records or of their lineage can refuse. */
export const RECORD_MUTANTS = {
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
} satisfies Record<string, Mutant[]>
