import { type Kind, kindOfUrn } from '../lineage/kinds.ts'
import { isUrn } from '../proofs/ids.ts'
import { type Batch, type Changes, incomingNow, noChanges } from './batch.ts'
import type { Assertion, Draft, Name, Outcome, Target } from './draft.ts'
import { openErasing } from './draft-erasure.ts'
import { openLinking, sameLinks } from './draft-links.ts'
import { openMerging } from './draft-merges.ts'
import { type Entity, type Held, linkKey, neighbours } from './entity.ts'
import { patched, sameFields } from './fields.ts'
import {
  aliasCycle,
  entityUnknown,
  kindMismatch,
  relationInvalid,
  retireRefused,
  transactionTooLarge,
  unknownNeighbour,
} from './problems.ts'
import { assertVersions, retireVersion, type Version, type Writing } from './versions.ts'

/** A transaction of more leaves than this is refused; a command alone above it can never go in. */
export const MOST_LEAVES = 5_000

/** What is never retired by itself: the tenant, what stands on two logs, and what says how much was used. */
const KEPT: ReadonlySet<Kind> = new Set(['Tenant', 'Grant', 'MeteringRecord'])

const unchanged = ({ id, seq, version }: Entity): Outcome => ({ id, seq, version, changed: false })

/** Opens one command's draft on a transaction. Its changes stay apart until they are taken over. */
export function openDraft(batch: Batch, actor: string): { draft: Draft; changes: Changes } {
  const changes = noChanges()
  const get = (id: string) => changes.entities.get(id) ?? batch.get(id)

  /** What was never asked for is not known to be missing: to write as if it were would make a second one. */
  const find = (id: string) => {
    const entity = get(id)
    if (!entity && !batch.isLoaded(id)) throw new Error(`${id} is written without being loaded`)
    return entity
  }

  /** As this transaction leaves them, each once. */
  const changed = () =>
    [...new Set([...batch.entities.keys(), ...changes.entities.keys()])].map((id) => get(id)!)

  const { mergingInto, ...merging } = openMerging({ batch, changes, changed })

  const writing = (): Writing => ({
    tenant: batch.tenant,
    at: batch.at,
    actor,
    secret: batch.secret(),
    seq: batch.base + batch.records.length + changes.records.length,
  })

  const resolve = (id: string) => {
    let meant = id
    for (let next: string | null | undefined = id; next; ) {
      meant = next
      next = get(meant)?.aliasOf ?? mergingInto(meant)
    }
    return meant
  }

  const take = (versions: readonly Version[]): Outcome => {
    for (const { row, entity, opened, closed } of versions) {
      changes.records.push(row)
      changes.entities.set(entity.id, entity)
      const edge = (held: Held) => ({ ...held, from: entity.id, to: held.id, since: entity.seq })
      changes.edges.push(...closed.map((held) => ({ step: 'close' as const, ...edge(held) })))
      changes.edges.push(...opened.map((held) => ({ step: 'open' as const, ...edge(held) })))
    }
    if (changes.records.length > MOST_LEAVES) {
      throw transactionTooLarge(changes.records.length, MOST_LEAVES)
    }
    const { id, seq, version } = versions.at(-1)!.entity
    return { id, seq, version, changed: true }
  }

  const create = ({ kind, ...named }: Name, id: string) => {
    const name = inNfc(named)
    return take(
      assertVersions(
        undefined,
        { id, kind, ...name, fields: { ...name }, links: new Map() },
        writing(),
      ),
    )
  }

  const stub = (named: Name) => {
    const id = batch.urn(named.kind, named.namespace, named.name)
    if (!find(id)) create(named, id)
    return resolve(id)
  }

  /** Stubs come in the order of their ids, immediately before the record that needs them. */
  const stubMissing = (self: string, targets: readonly Target[]) => {
    const missing = new Map<string, Name>()
    for (const target of targets) {
      if (!('to' in target)) continue
      const id = batch.urn(target.to.kind, target.to.namespace, target.to.name)
      if (id !== self && !find(id)) missing.set(id, target.to)
    }
    for (const id of [...missing.keys()].sort()) create(missing.get(id)!, id)
  }

  const { heldTo, linksAfter } = openLinking({ batch, get, find, resolve })

  /** An id made from a name is the id of that name alone: nobody gets to take it for another. */
  const requireNameOf = ({ kind, id, namespace = '', name = '' }: Assertion) => {
    if (id.split(':')[3] === 'h' && id !== batch.urn(kind, namespace, name)) throw entityUnknown(id)
  }

  /** An entity keeps its name. One that is erased gets it back from whoever gives that very name again. */
  const nameAfter = (id: string, before: Entity | undefined, given: Assertion) => {
    const { namespace = '', name = '' } = given
    const strange =
      before && id.split(':')[3] === 'h' && batch.urn(given.kind, namespace, name) !== id
    const named = before?.erased === null ? before : strange ? {} : given
    return inNfc({ namespace: '', name: '', ...pick(named) })
  }

  const assert = (assertion: Assertion): Outcome => {
    const id = resolve(assertion.id)
    const { kind, link = [], replace = [] } = assertion
    if (kindOfUrn(id) !== kind || !isUrn(id)) throw kindMismatch(kind, id)
    const found = find(id)
    if (!found) requireNameOf(assertion)
    stubMissing(id, [...link, ...replace.flatMap(({ targets }) => targets)])
    const before = found?.action === 'retire' ? { ...found, links: new Map<string, Held>() } : found
    const name = nameAfter(id, before, assertion)
    const kept = before?.action === 'assert' ? before.fields : {}
    const fields = { ...patched(kept, assertion.fields), ...(isNamed(name) && name) }
    const links = linksAfter(id, before, assertion)
    const next = { id, kind, ...name, fields, links }
    if (
      before?.action === 'assert' &&
      sameLinks(before, links) &&
      sameFields(before.fields, fields)
    ) {
      return unchanged(before)
    }
    const outcome = take(assertVersions(before, next, writing()))
    for (const held of links.values()) {
      const earlier = before?.links.get(linkKey(held.rel, held.id))
      if (earlier && earlier.time !== held.time) {
        changes.edges.push({ step: 'date', ...held, from: id, to: held.id, since: outcome.seq })
      }
    }
    return outcome
  }

  const requireAliasable = ({ id, kind }: Entity, aliasOf: string) => {
    const canonical = find(aliasOf)
    if (!canonical) throw unknownNeighbour(aliasOf)
    if (canonical.kind !== kind) throw relationInvalid(kind, 'ALIAS_OF', canonical.kind)
    if (resolve(aliasOf) === id) throw aliasCycle(id, aliasOf)
  }

  const retire = (id: string, aliasOf?: string): Outcome => {
    const before = find(id)
    if (!before) throw entityUnknown(id)
    if (KEPT.has(before.kind)) throw retireRefused(before.kind)
    if (before.action === 'retire' && (aliasOf === undefined || before.aliasOf)) {
      return unchanged(before)
    }
    if (aliasOf !== undefined) requireAliasable(before, aliasOf)
    const alias = aliasOf === undefined ? null : heldTo(id, 'ALIAS_OF', aliasOf, null)
    return take([retireVersion(before, alias, writing())])
  }

  const latestRunTimes = async (job: string, rel: 'USED' | 'WAS_GENERATED_BY') => {
    const runRel = rel === 'USED' ? 'RUN_USED' : 'RUN_GENERATED'
    const runs = changed().filter(({ kind }) => kind === 'Run')
    const rows = await batch.storedRunTimes({ job, rel: runRel, except: runs.map(({ id }) => id) })
    const times = new Map<string, string>()
    const say = (dataset: string, time: string) => {
      const meant = resolve(dataset)
      if (time > (times.get(meant) ?? '')) times.set(meant, time)
    }
    for (const { id, time } of rows) say(id, time)
    for (const run of runs) {
      if (!neighbours(run, 'RUN_OF').includes(job)) continue
      for (const { rel: held, id: dataset, time } of run.links.values()) {
        if (held === runRel) say(dataset, timeFor(job, time ?? ''))
      }
    }
    return times
  }

  const webhooksStanding = async () => {
    const hooks = changed().filter(({ kind }) => kind === 'Webhook')
    const stored = await batch.storedWebhooks(hooks.map(({ id }) => id))
    return stored + hooks.filter(({ action }) => action === 'assert').length
  }

  const draft: Draft = {
    tenant: batch.tenant,
    at: batch.at,
    urn: batch.urn,
    load: batch.load,
    get,
    resolve,
    incoming: (id) => incomingNow(batch, changed(), id),
    latestRunTimes,
    webhooksStanding,
    assert,
    stub,
    retire,
    ...openErasing({ batch, changes, find, writing, take, assert }),
    ...merging,
  }
  return { draft, changes }
}

/** What an edge's time says of one job: the time of a run with several jobs is `time@job` for each. */
const timeFor = (job: string, time: string) =>
  time
    .split(',')
    .map((part) => part.split('@'))
    .find(([, of]) => of === undefined || of === job)?.[0] ?? ''

const inNfc = ({ namespace, name }: { namespace: string; name: string }) => ({
  namespace: namespace.normalize('NFC'),
  name: name.normalize('NFC'),
})

const isNamed = ({ namespace, name }: { namespace: string; name: string }) =>
  namespace !== '' || name !== ''

const pick = (named: { namespace?: string; name?: string } | undefined) =>
  named?.namespace === undefined ? {} : { namespace: named.namespace, name: named.name ?? '' }
