import { Problem } from '../core/problem.ts'
import type { ProofError } from '../proofs/error.ts'

export const tenantUnknown = (tenant: string) =>
  new Problem('TENANT_UNKNOWN', `There is no tenant «${tenant}»; create it with tenantCreate.`, {
    status: 404,
  })

export const tenantExists = (tenant: string) =>
  new Problem('TENANT_EXISTS', `The tenant «${tenant}» exists already.`, { status: 409 })

export const tenantNameInvalid = (tenant: string) =>
  new Problem(
    'TENANT_NAME_INVALID',
    'A tenant is named by 1 to 63 of a-z, 0-9 and -, and opens with a letter or a digit.',
    { details: { tenant: tenant.slice(0, 100) } },
  )

export const nameInvalid = () =>
  new Problem(
    'NAME_INVALID',
    'A namespace or name holds a lone surrogate, which no UTF-8 can carry.',
  )

export const headerTooLarge = (cause: ProofError) =>
  new Problem('HEADER_TOO_LARGE', 'A record of this would be larger than a log can hold.', {
    status: 413,
    cause,
  })

export const recordInvalid = (cause: ProofError) =>
  new Problem(
    'RECORD_INVALID',
    'What was given cannot stand in a record: it has no canonical form.',
    { details: { because: cause.code }, cause },
  )

export const unknownNeighbour = (id: string) =>
  new Problem(
    'UNKNOWN_NEIGHBOUR',
    'A relation names an id that this tenant does not have; record that entity first, or name it by namespace and name.',
    { details: { id } },
  )

export const entityUnknown = (id: string) =>
  new Problem('ENTITY_UNKNOWN', 'This tenant has no entity of that id.', {
    status: 404,
    details: { id },
  })

export const relationInvalid = (kind: string, rel: string, to: string) =>
  new Problem('RELATION_INVALID', `A ${kind} cannot have ${rel} towards ${to}.`, {
    details: { kind, rel, to },
  })

export const kindMismatch = (kind: string, id: string) =>
  new Problem('KIND_MISMATCH', `This is not the id of a ${kind}.`, { details: { kind, id } })

export const aliasCycle = (id: string, aliasOf: string) =>
  new Problem('ALIAS_CYCLE', 'An entity cannot become another name of itself.', {
    status: 409,
    details: { id, aliasOf },
  })

export const retireRefused = (kind: string) =>
  new Problem(
    'RETIRE_REFUSED',
    kind === 'Grant'
      ? 'A Grant stands on two logs, and ends on both: use grantRevoke.'
      : `A ${kind} cannot be retired by itself.`,
    { status: 409 },
  )

export const eraseRefused = (kind: string) =>
  new Problem(
    'ERASE_REFUSED',
    kind === 'Grant'
      ? 'A Grant stands on two logs and names nobody; use grantRevoke to end it.'
      : `What a ${kind} says of itself stands in every header of its log, so erasing it would hide nothing.`,
    { status: 409 },
  )

export const eraseRecordInvalid = (id: string, seq: number | undefined) =>
  new Problem(
    'ERASE_RECORD_INVALID',
    seq === undefined
      ? 'Name at least one record, or none at all to erase the whole entity.'
      : `The record at ${seq} is not one of this entity.`,
    { details: { id, ...(seq !== undefined && { seq }) } },
  )

export const eraseTooLarge = (id: string, records: number, most: number) =>
  new Problem(
    'ERASE_TOO_LARGE',
    `One body is carried by ${records} records of this entity; an erase record can name ${most}.`,
    { status: 413, details: { id, records, most } },
  )

export const eraseNoJournal = () =>
  new Problem(
    'ERASE_NO_JOURNAL',
    'This server keeps no journal of erasures, so that a restored backup would undo them; ask one with the signing register.',
    { status: 503 },
  )

export const fileContested = (files: number) =>
  new Problem(
    'FILE_CONTESTED',
    'A file that is to be deleted could not be in time; it is tried again with the next start.',
    { status: 503, details: { files, retryAfterSeconds: 60 } },
  )

export const actorUnknown = () =>
  new Problem('ACTOR_UNKNOWN', 'No pseudonym of this tenant stands for that subject (any more).', {
    status: 404,
  })

export const policiesChanged = () =>
  new Problem(
    'POLICIES_CHANGED',
    'The policies of this tenant keep changing while this is decided; try again.',
    { status: 503, details: { retryAfterSeconds: 1 } },
  )

export const keyReused = (key: string) =>
  new Problem(
    'IDEMPOTENCY_KEY_REUSED',
    'This Idempotency-Key was used for another request; use a new key for a new request.',
    { status: 409, details: { key } },
  )

export const keyInvalid = () =>
  new Problem(
    'IDEMPOTENCY_KEY_INVALID',
    'An Idempotency-Key is 1 to 255 printable ASCII characters without spaces.',
  )

export const transactionTooLarge = (leaves: number, most: number) =>
  new Problem(
    'LEDGER_TRANSACTION_TOO_LARGE',
    `This would append ${leaves} records at once; at most ${most} go into one transaction.`,
    { status: 413, details: { leaves, most } },
  )

export const bodyTooLarge = (id: string, bytes: number, most: number) =>
  new Problem(
    'BODY_TOO_LARGE',
    `The fields of one entity would take ${bytes} characters; at most ${most} go into a record. Delete facets that are no longer needed.`,
    { status: 413, details: { id, bytes, most } },
  )

export const ledgerBusy = () =>
  new Problem('LEDGER_BUSY', 'Too many writes are waiting for this tenant; try again shortly.', {
    status: 503,
    details: { retryAfterSeconds: 1 },
  })

export const ledgerClosing = () =>
  new Problem('LEDGER_CLOSING', 'The server is shutting down; send this again to another.', {
    status: 503,
    details: { retryAfterSeconds: 1 },
  })

export const logBehindRegister = (details: Record<string, unknown>) =>
  new Problem(
    'LOG_BEHIND_REGISTER',
    'The database holds less than, or other than, what was already signed; this tenant is read-only until it is restored.',
    { status: 503, details },
  )

/** Says nothing of the log, which is another tenant's. */
export const otherLogClosed = (cause: unknown) =>
  new Problem(
    'OTHER_LOG_CLOSED',
    'The log of the other tenant takes no records at present; try again later.',
    { status: 503, cause },
  )

export const registerBusy = (cause: unknown) =>
  new Problem(
    'REGISTER_BUSY',
    'Another process holds the signing register for too long; try again.',
    {
      status: 503,
      details: { retryAfterSeconds: 1 },
      cause,
    },
  )

export const registerMismatch = (because: string, cause?: unknown) =>
  new Problem(
    'REGISTER_MISMATCH',
    `The signing register is not the one of this database (${because}); nothing is written or signed without it.`,
    { status: 503, cause },
  )

export const keysMismatch = (use: string) =>
  new Problem(
    'KEYS_MISMATCH',
    `This server does not hold the ${use} key that this database says is the newest.`,
    { status: 503 },
  )

export const keyNotHeld = (kid: string) =>
  new Problem(
    'KEY_NOT_HELD',
    `The key ${kid} must sign here, and this server does not hold it: see docs/runbooks/lost-key.md.`,
    { status: 503, details: { kid } },
  )

export const noKeyStands = (use: string, size: number) =>
  new Problem('KEY_NONE_STANDS', `No ${use} key of this log stands at size ${size}.`, {
    status: 503,
    details: { use, size },
  })

export const keyNotInLog = (tenant: string, kid: string) =>
  new Problem('KEY_NOT_IN_LOG', `The log of «${tenant}» has never had the key ${kid}.`, {
    status: 404,
    details: { tenant, kid },
  })

export const keyLast = (kid: string) =>
  new Problem('KEY_LAST', `No other key would stand without ${kid}: rotate first.`, {
    status: 409,
    details: { kid },
  })

export const keyUnknown = (kid: string) =>
  new Problem('KEY_UNKNOWN', `The service has no key ${kid}; \`selvedge keys list\` shows them.`, {
    status: 404,
    details: { kid },
  })

export const keyCompromised = (kid: string) =>
  new Problem('KEY_COMPROMISED', `The key ${kid} is compromised and signs nothing any more.`, {
    status: 503,
    details: { kid },
  })

export const serviceMismatch = (stored: string, given: string) =>
  new Problem(
    'SERVICE_MISMATCH',
    `This database belongs to the service «${stored}», not «${given}»: set SELVEDGE_SERVICE to it, or use another database.`,
    { status: 503 },
  )

export const notYetSigned = (tenant: string) =>
  new Problem('CHECKPOINT_NOT_READY', `No checkpoint of «${tenant}» covers this yet; try again.`, {
    status: 503,
    details: { retryAfterSeconds: 1 },
  })

export const restoreUnfinished = () =>
  new Problem(
    'RESTORE_UNFINISHED',
    'A backup is half restored into this database: call `selvedge restore` with the same file again, or empty the database.',
    { status: 503 },
  )

export const policyInForce = (id: string) =>
  new Problem(
    'POLICY_IN_FORCE',
    'A policy in force is lifted by policyRetire alone; what it said can be erased after that.',
    { status: 409, details: { id } },
  )
