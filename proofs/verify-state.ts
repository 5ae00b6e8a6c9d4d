import { unb64 } from './base64.ts'
import type { Sha256 } from './hash.ts'
import { hashLeaf } from './leaf.ts'
import type { Group } from './report.ts'
import { verifySparse } from './sparse-proof.ts'
import { entityKey, stateValue } from './state.ts'
import { stateLeaves } from './state-part.ts'
import { type ReadStateProof, readStateProof } from './state-proof.ts'
import type { Trust } from './trust.ts'
import { checkTenantOfOrigin } from './verify/authenticity.ts'
import { Checks, derived } from './verify/checks.ts'
import { checkInclusion, checkPositions, openCheckpoint } from './verify/log.ts'
import { checkTenant, checkTimes, type LeafHead, mergeHeads } from './verify/records.ts'
import { checkSigner, type FormReport, judgeForm, SIGNER_CHECKS } from './verify/signer.ts'
import { checkStatePlace, rootOfInSet } from './verify/state.ts'

/** The checks of a state proof, in the order of the report; docs/specs/state.md has them. */
export const STATE_CHECKS = {
  'proof-form': 'state',
  'checkpoint-form': 'log',
  'proof-positions': 'log',
  'proof-inclusion': 'log',
  'record-tenant': 'records',
  'record-times': 'records',
  'state-place': 'state',
  'state-current': 'state',
  'origin-tenant': 'authenticity',
  ...SIGNER_CHECKS,
} as const satisfies Record<string, Group>

/** What a verifier is given. */
export interface StateInput {
  sha256: Sha256
  /** The bytes of a state proof. */
  bytes: Uint8Array
  trust?: Trust | null
}

/**
 * Verifies what a state says of some ids: that the record shown is the latest of each, or that the
 * state has no such entity (docs/specs/state.md, "State proof"). Keys that only the log's key records
 * lead to do not count, since those are not at hand.
 *
 * Whether the state follows from the log is the operator's word, unless somebody replays it.
 */
export async function verifyState({
  sha256,
  bytes,
  trust = null,
}: StateInput): Promise<FormReport> {
  const checks = new Checks(STATE_CHECKS)
  const state = await checks.find('proof-form', [], () => openProof(sha256, bytes))
  const checkpoint = await checks.find('checkpoint-form', [state], (s) =>
    openCheckpoint(s.checkpoint),
  )
  await checks.judge('proof-positions', [state, checkpoint], (s, c) =>
    checkPositions(s.batch, s.leaves, c),
  )
  await checks.judge('proof-inclusion', [state, checkpoint], (s, c) =>
    checkInclusion(sha256, { proof: s.batch, leaves: s.leaves, checkpoint: c }),
  )
  const heads = derived(state, headsOf)
  await checks.judge('record-tenant', [state, heads], (s, h) =>
    checkTenant({ predicate: { tenant: s.leaf.tenant } }, h),
  )
  await checks.judge('record-times', [heads], checkTimes)
  await checks.judge('state-place', [state, checkpoint], (s, { size }) =>
    checkStatePlace({ predicate: { asOf: s.asOf, size } }, shownIn(s), s),
  )
  await checks.judge('state-current', [state], (s) => checkEntities(sha256, s))
  await checks.judge('origin-tenant', [checkpoint, state], ({ origin }, { leaf: { tenant } }) =>
    checkTenantOfOrigin({ predicate: { origin, tenant } }),
  )
  await checkSigner(sha256, checks, { trust, checkpoint, nameOf: (step) => step })
  const all = checks.all()
  // Of how long a log: beside it a state can be seen to be an old one, which nobody signs.
  const log = derived(checkpoint, ({ origin, size }) => ({ log: origin, size }))
  const about = state.found ? { ...(log.found && log.value), ...aboutOf(state.value) } : null
  return { checks: all, verdict: judgeForm(all), about }
}

function openProof(sha256: Sha256, bytes: Uint8Array) {
  const value = readStateProof(sha256, bytes)
  return { value, detail: `${value.entities.length} ids under the state at ${value.leaf.size}` }
}

const shownIn = ({ entities }: ReadStateProof) =>
  entities.flatMap(({ current }) => (current === null ? [] : [current]))

const headsOf = (state: ReadStateProof) =>
  mergeHeads([stateLeaves(state), shownIn(state).map(({ header }): LeafHead => header)])

function checkEntities(sha256: Sha256, state: ReadStateProof) {
  const claims = state.entities.map(({ id, current }) => ({
    key: entityKey(sha256, id),
    value:
      current &&
      stateValue(sha256, {
        leaf: hashLeaf(sha256, current.header),
        design: rootOfInSet(sha256, current.design),
        run: rootOfInSet(sha256, current.run),
      }),
  }))
  verifySparse(sha256, state.proof, claims, unb64(state.leaf.root))
  const { present, absent } = countsOf(state)
  return `${present} shown by their latest records before ${state.leaf.size}, ${absent} not there`
}

function countsOf(state: ReadStateProof) {
  const present = shownIn(state).length
  return { present, absent: state.entities.length - present }
}

const aboutOf = (state: ReadStateProof) => ({
  tenant: state.leaf.tenant,
  asOf: state.asOf,
  state: state.leaf.size,
  ...countsOf(state),
  ...(state.entities.length === 1 && one(state.entities[0]!)),
})

const one = ({ id, current }: ReadStateProof['entities'][number]) => ({
  id,
  ...(current && { action: current.header.action, version: current.header.version }),
})
