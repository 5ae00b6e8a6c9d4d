import { sha256 } from '../../../core/sha256.ts'
import { fieldCommitment } from '../../../proofs/body.ts'
import type { ProofCode } from '../../../proofs/error.ts'
import { type Manifest, PREDICATES, TERMS } from '../../../proofs/manifest.ts'
import { licensePath, parseTerms, type StatedTerms } from '../../../proofs/terms/stated.ts'
import { text, utf8 } from '../../../proofs/utf8.ts'
import { readZip } from '../../../proofs/zip.ts'
import { type Asked, type Changes, makeBundle } from '../../make/bundle.ts'
import { DAY, hashOf, TEXT, termsLog } from '../../make/terms-log.ts'
import { makeWitness } from '../../make/witness.ts'
import { type Mutant, predicate, record } from './mutant.ts'

/** The log that the bundles with terms are about. */
export const termed = termsLog()
const { log, report, clauses } = termed
const [use, marketing] = clauses as [string, string]

/** Depth 2: what says terms lies beyond it. */
export const termsAsked: Asked = {
  question: { root: report, direction: 'UPSTREAM', depth: 2 },
  terms: { day: DAY, texts: [TEXT] },
  witnesses: [makeWitness('one.example/w')],
}

/** The bundle with terms that its mutants differ from. */
export const genuineTerms = () => makeBundle(log, termsAsked)

/** What it states. */
export const statedTerms = () => {
  const { bytes } = readZip(genuineTerms().bytes).find((one) => one.path === TERMS)!
  return parseTerms(text(bytes))
}

const mutant = (what: string, code: ProofCode, changes: Changes, telling = false): Mutant => ({
  ...{ what, code, make: () => makeBundle(log, termsAsked, changes) },
  ...(telling && { telling }),
})

const terms = (change: (stated: StatedTerms) => object): Changes => ({
  terms: (stated) => ({ ...stated, ...change(stated) }) as StatedTerms,
})
const first = <T>(list: readonly T[], change: (one: T) => object): T[] =>
  list.map((one, i) => (i === 0 ? ({ ...one, ...change(one) } as T) : one))

/** Where the text is that is at hand. */
const path = licensePath(hashOf(TEXT))

/** Bundles that state other terms than follow from their records. */
export const TERMS_MUTANTS = {
  'manifest-form': [
    mutant('the second form, by the name of the first', 'PROOF_VALUE', {
      manifest: (manifest) => ({
        ...manifest,
        predicateType: PREDICATES['selvedge/bundle/1'],
      }),
    }),
    mutant('the second form without terms', 'PROOF_MANIFEST', {
      replace: (subjects) => subjects.filter((one) => one.path !== TERMS),
    }),
    mutant('a form that there is not', 'PROOF_VALUE', predicate({ v: 'selvedge/bundle/3' })),
  ],
  'lineage-reach': [
    mutant(
      'in the first form, what says terms beyond the depth',
      'PROOF_LINEAGE_UNREACHED',
      {
        manifest: (manifest): Manifest => ({
          ...manifest,
          predicateType: PREDICATES['selvedge/bundle/1'],
          predicate: { ...manifest.predicate, v: 'selvedge/bundle/1' },
        }),
      },
      true,
    ),
  ],
  'terms-form': [
    mutant(
      'a member too many',
      'PROOF_MEMBERS',
      terms(() => ({ extra: 1 })),
    ),
    mutant(
      'another version',
      'PROOF_VALUE',
      terms(() => ({ v: 'selvedge/terms/2' })),
    ),
    mutant(
      'a day that is none',
      'PROOF_VALUE',
      terms(() => ({ day: '1 April 2026' })),
    ),
    mutant(
      'terms that are not counted',
      'PROOF_TERMS_FORM',
      terms(() => ({ total: 1 })),
    ),
    mutant(
      'a path of no ids',
      'PROOF_VALUE',
      terms(({ duties }) => ({
        duties: first(duties, () => ({ path: ['here'] })),
      })),
    ),
    mutant(
      'a rule that is none',
      'PROOF_MEMBERS',
      terms(({ duties }) => ({
        duties: first(duties, () => ({ rule: 'use' })),
      })),
    ),
    mutant(
      'a rule with a member too many',
      'PROOF_MEMBERS',
      terms(({ duties }) => ({
        duties: first(duties, ({ rule }) => ({ rule: { ...rule, text: 'Name us.' } })),
      })),
    ),
    mutant(
      'an action that is no text',
      'PROOF_VALUE',
      terms(({ duties }) => ({
        duties: first(duties, ({ rule }) => ({ rule: { ...rule, action: ['use'] } })),
      })),
    ),
    mutant(
      'texts out of order',
      'PROOF_TERMS_FORM',
      terms(({ texts }) => ({
        texts: texts.toReversed(),
      })),
    ),
    mutant('a laid-out text', 'PROOF_JSON_NOT_CANONICAL', {
      subjects: { [TERMS]: (one) => `${one}\n` },
    }),
  ],
  'terms-stated': [
    mutant(
      'a day before that of what they rest on',
      'PROOF_TERMS_DAY',
      terms(() => ({
        day: '2026-03-30',
      })),
      true,
    ),
    mutant(
      'a prohibition left out',
      'PROOF_TERMS_OTHER',
      terms(({ total, prohibitions }) => ({
        ...{ total: total - 1, prohibitions: prohibitions.slice(1) },
      })),
      true,
    ),
    mutant(
      'a prohibition stated as a duty',
      'PROOF_TERMS_OTHER',
      terms((stated) => ({
        prohibitions: stated.prohibitions.slice(1),
        duties: [stated.prohibitions[0]!, ...stated.duties],
      })),
    ),
    mutant(
      'another action',
      'PROOF_TERMS_OTHER',
      terms(({ prohibitions }) => ({
        prohibitions: first(prohibitions, ({ rule }) => ({ rule: { ...rule, action: 'sell' } })),
      })),
      true,
    ),
    mutant(
      'a narrower purpose',
      'PROOF_TERMS_OTHER',
      terms(({ prohibitions }) => ({
        prohibitions: first(prohibitions, ({ rule }) => ({
          rule: { ...rule, purposes: ['dpv:DirectMarketing'] },
        })),
      })),
    ),
    mutant(
      'a way that leaves out a step',
      'PROOF_TERMS_OTHER',
      terms(({ permissions }) => ({
        permissions: first(permissions, (one) => ({ path: [one.path[0]!, one.path.at(-1)!] })),
      })),
      true,
    ),
    mutant(
      'the unknown left out',
      'PROOF_TERMS_OTHER',
      terms(({ total }) => ({
        ...{ total: total - 1, unknowns: [] },
      })),
      true,
    ),
    mutant(
      'two terms in another order',
      'PROOF_TERMS_OTHER',
      terms(({ permissions }) => ({
        permissions: permissions.toReversed(),
      })),
      true,
    ),
    mutant(
      'a choice that there is not',
      'PROOF_TERMS_OTHER',
      terms(({ permissions }) => ({
        permissions: first(permissions, ({ choice }) => ({ choice: !choice })),
      })),
    ),
    mutant(
      'a transformation that lifts nothing',
      'PROOF_TERMS_OTHER',
      terms(() => ({
        transformations: [],
      })),
      true,
    ),
    mutant(
      'a clause whose action is withheld, and stated',
      'PROOF_TERMS_OTHER',
      {
        shown: record(marketing, (shown) => ({
          ...shown,
          fields: shown.fields!.map((field) =>
            field.name === 'action' && 'value' in field
              ? { name: field.name, c: fieldCommitment(sha256, field.salt, field.value) }
              : field,
          ),
        })),
        terms: () => statedTerms(),
      },
      true,
    ),
    mutant('a clause whose body is not shown, and stated', 'PROOF_TERMS_OTHER', {
      shown: record(use, (shown) => ({ ...shown, fields: null })),
      terms: () => statedTerms(),
    }),
  ],
  'license-texts': [
    mutant(
      'another text under its name',
      'PROOF_TERMS_TEXT',
      {
        subjects: { [path]: () => 'Do nothing with it.\n' },
      },
      true,
    ),
    mutant(
      'a text that is held, and not there',
      'PROOF_TERMS_TEXTS',
      {
        replace: (subjects) => subjects.filter((one) => one.path !== path),
      },
      true,
    ),
    mutant('a text that no licence names', 'PROOF_TERMS_TEXTS', {
      replace: (subjects) =>
        [...subjects, { path: 'licenses/more.txt', bytes: utf8('More.\n') }].sort((a, b) =>
          a.path < b.path ? -1 : 1,
        ),
    }),
    mutant(
      'a text that is there, and not said to be',
      'PROOF_TERMS_TEXTS',
      terms(({ texts }) => ({
        texts: texts.map((one) => ({ ...one, held: false })),
      })),
    ),
    mutant(
      'a text of another licence',
      'PROOF_TERMS_TEXTS',
      terms(({ texts }) => ({
        texts: texts.map((one, i) => ({ ...one, licenses: texts[1 - i]!.licenses })),
      })),
      true,
    ),
    mutant(
      'no texts, where licences name them',
      'PROOF_TERMS_TEXTS',
      terms(() => ({ texts: [] })),
    ),
  ],
} satisfies Record<string, Mutant[]>
