import { sha256 } from '../../../core/sha256.ts'
import { b64 } from '../../../proofs/base64.ts'
import type { ProofCode } from '../../../proofs/error.ts'
import type { RecordHeader } from '../../../proofs/leaf.ts'
import type { Manifest, Predicate } from '../../../proofs/manifest.ts'
import { compareLinks, type Link, outRoot } from '../../../proofs/outset.ts'
import type { ShownRecord } from '../../../proofs/records.ts'
import { utf8 } from '../../../proofs/utf8.ts'
import { type Changes, makeBundle, type TestBundle, trustIn } from '../../make/bundle.ts'
import { smallLog } from '../../make/small-log.ts'
import { makeWitness } from '../../make/witness.ts'

/** A bundle in which one thing is wrong, everything above it computed and signed anew. */
export interface Mutant {
  what: string
  code: ProofCode
  /** Worth a published vector of its own, whatever else the check refuses by this code. */
  telling?: true
  make(): TestBundle
}

/** The log that the bundle and its mutants are about. */
export const small = smallLog()
const { log, report } = small
export const question = { root: report, direction: 'UPSTREAM', depth: 5 } as const
const attachments = [{ path: 'attachments/note', bytes: utf8('as it was') }]

/** Who cosigns the checkpoint, and whose word the trust root asks for. */
export const witnesses = ['one.example/w', 'two.example/w'].map(makeWitness)
const asked = { question, attachments, witnesses }

/** The bundle that every mutant differs from. */
export const genuine = () => makeBundle(log, asked)

/** Describes a mutant: what is wrong with it, the code that says so, and the layers changed. */
export const mutant = (what: string, code: ProofCode, changes: Changes, of = log): Mutant => ({
  what,
  code,
  make: () => makeBundle(of, asked, changes),
})

/** Changes members of the manifest's predicate. */
export const predicate = (
  change: Partial<Record<keyof Predicate | 'extra', unknown>>,
): Changes => ({
  manifest: (manifest) =>
    ({ ...manifest, predicate: { ...manifest.predicate, ...change } }) as unknown as Manifest,
})

/** Changes the shown record of one entity. */
export const record =
  (id: string, change: (record: ShownRecord) => ShownRecord) => (records: ShownRecord[]) =>
    records.map((shown) => (shown.header.id === id ? change(shown) : shown))

/** Changes the header of one entity's record, in the log too. */
export const header = (id: string, change: Partial<RecordHeader> & { extra?: 1 }): Changes => ({
  records: record(id, (shown) => ({ ...shown, header: { ...shown.header, ...change } })),
})

/** Gives one entity another out-set, in its header and in the log too; what its header links stays. */
export const outSet = (id: string, change: (out: readonly Link[]) => Link[]): Changes => ({
  records: record(id, (shown) => {
    const out = change(shown.out!).sort(compareLinks)
    return { ...shown, out, header: { ...shown.header, out: b64(outRoot(sha256, out)) } }
  }),
})

/** The trust root of `genuine`. */
export const genuineTrust = trustIn(log, witnesses)

/** An origin of another tenant's log. */
export const otherOrigin = 'selvedge.test/elsewhere'
