import { ROLES, type Role } from '../domains/access/roles.ts'
import type { EntityAt } from '../lineage/entities.ts'
import { textField } from '../resolvers/facet.ts'
import {
  listPolicies,
  type PolicyEntry,
  putOwnPolicy,
  retireOwnPolicy,
  type SimulatedDecision,
  type Simulation,
  simulatePolicies,
} from '../resolvers/policy.ts'
import { builder } from './builder.ts'
import { cost, sizedBy } from './cost.ts'
import { EntityRef, NodeRef } from './entity.ts'
import { ReceiptRef } from './record.ts'

export const PolicyRef = builder.objectRef<EntityAt>('Policy')

PolicyRef.implement({
  description:
    'Who may do what in the tenant, as it has said itself. In force until it is retired.',
  interfaces: [EntityRef, NodeRef],
  fields: (t) => ({
    text: t.string({
      nullable: true,
      description: 'What it says, in Cedar; null once it is retired.',
      resolve: (policy, _args, context) => textField(policy, 'text', context),
    }),
  }),
})

const WHAT_ROLES_ARE: Record<Role, string> = {
  reader: 'Asks, and takes answers along.',
  writer: 'Records, and reads.',
  auditor: 'Reads everything, the log and the policies too, and writes nothing.',
  steward: 'Looks after terms and privacy; erases.',
  operator: 'Keeps the service running.',
  ombuds: 'Looks into cases: reads everything.',
  finance: 'Reads what usage is billed by.',
  admin: 'May do everything.',
}

const RoleRef = builder.enumType('Role', {
  description: 'The roles that a caller may have. What each may do, `policies` says.',
  values: Object.fromEntries(
    ROLES.map((role) => [role.toUpperCase(), { value: role, description: WHAT_ROLES_ARE[role] }]),
  ) as Record<string, { value: Role; description: string }>,
})

const PolicyEntryRef = builder.objectRef<PolicyEntry>('PolicyEntry').implement({
  description: 'Policies that decide in this tenant, under their name.',
  fields: (t) => ({
    name: t.exposeString('name', {
      description: 'Its name; that of one shipped with Selvedge opens with `default/`.',
    }),
    text: t.exposeString('text', { description: 'What it says, in Cedar.' }),
    isDefault: t.boolean({
      description: 'Whether it is shipped with Selvedge, and holds in every tenant.',
      resolve: ({ record }) => record === null,
    }),
    id: t.id({
      nullable: true,
      description: 'The id of its entity; null for one shipped with Selvedge.',
      resolve: ({ record }) => record?.id,
    }),
    version: t.int({
      nullable: true,
      description: 'How many records it has; null for one shipped with Selvedge.',
      resolve: ({ record }) => record?.version,
    }),
    seq: t.field({
      type: 'Seq',
      nullable: true,
      description: 'The record from which on it holds; null for one shipped with Selvedge.',
      resolve: ({ record }) => record?.seq,
    }),
    recordedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When that record was appended; null for one shipped with Selvedge.',
      resolve: ({ record }) => record?.at,
    }),
  }),
})

const PolicyChangeRef = builder.inputType('PolicyChange', {
  description: 'A policy to put in force, or to retire.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Its name.' }),
    text: t.string({ description: 'What it shall say, in Cedar; null retires it.' }),
  }),
})

const PolicyRequestRef = builder.inputType('PolicyRequest', {
  description: 'Somebody of this tenant who asks for something.',
  fields: (t) => ({
    subject: t.string({ required: true, description: 'Who, as in a token.' }),
    issuer: t.string({ required: true, description: 'The URL of the issuer of the token.' }),
    roles: t.field({ type: [RoleRef], required: true, description: 'The roles in the token.' }),
    permission: t.string({
      required: true,
      description: 'What is needed, such as `record:write`.',
    }),
  }),
})

const SimulatedDecisionRef = builder.objectRef<SimulatedDecision>('SimulatedDecision').implement({
  description: 'A decision that the changes would turn.',
  fields: (t) => ({
    subject: t.exposeString('subject', {
      nullable: true,
      description:
        'Who asks: as given, or masked for a decision of late; null where a role alone is meant.',
    }),
    issuer: t.exposeString('issuer', {
      nullable: true,
      description: 'Who vouches for the subject; null where a role alone is meant.',
    }),
    roles: t.field({
      type: [RoleRef],
      description: 'The roles of who asks.',
      resolve: ({ roles }) => [...roles],
    }),
    permission: t.exposeString('permission', { description: 'What is needed.' }),
    permittedBefore: t.boolean({
      description: 'Whether it is permitted now.',
      resolve: ({ before }) => before.isPermitted,
    }),
    permittedAfter: t.boolean({
      description: 'Whether it would be permitted.',
      resolve: ({ after }) => after.isPermitted,
    }),
    policiesBefore: t.stringList({
      description: 'The policies that decide it now; none where none permits it.',
      resolve: ({ before }) => [...before.policies],
    }),
    policiesAfter: t.stringList({
      description: 'The policies that would decide it.',
      resolve: ({ after }) => [...after.policies],
    }),
    count: t.exposeInt('count', {
      nullable: true,
      description: 'How often it was asked of late; null where it was not asked at all.',
    }),
  }),
})

const SimulationRef = builder.objectRef<Simulation>('PolicySimulation').implement({
  description: 'What changes of policies would change. Nothing is put in force.',
  fields: (t) => ({
    compared: t.exposeInt('compared', { description: 'How many decisions were looked at.' }),
    changed: t.field({
      type: [SimulatedDecisionRef],
      description: 'Those that would be other ones.',
      resolve: ({ changed }) => changed,
    }),
  }),
})

builder.queryFields((t) => ({
  policies: t.field({
    permission: 'policy:read',
    type: [PolicyEntryRef],
    nullable: true,
    description: 'The policies in force: those shipped with Selvedge, then those of the tenant.',
    resolve: (_root, _args, context) => listPolicies(context),
  }),
  policySimulate: t.field({
    permission: 'policy:read',
    type: SimulationRef,
    nullable: true,
    // Each change takes as long to check as a hundred decisions, and there are up to ten.
    extensions: sizedBy('requests', 500, { weight: 1_000, each: 10 }),
    description:
      'Which decisions changes of policies would turn, before they are put in force. Looks at the requests given, at decisions of late, or, where neither is asked for, at every role with every permission.',
    args: {
      changes: t.arg({
        type: [PolicyChangeRef],
        required: true,
        description: 'Up to 10 changes, applied one after the other.',
      }),
      requests: t.arg({
        type: [PolicyRequestRef],
        description:
          'Up to 500 requests to look at, their subjects and issuers of up to 255 characters.',
      }),
      recentDecisions: t.arg.int({
        description:
          'How many of the decisions that this server made of late to look at: 0 to 500, each different one once.',
      }),
    },
    resolve: (_root, args, context) => simulatePolicies(args, context),
  }),
}))

builder.mutationFields((t) => ({
  policyPut: t.field({
    permission: 'policy:write',
    extensions: cost({ weight: 100 }),
    type: ReceiptRef,
    nullable: true,
    description:
      'Puts a policy of the tenant in force, in the place of the one of that name. It holds from its record on.',
    args: {
      name: t.arg.string({
        required: true,
        description: '1 to 63 of a-z, 0-9 and -, opening with a letter or a digit.',
      }),
      text: t.arg.string({
        required: true,
        description: 'What it says, in Cedar: up to 10,000 characters, of one policy or several.',
      }),
    },
    resolve: (_root, args, context, { path }) => putOwnPolicy(args, context, path),
  }),
  policyRetire: t.field({
    permission: 'policy:write',
    extensions: cost({ weight: 100 }),
    type: ReceiptRef,
    nullable: true,
    description: 'Retires a policy of the tenant: from its record on it decides nothing any more.',
    args: { name: t.arg.string({ required: true, description: 'Its name.' }) },
    resolve: (_root, args, context, { path }) => retireOwnPolicy(args, context, path),
  }),
}))
