import { farKinds, KINDS, type Kind, type Relation, TYPED_KINDS } from '../../lineage/kinds.ts'

/** The relations that people state, rather than pipelines: what each is called at the API, and says. */
export const LINKS = {
  FROM_SOURCE: { field: 'fromSource', says: 'The sources that it comes from.' },
  LICENSED_UNDER: { field: 'licensedUnder', says: 'The licences that it is given under.' },
  HAS_CLAUSE: { field: 'hasClause', says: 'The clauses that it consists of.' },
  ASSESSED_BY: { field: 'assessedBy', says: 'The assessments of the risks of it.' },
  TRAINED_ON: { field: 'trainedOn', says: 'The datasets that it was trained on.' },
  DESCRIBED_BY: {
    field: 'describedBy',
    says: 'What describes it: of a model, the cards that say what it is for; of a job or a dataset, the transformations by which terms are lifted.',
  },
  PREDICTED_BY: { field: 'predictedBy', says: 'The models that said it.' },
  WAS_ATTRIBUTED_TO: { field: 'attributedTo', says: 'Those who answer for it.' },
  EXPLAINS: { field: 'explains', says: 'The predictions or models that it explains.' },
  BASED_ON: { field: 'about', says: 'What it is about.' },
} as const satisfies Partial<Record<Relation, { field: string; says: string }>>

export type StatedRelation = keyof typeof LINKS
const STATED = Object.keys(LINKS) as StatedRelation[]

/** The names of all of them at the API. */
export const LINK_FIELDS: readonly string[] = STATED.map((relation) => LINKS[relation].field)

const isTyped = (kind: Kind) => (TYPED_KINDS as readonly Kind[]).includes(kind)

/** What an export, a file or an erasure is about is recorded with it, and stated by nobody. */
const isStated = (kind: Kind, relation: StatedRelation) =>
  farKinds(kind, relation).length > 0 && (relation !== 'BASED_ON' || isTyped(kind))

/** The stated relations that an entity of a kind may have, each with the field that names it. */
export const linksOfKind = (kind: Kind) =>
  STATED.filter((relation) => isStated(kind, relation)).map((relation) => ({
    relation,
    ...LINKS[relation],
  }))

/** Whether a link may name a thing of a kind that is not there yet, which is then recorded as a stub. */
export const mayBeNamed = (kind: Kind) => kind === 'Dataset' || kind === 'Job' || isTyped(kind)

/** The kinds that pipelines record, and whose stated relations are recorded apart. */
export const OTHERS_KINDS = KINDS.filter((kind) => !isTyped(kind) && linksOfKind(kind).length > 0)
