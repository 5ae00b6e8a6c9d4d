import fc from 'fast-check'
import { sha256 } from '../../core/sha256.ts'
import { b64 } from '../../proofs/base64.ts'
import { consistencyRanges } from '../../proofs/consistency.ts'
import { keyThatSigns, type ScheduledKey, scheduleOf } from '../../proofs/key-schedule.ts'
import { hashLeaf, type KeyLeaf } from '../../proofs/leaf.ts'
import { rootOf } from '../../proofs/merkle.ts'
import type { Trust, TrustKey } from '../../proofs/trust.ts'
import { type Changes, makeBundle } from './bundle.ts'
import { makeKey, type TestKey } from './keys.ts'
import { makeLog, type TestLink, type TestLog } from './log.ts'

type Use = KeyLeaf['use']

/** A step in the life of a log and its keys; `which` picks among the keys, or things, that there are. */
export type KeyStep =
  | { do: 'append'; count: number }
  | { do: 'rotate'; use: Use; retire: boolean }
  | { do: 'retire' | 'compromise'; use: Use; which: number; ago: number }
  | { do: 'erase'; which: number }
  | { do: 'export' }

const use = fc.constantFrom<Use>('checkpoint', 'manifest')

/** Histories of up to `most` steps, in which exports are frequent. */
export const keyHistory = (most: number): fc.Arbitrary<KeyStep[]> =>
  fc.array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          do: fc.constant('append' as const),
          count: fc.integer({ min: 1, max: 4 }),
        }),
      },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('export' as const) }) },
      {
        weight: 2,
        arbitrary: fc.record({ do: fc.constant('erase' as const), which: fc.nat(9) }),
      },
      {
        weight: 3,
        arbitrary: fc.record({ do: fc.constant('rotate' as const), use, retire: fc.boolean() }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          do: fc.constantFrom('retire' as const, 'compromise' as const),
          use,
          which: fc.nat(5),
          ago: fc.nat(12),
        }),
      },
    ),
    { minLength: 4, maxLength: most },
  )

/** A bundle as it was handed out, and who signed it. */
export interface Exported {
  bytes: Uint8Array
  size: number
  signers: Record<Use, string>
  /** The key records that it shows. */
  records: KeyLeaf[]
}

/** A log kept by the rules of docs/specs/keys.md, and everything that was handed out of it. */
export class KeyWorld {
  readonly log: TestLog = makeLog()
  readonly exported: Exported[] = []
  readonly keys = new Map<string, TestKey>()
  readonly root: string
  /** What has a body that can be erased. */
  readonly #said = new Set<string>()

  constructor() {
    for (const key of Object.values(this.log.keys)) this.keys.set(key.kid, key)
    this.root = this.#say('root')
    this.export()
  }

  get keyLeaves() {
    return this.log.leaves.filter((leaf): leaf is KeyLeaf => leaf.v === 'selvedge/key/1')
  }

  get schedule() {
    return scheduleOf(this.keyLeaves)
  }

  play(step: KeyStep) {
    if (step.do === 'append') this.append(step.count)
    else if (step.do === 'rotate') this.rotate(step)
    else if (step.do === 'erase') this.erase(step.which)
    else if (step.do === 'export') this.export()
    else this.end(step)
  }

  /** Some things more, of which the root is said to come from the last. */
  append(count: number) {
    let last = this.root
    for (let i = 0; i < count; i++) last = this.#say(`more ${this.log.leaves.length}`)
    this.#say('root', last)
  }

  #say(name: string, from?: string) {
    const links: TestLink[] = from === undefined ? [] : [['WAS_DERIVED_FROM', from]]
    const body = { contact: `${this.log.leaves.length}@example.org` }
    const { id } = this.log.assert('Dataset', name, body, links)
    this.#said.add(id)
    return id
  }

  /** Erases all that was ever said of one thing. */
  erase(which: number) {
    const id = [...this.#said].at(-1 - (which % Math.max(this.#said.size, 1)))
    if (id === undefined) return
    this.log.erase(id)
    this.#said.delete(id)
  }

  /** A key for a use by the size that a checkpoint would now have. */
  signer(use: Use, size = this.log.leaves.length): TestKey {
    return this.keys.get(keyThatSigns(this.schedule, use, size)!.kid)!
  }

  rotate({ use, retire }: { use: Use; retire: boolean }) {
    const { log } = this
    const old = this.signer(use)
    const key = makeKey(`${use} ${log.leaves.length}`)
    this.keys.set(key.kid, key)
    const { from } = log.keyRecord('add', { use, key, prev: old })
    this.append(2)
    if (retire)
      log.keyRecord('retire', {
        use,
        key: old,
        prev: key,
        from: Math.max(from, log.leaves.length + 1),
      })
    this.append(1)
  }

  /** Ends a key other than the one that signs, as whoever runs the service may: that one signs the record. */
  end({ do: event, use, which, ago }: Extract<KeyStep, { do: 'retire' | 'compromise' }>) {
    const { log } = this
    const signer = this.signer(use)
    const others = this.schedule.filter(
      (one) => one.use === use && one.kid !== signer.kid && !one.compromised,
    )
    const key = others[which % Math.max(others.length, 1)]
    if (!key || (event === 'retire' && key.until !== null)) return
    const size = log.leaves.length
    const from = event === 'compromise' ? Math.max(size - ago, 0) : size + 1
    log.keyRecord(event, { use, key: this.keys.get(key.kid)!, prev: signer, from })
    this.append(1)
  }

  export() {
    this.exported.push(this.bundle(this.log, {}))
  }

  /** A bundle of a log of these keys, signed as the log's schedule says or as told. */
  bundle(log: TestLog, keys: Partial<Record<Use, TestKey>>): Exported {
    const size = log.leaves.length
    const by = {
      checkpoint: keys.checkpoint ?? this.signer('checkpoint', size),
      manifest: keys.manifest ?? this.signer('manifest', size),
    }
    const records = log.leaves.filter(
      (leaf): leaf is KeyLeaf => leaf.v === 'selvedge/key/1' && leaf.prev !== null,
    )
    const changes: Changes = { checkpointKey: by.checkpoint, manifestKey: by.manifest }
    const question = { root: this.root, direction: 'UPSTREAM', depth: 2 } as const
    const { bytes } = makeBundle(log, { question, keys: records }, changes)
    const signers = { checkpoint: by.checkpoint.kid, manifest: by.manifest.kid }
    return { bytes, size, signers, records }
  }

  rootAt(size: number) {
    return b64(this.#root(0, size))
  }

  #root(start: number, end: number) {
    return rootOf(
      sha256,
      this.log.leaves.slice(start, end).map((leaf) => hashLeaf(sha256, leaf)),
    )
  }

  /** A trust root of some keys of the log. */
  trust(keys: readonly TrustKey[], anchors: readonly number[] = []): Trust {
    return {
      v: 'selvedge/trust/1',
      logs: [
        {
          origin: this.log.origin,
          keys: [...keys],
          anchors: anchors.map((size) => ({ size, root: this.rootAt(size) })),
        },
      ],
      witnessPolicy: '',
      replayers: [],
    }
  }

  /** What whoever knew the log at its start trusts: its first two keys, for good. */
  firstTrust = () =>
    this.trust(this.keyLeaves.slice(0, 2).map((leaf) => listed(scheduleOf([leaf])[0]!)))

  /** The whole trust root as it is now, with the log as it is now for an anchor or without. */
  wholeTrust = (anchored: boolean) =>
    this.trust(
      this.schedule.flatMap((key) =>
        key.until !== null && key.until <= key.from && !key.compromised ? [] : [listed(key)],
      ),
      anchored ? [this.log.leaves.length] : [],
    )

  /** The proof that the log as it is now begins with the log of a smaller size. */
  proofFrom(size: number) {
    const now = this.log.leaves.length
    const path = consistencyRanges(size, now).map(({ start, end }) => this.#root(start, end))
    return [{ size: now, path }]
  }
}

/** A key as a trust root lists it; of a compromise from the start nobody knows when it began. */
const listed = ({ use, kid, x, from, until, compromised }: ScheduledKey): TrustKey => ({
  ...{ use, kid, x, from, compromised },
  until: until !== null && until <= from ? null : until,
})
