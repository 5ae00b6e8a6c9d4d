import { b64 } from '../base64.ts'
import { bodyRoot } from '../body.ts'
import { ProofError } from '../error.ts'
import type { Sha256 } from '../hash.ts'
import type { Manifest } from '../manifest.ts'
import { type Link, outRoot } from '../outset.ts'
import type { ReadRecord } from '../records.ts'
import { levelOf } from '../relations.ts'
import { parseStatedWithholding, withheldIn, withheldNames } from '../withhold.ts'

type Records = readonly ReadRecord[]

/** Requires as many records as the manifest counts. @throws {ProofError} `PROOF_RECORD_COUNT` */
export function checkCount({ predicate }: Manifest, records: Records) {
  if (records.length !== predicate.records) {
    throw new ProofError(
      'PROOF_RECORD_COUNT',
      `${records.length} records, and the manifest counts ${predicate.records}`,
    )
  }
  return `${records.length} as the manifest counts`
}

/** What every leaf says of itself, whatever else it is. */
export interface LeafHead {
  tenant: string
  seq: number
  at: string
}

/** Puts the heads of all leaves shown in the order of the log. */
export const mergeHeads = (parts: readonly (readonly LeafHead[])[]): LeafHead[] =>
  parts.flat().sort((a, b) => a.seq - b.seq)

/** Requires every leaf shown to be of the manifest's tenant. @throws {ProofError} `PROOF_RECORD_TENANT` */
export function checkTenant(
  { predicate: { tenant } }: { predicate: Pick<Manifest['predicate'], 'tenant'> },
  heads: readonly LeafHead[],
) {
  const other = heads.find((head) => head.tenant !== tenant)
  if (other !== undefined) {
    throw new ProofError('PROOF_RECORD_TENANT', `leaf ${other.seq} is of another tenant`)
  }
  return `all of ${tenant}`
}

/** Requires that time never falls along the log (docs/specs/record.md). @throws {ProofError} `PROOF_RECORD_TIME` */
export function checkTimes(heads: readonly LeafHead[]) {
  heads.forEach(({ seq, at }, i) => {
    const before = heads[i - 1]
    // The form is fixed, so texts order as times do.
    if (before !== undefined && at < before.at) {
      throw new ProofError('PROOF_RECORD_TIME', `leaf ${seq} is older than ${before.seq}`)
    }
  })
  return `from ${heads[0]?.at} to ${heads.at(-1)?.at}, never falling`
}

/** Requires every record below the position asked, and that one in the log. @throws {ProofError} `PROOF_RECORD_AS_OF` */
export function checkAsOf({ predicate: { asOf, size } }: Manifest, records: Records) {
  if (asOf > size) {
    throw new ProofError('PROOF_RECORD_AS_OF', `asked as of ${asOf}, in a log of ${size}`)
  }
  const late = records.find(({ header }) => header.seq >= asOf)
  if (late !== undefined) {
    throw new ProofError('PROOF_RECORD_AS_OF', `record ${late.header.seq} came after ${asOf}`)
  }
  return `all before ${asOf} of ${size}`
}

/** Requires one record an entity, so that no older one stands beside it. @throws {ProofError} `PROOF_RECORD_TWICE` */
export function checkEntities(records: Records) {
  const seen = new Set<string>()
  for (const { header } of records) {
    if (seen.has(header.id)) {
      throw new ProofError('PROOF_RECORD_TWICE', `${header.id} is shown twice`)
    }
    seen.add(header.id)
  }
  return `${seen.size} entities, each once`
}

/** Requires every shown out-set to reproduce its header's `out`. @throws {ProofError} `PROOF_OUT_SET` */
export function checkOutSets(sha256: Sha256, records: Records) {
  const shown = records.filter(({ out }) => out !== null)
  for (const { header, out } of shown) {
    if (b64(outRoot(sha256, out!)) !== header.out) {
      throw new ProofError('PROOF_OUT_SET', `the edges of ${header.id} are not those of its header`)
    }
  }
  return `${shown.length} shown of ${records.length}, and whole`
}

/**
 * Requires the changes that a header states to agree with its out-set: what it links is in there with
 * the same leaf, and what it unlinks is not.
 *
 * @throws {ProofError} `PROOF_LINK_CHANGES`
 */
export function checkChanges(records: Records) {
  let changes = 0
  for (const { header, out } of records) {
    if (out === null) continue
    const inForce = new Map(out.map((link) => [keyOf(link), link.leaf]))
    const lost = header.links.find((link) => inForce.get(keyOf(link)) !== link.leaf)
    const kept = header.unlinks.find((link) => inForce.has(keyOf(link)))
    const wrong = lost ?? kept
    if (wrong !== undefined) throw changed(header.id, `${wrong.rel} ${wrong.id}`)
    changes += header.links.length + header.unlinks.length
  }
  return `${changes} changes in force`
}

const keyOf = ({ rel, id }: { rel: string; id: string }) => `${rel} ${id}`
const changed = (id: string, what: string) =>
  new ProofError('PROOF_LINK_CHANGES', `${id}: its header and its out-set differ on ${what}`)

/**
 * Requires every edge to be of a known relation and to name one leaf of one entity: no leaf only to
 * itself, no leaf under two ids, and where the leaf's own record is shown, its id and an earlier place.
 *
 * @throws {ProofError} `PROOF_LINK_RELATION`, `PROOF_LINK_LEAF`
 */
export function checkEnds(records: Records) {
  const owners = new Map(records.map(({ header: { id, seq }, leaf }) => [b64(leaf), { id, seq }]))
  let edges = 0
  for (const { header, out } of records) {
    for (const link of out ?? header.links) {
      checkEnd(header, link, owners)
      edges++
    }
  }
  return `${edges} edges of known relations`
}

type Owners = Map<string, { id: string; seq: number }>

function checkEnd({ id, seq }: { id: string; seq: number }, link: Link, owners: Owners) {
  if (levelOf(link.rel) === undefined) {
    throw new ProofError('PROOF_LINK_RELATION', `${link.rel} is no relation`)
  }
  const wrong = () => new ProofError('PROOF_LINK_LEAF', `${id} ${link.rel} ${link.id}: wrong leaf`)
  if ((link.leaf === null) !== (link.id === id)) throw wrong()
  if (link.leaf === null) return
  const owner = owners.get(link.leaf)
  if (owner === undefined) owners.set(link.leaf, { id: link.id, seq: -1 })
  else if (owner.id !== link.id || owner.seq >= seq) throw wrong()
}

/**
 * Requires every shown body to reproduce its header's `body`, field by field.
 *
 * @throws {ProofError} `PROOF_BODY`
 */
export function checkBodies(sha256: Sha256, records: Records) {
  for (const { header, fields } of records) {
    if (fields !== null && b64(bodyRoot(sha256, fields)) !== header.body) {
      throw new ProofError('PROOF_BODY', `the body of ${header.id} is not that of its header`)
    }
  }
  const shown = records.filter(({ fields }) => fields !== null)
  return `${shown.length} shown of ${records.length}`
}

/**
 * Requires the fields withheld to be those that the manifest states, no more and no fewer: a reader
 * then knows by what rule something is missing. So no body is missing as a whole either, but one that is
 * erased. A manifest that states nothing leaves it open.
 *
 * @param keptBack The records whose bodies are not shown, though nothing erased them.
 * @throws {ProofError} `PROOF_WITHHELD`
 */
export function checkWithheld(
  { predicate: { withhold } }: Manifest,
  records: Records,
  keptBack: Records,
) {
  const withheld = withheldIn(records)
  const told = `${withheld.flatMap(({ names }) => names).length} in ${withheld.length} records`
  if (withhold === undefined) return `${told}, and the manifest states no rule for it`
  const [whole] = keptBack
  if (whole !== undefined) {
    const message = `the body of ${whole.header.id} is not shown, against what the manifest states`
    throw new ProofError('PROOF_WITHHELD', message)
  }
  const stated = parseStatedWithholding(withhold)
  for (const { header, fields } of records) {
    const names = withheldNames(stated, header.kind, fields?.map(({ name }) => name) ?? [])
    const wrong = fields?.find((field) => 'c' in field !== names.has(field.name))
    if (wrong !== undefined) {
      const how = 'c' in wrong ? 'withheld' : 'shown'
      throw new ProofError(
        'PROOF_WITHHELD',
        `${JSON.stringify(wrong.name)} of ${header.id} is ${how} against what the manifest states`,
      )
    }
  }
  return `${told}, by the ${withhold.length} patterns that the manifest states`
}
