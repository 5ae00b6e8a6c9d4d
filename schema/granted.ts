import type { SignedCheckpoint } from '../ledger/ledger.ts'
import { formatPosition } from '../lineage/position.ts'
import type { WalkedEdge } from '../lineage/traversal.ts'
import { facetsIn, textIn } from '../resolvers/facet.ts'
import {
  findGrantedEntity,
  findGrantedLineage,
  type Granted,
  type GrantedEntity,
  type GrantedInclusion,
  type GrantedLineage,
  grantedPageInfo,
  grantedPosition,
  grantedRoot,
  openGrant,
  proveGranted,
} from '../resolvers/granted.ts'
import { builder } from './builder.ts'
import { cost, sizedBy } from './cost.ts'
import { KindRef } from './entity.ts'
import { FacetRef, facetsArgs } from './facet.ts'
import { GrantRef } from './grant.ts'
import { DirectionRef } from './lineage.ts'
import { PageInfoRef, resumeArgs } from './page.ts'
import { edgeFields } from './relation.ts'

const GrantedCheckpointRef = builder.objectRef<SignedCheckpoint>('GrantedCheckpoint').implement({
  description:
    'A signed statement of what the log of the tenant that gave a grant held (C2SP tlog-checkpoint).',
  fields: (t) => ({
    note: t.exposeString('note', { description: 'The signed note, byte for byte.' }),
    size: t.expose('size', { type: 'Seq', description: 'How many leaves it covers.' }),
    root: t.exposeString('root', { description: 'The RFC 6962 root over them, base64url.' }),
  }),
})

const GrantedInclusionRef = builder.objectRef<GrantedInclusion>('GrantedInclusion').implement({
  description:
    'One leaf of the log of the tenant that gave a grant, with the proof that it is there (RFC 9162, section 2.1.3).',
  fields: (t) => ({
    seq: t.expose('seq', { type: 'Seq', description: 'The place of the leaf.' }),
    size: t.expose('size', {
      type: 'Seq',
      description: 'The size of the tree that it is proven in.',
    }),
    leaf: t.exposeString('leaf', { description: 'The hash of the leaf, base64url.' }),
    header: t.exposeString('header', {
      nullable: true,
      description:
        'The leaf itself: canonical JSON. Null where it names an entity that is not granted.',
    }),
    path: t.exposeStringList('path', {
      description:
        'The hashes from the neighbour of the leaf up to the child of the root, base64url.',
    }),
    root: t.exposeString('root', { description: 'The root that the path leads to, base64url.' }),
    note: t.exposeString('note', { description: 'The signed checkpoint of that size and root.' }),
    tlogProof: t.exposeString('tlogProof', {
      description: 'The proof with its checkpoint as one text (C2SP tlog-proof).',
    }),
  }),
})

export const GrantedEntityRef = builder.objectRef<GrantedEntity>('GrantedEntity').implement({
  description:
    'An entity of another tenant, as far as a grant shows it. It leads nowhere: only `lineage` walks on.',
  fields: (t) => ({
    id: t.id({ description: 'Its URN, in its own tenant.', resolve: ({ what }) => what.id }),
    kind: t.field({
      type: KindRef,
      description: 'What kind of thing it is.',
      resolve: ({ what }) => what.kind,
    }),
    namespace: t.string({
      nullable: true,
      description: 'Where its name is unique; null where it is erased or not granted.',
      resolve: ({ what, granted: { about } }) =>
        (about.shows(what.kind, 'namespace') && what.namespace) || null,
    }),
    name: t.string({
      nullable: true,
      description: 'Its name within the namespace; null where it is erased or not granted.',
      resolve: ({ what, granted: { about } }) =>
        (about.shows(what.kind, 'name') && what.name) || null,
    }),
    description: t.string({
      nullable: true,
      description: 'What it is, in words; null where it says nothing, or that is not granted.',
      resolve: async ({ what, granted: { about } }) =>
        textIn(await about.fields(what), 'description'),
    }),
    version: t.int({
      description: 'How many records it has.',
      resolve: ({ what }) => what.version,
    }),
    seq: t.field({
      type: 'Seq',
      description: 'The place in its log of its record in force.',
      resolve: ({ what }) => what.seq,
    }),
    recordedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When its record in force was appended.',
      resolve: ({ what, granted: { about } }) => about.recordTime(what),
    }),
    retired: t.boolean({
      description: 'Whether it was retired.',
      resolve: ({ what }) => what.retired,
    }),
    erased: t.boolean({
      description: 'Whether its fields are gone for good.',
      resolve: ({ what, granted: { about } }) => about.isErased(what),
    }),
    facets: t.field({
      type: [FacetRef],
      extensions: cost({ assumed: 10 }),
      args: facetsArgs,
      description: 'What others say of it, as far as that is granted.',
      resolve: async ({ what, granted: { about } }, args) =>
        facetsIn(await about.fields(what), args),
    }),
    inclusion: t.field({
      type: GrantedInclusionRef,
      nullable: true,
      // Reads of its own for each entity, all of them in the log of another tenant.
      extensions: cost({ weight: 500 }),
      description: 'The proof that its record in force is in the log.',
      resolve: (shown) => proveGranted(shown),
    }),
  }),
})

interface GrantedNode {
  entity: GrantedEntity
  distance: number
}

const GrantedNodeRef = builder.objectRef<GrantedNode>('GrantedNode').implement({
  description: 'An entity that a granted walk came to.',
  fields: (t) => ({
    entity: t.field({
      type: GrantedEntityRef,
      description: 'The entity.',
      resolve: ({ entity }) => entity,
    }),
    distance: t.exposeInt('distance', {
      description: 'The least number of hops from where the walk began.',
    }),
  }),
})

const GrantedEdgeRef = builder.objectRef<WalkedEdge>('GrantedEdge').implement({
  description: 'An edge between two entities that are granted. It points upstream.',
  fields: (t) => ({
    ...edgeFields(t),
  }),
})

const GrantedLineageRef = builder.objectRef<GrantedLineage>('GrantedLineage').implement({
  description: 'A page of lineage within a grant, in the order of plain lineage.',
  fields: (t) => ({
    root: t.field({
      type: GrantedEntityRef,
      description: 'Where the walk began; where an alias was granted, what it is an alias of.',
      resolve: grantedRoot,
    }),
    nodes: t.field({
      type: [GrantedNodeRef],
      description: 'The entities of this page, ordered by distance and then by id.',
      resolve: ({ what: { nodes }, granted }) =>
        nodes.map(({ entity, distance }) => ({ entity: { what: entity, granted }, distance })),
    }),
    edges: t.field({
      type: [GrantedEdgeRef],
      description: 'The edges walked, each on the page of the later of its ends.',
      resolve: ({ what }) => what.edges,
    }),
    total: t.int({
      description: 'How many entities the walk came to, on all pages.',
      resolve: ({ what }) => what.total,
    }),
    beyond: t.int({
      description: 'How many of them come after this page.',
      resolve: ({ what }) => what.beyond,
    }),
    truncated: t.boolean({
      description: 'Whether some are left for a later page.',
      resolve: ({ what }) => what.beyond > 0,
    }),
    hidden: t.int({
      description:
        'How many entities the walk would have come to next within the depth, were their kinds granted. What lies beyond them is not counted.',
      resolve: ({ what }) => what.hidden,
    }),
    mergeInProgress: t.boolean({
      description: 'Whether an entity of this page is being joined with another name of it.',
      resolve: ({ what, granted }) => granted.graph.isMerging(what),
    }),
    pageInfo: t.field({
      type: PageInfoRef,
      description: 'Where to go on.',
      resolve: (page, _args, context) => grantedPageInfo(page, context),
    }),
    position: t.string({
      description: 'The position of the log of who gave the grant that this answer is of.',
      resolve: ({ what: { epoch, n } }) => formatPosition({ epoch, seq: n }),
    }),
  }),
})

const GrantedRef = builder.objectRef<Granted>('Granted').implement({
  description: 'What a grant lets this tenant read of the graph of another.',
  fields: (t) => ({
    grant: t.field({
      type: GrantRef,
      description: 'The grant, as this tenant’s own log has it.',
      resolve: ({ grant }) => grant,
    }),
    from: t.exposeString('from', { description: 'The tenant whose graph is read.' }),
    entity: t.field({
      type: GrantedEntityRef,
      nullable: true,
      extensions: cost({ weight: 20 }),
      description: 'One entity by id; null for whatever is not granted, be it there or not.',
      args: { id: t.arg.id({ required: true, description: 'Its URN.' }) },
      resolve: (granted, args, context) => findGrantedEntity(granted, args, context),
    }),
    lineage: t.field({
      type: GrantedLineageRef,
      nullable: true,
      extensions: sizedBy('first', 5_000, { weight: 20 }),
      description: 'What lies upstream or downstream, within the grant.',
      args: {
        root: t.arg.id({
          description: 'A granted entity to start from; that of the grant, where it is left out.',
        }),
        direction: t.arg({
          type: DirectionRef,
          description: 'Which way to walk; each way that the grant goes, where it is left out.',
        }),
        depth: t.arg.int({
          description:
            'The most hops: as many as the grant goes on from there, where it is left out.',
        }),
        first: t.arg.int({
          required: true,
          defaultValue: 500,
          description: 'The most entities on a page: 1 to 5,000.',
        }),
        ...resumeArgs,
      },
      resolve: (granted, args, context) => findGrantedLineage(granted, args, context),
    }),
    checkpoint: t.field({
      type: GrantedCheckpointRef,
      nullable: true,
      extensions: cost({ weight: 5 }),
      description:
        'A signed checkpoint of the log of who gave the grant that covers all of this answer.',
      resolve: ({ covering }) => covering(),
    }),
    position: t.string({
      description: 'The position of that log that is read.',
      resolve: grantedPosition,
    }),
  }),
})

builder.queryField('granted', (t) =>
  t.field({
    permission: 'granted:read',
    type: GrantedRef,
    nullable: true,
    description:
      'What a grant that this tenant has received lets it read now of the graph of who gave it.',
    args: { grant: t.arg.id({ required: true, description: 'The id of the grant.' }) },
    resolve: (_root, args, context) => openGrant(args, context),
  }),
)
