import { formatPosition, type Position } from '../lineage/position.ts'
import type { Loaders } from '../loaders/index.ts'
import type { Rule } from '../proofs/terms/rule.ts'
import type { UnseenBy, Unknown as WhyUnknown } from '../proofs/terms/statement.ts'
import { findMayUse, findTerms, type MayUse, type TermsPage } from '../resolvers/terms.ts'
import { asOfArgs } from './as-of.ts'
import { builder } from './builder.ts'
import { cost, sizedBy } from './cost.ts'
import { EntityRef, KindRef } from './entity.ts'
import { PageInfoRef, resumeArgs } from './page.ts'
import { PathRef } from './path.ts'

/** The database shows everything. */
type Unknown = Exclude<WhyUnknown, UnseenBy>

const WHY_UNKNOWN: Record<Unknown, { description: string }> = {
  NO_LICENSE: {
    description: 'It comes from nowhere else, and nothing on the way to it has a licence.',
  },
  LICENSE_RETIRED: { description: 'The licence was retired.' },
  LICENSE_ERASED: { description: 'What the licence said was erased.' },
  LICENSE_SAYS_NOTHING: {
    description: 'The licence was only named, or has neither clauses nor an SPDX expression.',
  },
  LICENSE_NOT_IN_FORCE: { description: 'The licence does not hold yet, or no longer.' },
  CLAUSE_RETIRED: { description: 'The clause was retired, and the licence still has it.' },
  CLAUSE_ERASED: { description: 'What the clause said was erased.' },
  CLAUSE_SAYS_NOTHING: { description: 'The clause was only named.' },
  SPDX_UNKNOWN: {
    description: 'What this SPDX id or expression means stands in no table here.',
  },
}

export const UnknownRef = builder.enumType('TermsUnknown', {
  description: 'Why nobody knows which terms hold. What nobody knows denies.',
  values: WHY_UNKNOWN,
})

const RuleTypeRef = builder.enumType('TermRuleType', {
  description: 'What a rule does, as ODRL 2.2 has it.',
  values: {
    permission: { description: 'It may be done.' },
    prohibition: { description: 'It must not be done.' },
    duty: { description: 'It must be done by whoever makes use of it.' },
  },
})

const listOf = (says: string) => ({ nullable: true, description: `${says}; null where all are.` })

export const RuleRef = builder.objectRef<Rule>('TermRule').implement({
  description: 'A rule, as the clause or the table of SPDX licences has it.',
  fields: (t) => ({
    type: t.field({
      type: RuleTypeRef,
      description: 'What it does.',
      resolve: ({ type }) => type,
    }),
    action: t.exposeString('action', { description: 'What may, must not or must be done.' }),
    upon: t.stringList({
      nullable: true,
      description: 'Of a duty: by which actions one comes under it; null where by any.',
      resolve: ({ upon }) => (upon ? [...upon] : null),
    }),
    purposes: t.stringList({
      ...listOf('For which purposes it holds'),
      resolve: ({ purposes }) => (purposes ? [...purposes] : null),
    }),
    recipients: t.stringList({
      ...listOf('For whom it holds'),
      resolve: ({ recipients }) => (recipients ? [...recipients] : null),
    }),
    jurisdictions: t.stringList({
      ...listOf('Where it holds'),
      resolve: ({ jurisdictions }) => (jurisdictions ? [...jurisdictions] : null),
    }),
    validFrom: t.exposeString('validFrom', {
      nullable: true,
      description: 'The first day on which it holds.',
    }),
    validUntil: t.exposeString('validUntil', {
      nullable: true,
      description: 'The last day on which it holds.',
    }),
  }),
})

type Says = Rule | { unknown: WhyUnknown } | null
/** What is known of a term, and why nothing is. */
export const ruleIn = (says: Says) => (says && !('unknown' in says) ? says : null)
export const unknownIn = (says: Says) =>
  says && 'unknown' in says ? (says.unknown as Unknown) : null

type TermAt = TermsPage['nodes'][number]
type ReasonAt = MayUse['reasons'][number]
const TermRef = builder.objectRef<TermAt>('Term')
const ReasonRef = builder.objectRef<ReasonAt>('UseReason')

type FieldsOf<Of> = PothosSchemaTypes.ObjectFieldBuilder<typeof builder.$inferSchemaTypes, Of>

/** What is told alike of a term and of a reason. */
const said = <Of extends TermAt | ReasonAt>(t: FieldsOf<Of>) => ({
  rule: t.field({
    type: RuleRef,
    nullable: true,
    description: 'The rule; null where it is not known, or where one is missing.',
    resolve: ({ says }) => ruleIn(says),
  }),
  unknown: t.field({
    type: UnknownRef,
    nullable: true,
    description: 'Why nobody knows what holds; null where it is known.',
    resolve: ({ says }) => unknownIn(says),
  }),
  license: t.field({
    type: EntityRef,
    nullable: true,
    description: 'The licence that it is about; null where there is none.',
    resolve: ({ license }) => license(),
  }),
  clause: t.field({
    type: EntityRef,
    nullable: true,
    description: 'The clause that says it; null where an SPDX id does, or where nothing does.',
    resolve: ({ clause }) => clause(),
  }),
  spdx: t.string({
    nullable: true,
    description: 'The SPDX id that says it, out of the expression of the licence.',
    resolve: ({ spdx }) => spdx,
  }),
  path: t.field({
    type: PathRef,
    description:
      'A shortest way that brings it here, past nothing that lifts it: to the licence, and to its clause.',
    resolve: ({ path }) => path(),
  }),
})

TermRef.implement({
  description: 'A term that reaches an entity, or what nobody knows of its terms.',
  fields: (t) => ({
    ...said(t),
    isChoice: t.exposeBoolean('isChoice', {
      description: 'Whether the SPDX expression leaves another licence to choose in its place.',
    }),
  }),
})

ReasonRef.implement({
  description: 'What speaks against a use, what it entails, or what part of it is forbidden.',
  fields: (t) => ({
    ...said(t),
    code: t.field({
      type: ReasonCodeRef,
      description: 'What it says of the use.',
      resolve: ({ code }) => code,
    }),
  }),
})

const ReasonCodeRef = builder.enumType('UseReasonCode', {
  description: 'What a reason says of a use. The first three deny.',
  values: {
    PROHIBITED: { description: 'A rule forbids it.' },
    NOT_PERMITTED: { description: 'The licence does not permit it.' },
    TERMS_UNKNOWN: { description: 'Nobody knows what holds.' },
    DUTY: { description: 'It is allowed to whoever does what the rule demands.' },
    PART_PROHIBITED: {
      description:
        'A part of what is asked about is forbidden: a narrower action, purpose or place.',
    },
  },
})

/** One that is known to be there. */
const entityAt = async (loaders: Loaders, { seq }: Position, id: string) =>
  (await loaders.at(seq).entity.load(id))!

const TermsRef = builder.objectRef<TermsPage>('Terms').implement({
  description:
    'A page of the terms of an entity: those of everything upstream that no transformation lifts. All of them hold together.',
  fields: (t) => ({
    root: t.field({
      type: EntityRef,
      description: 'The entity; where an alias was asked for, what it is an alias of.',
      resolve: ({ root, position }, _args, { loaders }) => entityAt(loaders, position, root),
    }),
    at: t.string({
      description: 'The day on which they hold, in UTC.',
      resolve: ({ day }) => day,
    }),
    nodes: t.field({
      type: [TermRef],
      description:
        'The terms of this page: what nobody knows, then prohibitions, duties and permissions.',
      resolve: ({ nodes }) => nodes,
    }),
    total: t.exposeInt('total', { description: 'How many there are on all pages.' }),
    transformations: t.field({
      type: [EntityRef],
      extensions: cost({ assumed: 5 }),
      description: 'The transformations upstream that lift something on that day.',
      resolve: ({ transformations, position }, _args, { loaders }) =>
        Promise.all(transformations.map((id) => entityAt(loaders, position, id))),
    }),
    pageInfo: t.field({
      type: PageInfoRef,
      description: 'Where to go on.',
      resolve: ({ pageInfo }) => pageInfo,
    }),
    position: t.string({
      description: 'The position of the log that this answer is of.',
      resolve: ({ position }) => formatPosition(position),
    }),
  }),
})

const MayUseRef = builder.objectRef<MayUse>('MayUse').implement({
  description: 'Whether something may be used, why, and what that rests on.',
  fields: (t) => ({
    answer: t.field({
      type: AnswerRef,
      description: 'The answer.',
      resolve: ({ answer }) => answer,
    }),
    at: t.string({
      description: 'The day that it is about, in UTC.',
      resolve: ({ day }) => day,
    }),
    reasons: t.field({
      type: [ReasonRef],
      description: 'What denies it, then duties, then forbidden parts of it.',
      resolve: ({ reasons }) => reasons,
    }),
    total: t.exposeInt('total', { description: 'How many reasons there are.' }),
    evidence: t.idList({
      description:
        'What it rests on: the entity, every licence and clause upstream, the transformations in force, and what lies along the ways of the reasons.',
      resolve: ({ evidence }) => evidence,
    }),
    root: t.exposeID('root', {
      description: 'The entity; where an alias was asked for, what it is an alias of.',
    }),
    depth: t.exposeInt('depth', {
      nullable: true,
      description:
        'How deep upstream `exportBundle` of the root goes to prove all of it, at the position; null where that is deeper than a bundle goes.',
    }),
    position: t.string({
      description: 'The position of the log that this answer is of.',
      resolve: ({ position }) => formatPosition(position),
    }),
  }),
})

const AnswerRef = builder.enumType('UseAnswer', {
  description: 'Whether something may be used.',
  values: {
    ALLOW: { description: 'It may be.' },
    DUTIES: { description: 'It may be by whoever does what the duties demand.' },
    DENY: { description: 'It must not be, or nobody knows whether it may.' },
  },
})

builder.queryFields((t) => ({
  terms: t.field({
    permission: 'terms:read',
    type: TermsRef,
    nullable: true,
    extensions: sizedBy('first', 500, { weight: 100 }),
    description:
      'On what terms something may be used: those of everything upstream, however far, that no transformation lifts.',
    args: {
      id: t.arg.id({ description: 'The entity, by its URN. Leave its name out.' }),
      kind: t.arg({ type: KindRef, description: 'Its kind.' }),
      namespace: t.arg.string({ description: 'Its namespace.' }),
      name: t.arg.string({ description: 'Its name.' }),
      at: t.arg({
        type: 'DateTime',
        description: 'When it is to be used: terms hold on days. Today, where it is left out.',
      }),
      first: t.arg.int({
        required: true,
        defaultValue: 50,
        description: 'The most terms on a page: 1 to 500.',
      }),
      ...resumeArgs,
      ...asOfArgs,
    },
    resolve: (_root, args, context) => findTerms(args, context),
  }),
  mayUse: t.field({
    permission: 'terms:read',
    type: MayUseRef,
    nullable: true,
    extensions: sizedBy('first', 100, { weight: 100 }),
    description:
      'Whether something may be used in a way. Everything upstream must permit it, nothing may forbid it, and what nobody knows denies.',
    args: {
      id: t.arg.id({ description: 'The entity, by its URN. Leave its name out.' }),
      kind: t.arg({ type: KindRef, description: 'Its kind.' }),
      namespace: t.arg.string({ description: 'Its namespace.' }),
      name: t.arg.string({ description: 'Its name.' }),
      action: t.arg.string({
        required: true,
        description: 'What is to be done: an action of ODRL, such as `reproduce`, or another’s.',
      }),
      purpose: t.arg.string({
        required: true,
        description: 'What for: a purpose of DPV, such as `dpv:Marketing`, or another’s.',
      }),
      recipient: t.arg.string({
        description: 'Who gets it. Where it is left out, what is forbidden for anybody is.',
      }),
      jurisdiction: t.arg.string({
        description: 'Where: a country, a part of one, or EU. Where it is left out, anywhere.',
      }),
      at: t.arg({
        type: 'DateTime',
        description: 'When: terms hold on days. Today, where it is left out.',
      }),
      first: t.arg.int({
        required: true,
        defaultValue: 20,
        description: 'The most reasons that are told: 1 to 100.',
      }),
      ...asOfArgs,
    },
    resolve: (_root, args, context) => findMayUse(args, context),
  }),
}))
