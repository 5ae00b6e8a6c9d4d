import type { Cause, Effect } from '../domains/impact/effects.ts'
import { formatPosition } from '../lineage/position.ts'
import { neighboursOf } from '../resolvers/entity.ts'
import { findImpact, type Impact, type ImpactReason, type ImpactRow } from '../resolvers/impact.ts'
import {
  countByEffect,
  countByGrant,
  countByOwner,
  countImpact,
  type GrantCount,
  type ImpactCounts,
  type OwnerCount,
} from '../resolvers/impact-counts.ts'
import type { Change } from '../resolvers/impact-strand.ts'
import type { GivenClause, GivenTerms } from '../resolvers/impact-terms.ts'
import { asOfArgs } from './as-of.ts'
import { builder } from './builder.ts'
import { cost, sizedBy } from './cost.ts'
import { EntityRef, KindRef } from './entity.ts'
import { GrantRef } from './grant.ts'
import { bodyInputs } from './kinds.ts'
import { PageInfoRef, resumeArgs } from './page.ts'
import { RuleRef, ruleIn, UnknownRef, unknownIn } from './terms.ts'

const EffectRef = builder.enumType('ImpactEffect', {
  description: 'What a change does to something downstream, the gravest first.',
  values: {
    BLOCKED: {
      description:
        'Something that was permitted no longer is: a prohibition comes, a permission goes, or nobody knows any more what holds.',
    },
    DEMOTED: { description: 'What it is made of, or comes from, is no longer there.' },
    REVIEW: { description: 'Somebody has to look at it.' },
    FREED: { description: 'Something that it was held to no longer holds.' },
  } satisfies Record<Effect, { description: string }>,
})

const CauseRef = builder.enumType('ImpactCause', {
  description: 'By what a change takes effect.',
  values: {
    TERM_COMES: { description: 'A term reaches it, or something unknown does.' },
    TERM_GOES: {
      description: 'A term reaches it by this way no more, or something is known now.',
    },
    WORDING_CHANGES: { description: 'A licence or clause that reaches it is worded otherwise.' },
    UPSTREAM_RETIRED: { description: 'What it is made of, or comes from, is retired.' },
    UPSTREAM_ERASED: { description: 'What that says is erased.' },
    ASSESSMENT_ENDS: {
      description: 'The assessment of it, or of what it is made of, holds no longer.',
    },
    TRANSFORMATION_GOES: {
      description: 'A rule goes that lifts terms here, or upstream of here: they may hold again.',
    },
    CARD_GOES: { description: 'The card that describes it goes.' },
    OWNER_GOES: { description: 'Who answers for it goes.' },
  } satisfies Record<Cause, { description: string }>,
})

const ChangeRef = builder.enumType('ImpactChange', {
  description: 'What would be done.',
  values: {
    RETIRE: { description: 'It is retired: a source, a model, or anything else.' },
    ERASE: { description: 'What it says is erased.' },
    EXPIRE: { description: 'It ends, being a DpiaPacket.' },
    TERMS: { description: 'It has other terms: a licence, a clause or a source.' },
  } satisfies Record<Change, { description: string }>,
})

const ClauseGivenRef = builder.inputRef<GivenClause>('ImpactClauseInput').implement({
  description: 'A clause that a licence would have: one that is recorded, or a new one.',
  fields: (t) => ({
    id: t.id({ description: 'Its URN. Leave the body out.' }),
    body: t.field({
      type: bodyInputs.get('Clause')! as never,
      description:
        'What a new one would say. Where the licence has one that says the same, it is that.',
    }),
  }),
})

const TermsGivenRef = builder.inputRef<GivenTerms>('ImpactTermsInput').implement({
  description: 'The terms as they would be. What is left out stays as it is.',
  fields: (t) => ({
    license: t.field({
      type: bodyInputs.get('License')! as never,
      description: 'What a licence would say. Null deletes a field.',
    }),
    clauses: t.field({
      type: [ClauseGivenRef],
      description: 'All the clauses that a licence would have, 500 at most.',
    }),
    clause: t.field({
      type: bodyInputs.get('Clause')! as never,
      description: 'What a clause would say. Null deletes a field.',
    }),
    licensedUnder: t.idList({
      description: 'All the licences that a source would be under, by their URNs, 500 at most.',
    }),
  }),
})

const ReasonRef = builder.objectRef<ImpactReason>('ImpactReason').implement({
  description: 'One of the reasons why something is affected.',
  fields: (t) => ({
    cause: t.field({
      type: CauseRef,
      description: 'By what the change takes effect.',
      resolve: ({ cause }) => cause,
    }),
    effect: t.field({
      type: EffectRef,
      description: 'What that does by itself.',
      resolve: ({ effect }) => effect,
    }),
    rule: t.field({
      type: RuleRef,
      nullable: true,
      description: 'The term that comes or goes; null where it is none, or is not known.',
      resolve: ({ says }) => ruleIn(says),
    }),
    unknown: t.field({
      type: UnknownRef,
      nullable: true,
      description: 'Why nobody knows what holds, where that comes or goes.',
      resolve: ({ says }) => unknownIn(says),
    }),
    license: t.field({
      type: EntityRef,
      nullable: true,
      description: 'The licence that it is about; null where there is none.',
      resolve: ({ licenseEntity }) => licenseEntity,
    }),
    clause: t.field({
      type: EntityRef,
      nullable: true,
      description: 'The clause that says it; null where none does, or one that is not recorded.',
      resolve: ({ clauseEntity }) => clauseEntity,
    }),
    spdx: t.exposeString('spdx', { nullable: true, description: 'The SPDX id that says it.' }),
  }),
})

const RowRef = builder.objectRef<ImpactRow>('ImpactedEntity').implement({
  description: 'Something that a change would affect.',
  fields: (t) => ({
    entity: t.field({ type: EntityRef, description: 'It.', resolve: ({ entity }) => entity }),
    distance: t.exposeInt('distance', {
      description: 'The fewest hops by which the change comes to it, past nothing that stops it.',
    }),
    effect: t.field({
      type: EffectRef,
      description: 'The gravest of what the reasons do.',
      resolve: ({ effect }) => effect,
    }),
    reasons: t.field({
      type: [ReasonRef],
      description: 'Why it is affected, the gravest first: 20 at most.',
      resolve: ({ reasons }) => reasons,
    }),
    reasonCount: t.exposeInt('reasonCount', { description: 'How many reasons there are.' }),
    owners: t.field({
      type: [EntityRef],
      extensions: cost({ assumed: 2 }),
      description: 'Who answers for it; none where nobody does.',
      resolve: ({ entity }, _args, context) => neighboursOf(entity, 'WAS_ATTRIBUTED_TO', context),
    }),
  }),
})

type EffectCount = ReturnType<typeof countByEffect>[number]
const EffectCountRef = builder.objectRef<EffectCount>('ImpactEffectCount').implement({
  description: 'How many things an effect is the gravest for.',
  fields: (t) => ({
    effect: t.field({ type: EffectRef, description: 'It.', resolve: ({ effect }) => effect }),
    count: t.exposeInt('count', { description: 'How many there are.' }),
  }),
})

const OwnerCountRef = builder.objectRef<OwnerCount>('ImpactOwnerCount').implement({
  description: 'How many of the things somebody answers for.',
  fields: (t) => ({
    owner: t.field({
      type: EntityRef,
      nullable: true,
      description: 'Who does; null where nobody does.',
      resolve: ({ owner }) => owner,
    }),
    count: t.exposeInt('count', { description: 'For how many.' }),
  }),
})

const GrantCountRef = builder.objectRef<GrantCount>('ImpactGrantCount').implement({
  description: 'How many of the things another tenant sees through a grant.',
  fields: (t) => ({
    grant: t.field({ type: GrantRef, description: 'The grant.', resolve: ({ grant }) => grant }),
    to: t.exposeString('to', { description: 'The tenant that sees them.' }),
    count: t.exposeInt('count', { description: 'How many it sees.' }),
  }),
})

const CountsRef = builder.objectRef<ImpactCounts>('ImpactCounts').implement({
  description: 'How much a change would affect, on all pages.',
  fields: (t) => ({
    total: t.int({
      description: 'How many things.',
      resolve: ({ affected }) => affected.length,
    }),
    byEffect: t.field({
      type: [EffectCountRef],
      extensions: cost({ assumed: 4 }),
      description: 'By the gravest effect, those of none included.',
      resolve: (counts) => countByEffect(counts),
    }),
    byOwner: t.field({
      type: [OwnerCountRef],
      extensions: cost({ weight: 200, assumed: 50 }),
      description:
        'By who answers for them, for most of them first: 200 at most. What several answer for is counted for each.',
      resolve: (counts) => countByOwner(counts),
    }),
    byGrant: t.field({
      type: [GrantCountRef],
      nullable: true,
      extensions: cost({ weight: 1_000, assumed: 50 }),
      description:
        'By the grants that hold now, of 100 at most, through which others see any of them. Takes the permission `grant:read` too.',
      resolve: (counts, _args, context) => countByGrant(counts, context),
    }),
  }),
})

export const ImpactRef = builder.objectRef<Impact>('Impact').implement({
  description: 'A page of what a change would do. Nothing is changed by asking.',
  fields: (t) => ({
    root: t.field({
      type: EntityRef,
      description: 'What would change; where an alias was asked for, what it is an alias of.',
      resolve: ({ root }) => root,
    }),
    at: t.field({
      type: 'DateTime',
      description: 'When it would: terms hold on days, assessments until instants.',
      resolve: ({ at }) => at,
    }),
    nodes: t.field({
      type: [RowRef],
      description: 'What would be affected, on this page: the nearest first.',
      resolve: ({ nodes }) => nodes,
    }),
    counts: t.field({
      type: CountsRef,
      nullable: true,
      extensions: cost({ weight: 2_000 }),
      description:
        'How much on all pages: of 250,000 things at most, for which all of them are looked at.',
      resolve: (impact) => countImpact(impact),
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

builder.queryField('impact', (t) =>
  t.field({
    permission: 'impact:read',
    type: ImpactRef,
    nullable: true,
    extensions: sizedBy('first', 500, { weight: 100 }),
    description:
      'What a change would do to everything downstream, however far, before it is made. Nothing is written.',
    args: {
      id: t.arg.id({ description: 'What would change, by its URN. Leave its name out.' }),
      kind: t.arg({ type: KindRef, description: 'Its kind.' }),
      namespace: t.arg.string({ description: 'Its namespace.' }),
      name: t.arg.string({ description: 'Its name.' }),
      change: t.arg({ type: ChangeRef, required: true, description: 'What would be done.' }),
      terms: t.arg({
        type: TermsGivenRef,
        description: 'With `TERMS`: the terms that it would have.',
      }),
      at: t.arg({
        type: 'DateTime',
        description:
          'When it would be done. Where it is left out: now; of `EXPIRE`, when the assessment says.',
      }),
      first: t.arg.int({
        required: true,
        defaultValue: 50,
        description: 'The most things on a page: 1 to 500.',
      }),
      ...resumeArgs,
      ...asOfArgs,
    },
    resolve: (_root, args, context) => findImpact(args, context),
  }),
)
