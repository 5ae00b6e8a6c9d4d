/** What kinds of doing there are. Default roles are given groups, so that a new permission of one needs no new policy. */
export const GROUPS = {
  read: 'Look at what is recorded.',
  export: 'Take it along as a bundle; that it was handed out is recorded.',
  audit: 'Look at what says who did and may do what.',
  write: 'Record what is so.',
  curate: 'Record where data comes from, and on what terms it may be used.',
  sign: 'Vouch for things, and decide.',
  close: 'Close periods of usage.',
  attach: 'Attach files.',
  erase: 'Erase for good.',
  operate: 'Keep the service running.',
  govern: 'Decide who sees and may do what.',
  share: 'Let another tenant read a part of the graph, and end that.',
  notify: 'Have other systems told what is recorded, and end that.',
  policy: 'Look at the policies of the tenant, and change them.',
  service: 'What is about no tenant, or about all of them.',
} as const
export type Group = keyof typeof GROUPS

/** What one needs a permission for, and of what it is asked. */
interface Entry {
  groups: readonly Group[]
  /** `Service` is about no one tenant: who speaks for one tenant alone never gets it. */
  on: 'Tenant' | 'Service'
  says: string
}

/**
 * The words for what can be permitted. Every root field of GraphQL and every REST route declares one
 * of these, and each of these is declared by at least one.
 */
export const PERMISSIONS = {
  'entity:read': {
    groups: ['read'],
    on: 'Tenant',
    says: 'Look entities up, one by one and in lists.',
  },
  'lineage:read': {
    groups: ['read'],
    on: 'Tenant',
    says: 'Ask what came from what, in which run.',
  },
  'changes:read': {
    groups: ['read'],
    on: 'Tenant',
    says: 'Follow what is recorded, as it happens. What it did downstream, impact:read tells.',
  },
  'terms:read': {
    groups: ['read'],
    on: 'Tenant',
    says: 'Ask on what terms something may be used, and whether it may.',
  },
  'impact:read': {
    groups: ['read'],
    on: 'Tenant',
    says: 'Ask what a change would do to what is downstream. Which grants show it, grant:read tells.',
  },
  'export:read': { groups: ['read'], on: 'Tenant', says: 'Fetch the file of a bundle.' },
  'export:create': {
    groups: ['export'],
    on: 'Tenant',
    says: 'Have the answer to a lineage question made a bundle.',
  },
  'attachment:read': { groups: ['read'], on: 'Tenant', says: 'Fetch the file of an attachment.' },
  'attachment:create': { groups: ['write', 'attach'], on: 'Tenant', says: 'Attach a file.' },
  'log:read': {
    groups: ['audit'],
    on: 'Tenant',
    says: 'Read the log: its leaves, proofs and checkpoints.',
  },
  'log:publish': {
    groups: ['govern'],
    on: 'Tenant',
    says: 'Let everyone read the log, or no longer.',
  },
  'record:write': { groups: ['write'], on: 'Tenant', says: 'Record entities and edges.' },
  'record:retire': { groups: ['write'], on: 'Tenant', says: 'Retire an entity.' },
  'source:write': {
    groups: ['write', 'curate'],
    on: 'Tenant',
    says: 'Record sources of data.',
  },
  'license:write': { groups: ['write', 'curate'], on: 'Tenant', says: 'Record licences.' },
  'clause:write': {
    groups: ['write', 'curate'],
    on: 'Tenant',
    says: 'Record clauses of licences.',
  },
  'dpia:write': {
    groups: ['write', 'curate'],
    on: 'Tenant',
    says: 'Record assessments of the risks of processing personal data.',
  },
  'model:write': { groups: ['write'], on: 'Tenant', says: 'Record models and their cards.' },
  'prediction:write': {
    groups: ['write'],
    on: 'Tenant',
    says: 'Record what models said, and why.',
  },
  'transformation:write': {
    groups: ['curate'],
    on: 'Tenant',
    says: 'Record the transformations by which terms are lifted.',
  },
  'principal:write': {
    groups: ['write', 'curate'],
    on: 'Tenant',
    says: 'Record people, teams and services that answer for things.',
  },
  'sign-off:write': {
    groups: ['write', 'curate', 'sign'],
    on: 'Tenant',
    says: 'Record who vouches for what.',
  },
  'decision:write': {
    groups: ['write', 'curate', 'sign'],
    on: 'Tenant',
    says: 'Record what was decided, and why.',
  },
  'links:write': {
    groups: ['write', 'curate'],
    on: 'Tenant',
    says: 'Record where datasets and jobs come from, and what holds for them.',
  },
  'import:write': {
    groups: ['write', 'curate'],
    on: 'Tenant',
    says: 'Send lines of a file to be recorded. What each says needs the permission for its kind as well.',
  },
  'event:write': { groups: ['write'], on: 'Tenant', says: 'Send OpenLineage events.' },
  'usage:write': { groups: ['write'], on: 'Tenant', says: 'Send events of usage.' },
  'usage:read': {
    groups: ['read'],
    on: 'Tenant',
    says: 'Look at windows of usage and their events, and have it proven that an event is in one.',
  },
  'usage:seal': { groups: ['close'], on: 'Tenant', says: 'Seal windows of usage.' },
  'erasure:create': {
    groups: ['erase'],
    on: 'Tenant',
    says: 'Erase what an entity says, or who an actor was.',
  },
  'erasure:confirm': {
    groups: ['operate'],
    on: 'Tenant',
    says: 'Confirm that no backup holds what was erased.',
  },
  'metrics:read': { groups: ['service'], on: 'Service', says: 'Read what the service measures.' },
  'policy:read': {
    groups: ['policy', 'audit'],
    on: 'Tenant',
    says: 'See the policies in force, and what others would change. Each is an entity too: entity:read shows it.',
  },
  'policy:write': {
    groups: ['policy'],
    on: 'Tenant',
    says: 'Put policies of the tenant in force, or retire them.',
  },
  'grant:read': {
    groups: ['read'],
    on: 'Tenant',
    says: 'List the grants given and received. They are entities too: entity:read shows each.',
  },
  'grant:write': {
    groups: ['share'],
    on: 'Tenant',
    says: 'Give another tenant a grant, or revoke one.',
  },
  'granted:read': {
    groups: ['read'],
    on: 'Tenant',
    says: 'Read what another tenant has granted this one.',
  },
  'webhook:read': {
    groups: ['notify', 'audit'],
    on: 'Tenant',
    says: 'See how webhooks stand, and what could not be delivered. Each is an entity too: entity:read shows its address.',
  },
  'webhook:write': {
    groups: ['notify'],
    on: 'Tenant',
    says: 'Register, change, pause and delete webhooks, and have events delivered again.',
  },
  'saved-query:read': {
    groups: ['read'],
    on: 'Tenant',
    says: 'Look saved queries up, and have them run. What one asks for needs permissions of its own.',
  },
  'saved-query:write': {
    groups: ['write', 'curate'],
    on: 'Tenant',
    says: 'Save queries under a name, and remove them.',
  },
  'tenant:list': { groups: ['service'], on: 'Service', says: 'List the tenants of the service.' },
  'tenant:create': { groups: ['service'], on: 'Service', says: 'Found a tenant.' },
} as const satisfies Record<string, Entry>

export type Permission = keyof typeof PERMISSIONS

/** What there is to know of a permission. */
export const entryOf = (permission: Permission): Entry => PERMISSIONS[permission]

/** Whether a text names a permission. */
export const isPermission = (text: string): text is Permission => Object.hasOwn(PERMISSIONS, text)
