import type { Assertion, ListedColumn, Owner, Tag } from '../domains/openlineage/facet-views.ts'
import {
  columnsListed,
  ownersNamed,
  qualityAsserted,
  rootRun,
  tagsGiven,
} from '../resolvers/facet-views.ts'
import { builder } from './builder.ts'
import { DatasetRef } from './dataset.ts'
import { JobRef } from './job.ts'
import { RunRef } from './run.ts'

const NULL =
  'Null where there is no such facet, or it is not of its form: `facets` has it as it came.'

const ListedColumnRef = builder.objectRef<ListedColumn>('DatasetColumn').implement({
  description: 'A column, as the facet `schema` lists it.',
  fields: (t) => ({
    name: t.exposeString('name', {
      description: 'Its name; of a column inside another after that and a dot.',
    }),
    type: t.exposeString('type', { nullable: true, description: 'Its type.' }),
    description: t.exposeString('description', {
      nullable: true,
      description: 'What it is, in words.',
    }),
    position: t.exposeInt('position', { nullable: true, description: 'Which one it is.' }),
  }),
})

const OwnerRef = builder.objectRef<Owner>('FacetOwner').implement({
  description: 'An owner, as the facet `ownership` names one.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Who it is.' }),
    type: t.exposeString('type', { nullable: true, description: 'In which role.' }),
  }),
})

const TagRef = builder.objectRef<Tag>('FacetTag').implement({
  description: 'A tag, as the facet `tags` gives one.',
  fields: (t) => ({
    key: t.exposeString('key', { description: 'What it is about.' }),
    value: t.exposeString('value', { description: 'What it says.' }),
    source: t.exposeString('source', { nullable: true, description: 'Who gave it.' }),
    column: t.exposeString('field', {
      nullable: true,
      description: 'The column that it is of; null for the whole.',
    }),
  }),
})

const AssertionRef = builder.objectRef<Assertion>('QualityAssertion').implement({
  description: 'What was tested of the quality of a dataset, and whether it held.',
  fields: (t) => ({
    assertion: t.exposeString('assertion', { description: 'What was tested.' }),
    success: t.exposeBoolean('success', { description: 'Whether it held.' }),
    column: t.exposeString('column', {
      nullable: true,
      description: 'The column; null where it is about the whole.',
    }),
    severity: t.exposeString('severity', {
      nullable: true,
      description: 'How bad it is where it does not hold.',
    }),
    name: t.exposeString('name', { nullable: true, description: 'What the test is called.' }),
    description: t.exposeString('description', {
      nullable: true,
      description: 'The test in words.',
    }),
    expected: t.exposeString('expected', { nullable: true, description: 'What should be.' }),
    actual: t.exposeString('actual', { nullable: true, description: 'What is.' }),
  }),
})

builder.objectField(DatasetRef, 'columns', (t) =>
  t.field({
    type: [ListedColumnRef],
    nullable: true,
    description: `Its columns, as the facet \`schema\` lists them. ${NULL}`,
    resolve: (dataset, _args, context) => columnsListed(dataset, context),
  }),
)

builder.objectField(DatasetRef, 'qualityAssertions', (t) =>
  t.field({
    type: [AssertionRef],
    nullable: true,
    description: `What the facet \`dataQualityAssertions\` says: of the dataset, or else of it as an input. ${NULL}`,
    resolve: (dataset, _args, context) => qualityAsserted(dataset, context),
  }),
)

for (const ref of [DatasetRef, JobRef]) {
  builder.objectField(ref, 'owners', (t) =>
    t.field({
      type: [OwnerRef],
      nullable: true,
      description: `Whom the facet \`ownership\` names. ${NULL}`,
      resolve: (entity, _args, context) => ownersNamed(entity, context),
    }),
  )
}

for (const ref of [DatasetRef, JobRef, RunRef]) {
  builder.objectField(ref, 'tags', (t) =>
    t.field({
      type: [TagRef],
      nullable: true,
      description: `What the facet \`tags\` gives. ${NULL}`,
      resolve: (entity, _args, context) => tagsGiven(entity, context),
    }),
  )
}

builder.objectField(RunRef, 'root', (t) =>
  t.field({
    type: RunRef,
    nullable: true,
    description:
      'The run at the root of what started it, as the facet `parent` says; it is among `parents` too.',
    resolve: (run, _args, context) => rootRun(run, context),
  }),
)
