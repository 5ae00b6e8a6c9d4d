import { ReadableStream } from 'node:stream/web'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  addressWithin,
  type Claim,
  isWhole,
  type Objects,
  type Slice,
  type Spooled,
  type StoredObject,
  tenantOfAddress,
} from '../../core/objects.ts'
import { sha256 } from '../../core/sha256.ts'
import { hex } from '../../proofs/hex.ts'
import type { Blob, Blobs } from './blobs.ts'
import { checked } from './checked.ts'
import { objectContested } from './problems.ts'
import { spoolInto } from './spool.ts'

/** No tenant's name is as long as a hash, so that the two are never taken for each other. */
const ADDRESS = /^(?:[a-z0-9][a-z0-9-]{0,62}\.)?[0-9a-f]{64}$/
const OBJECT = /^(?:([a-z0-9][a-z0-9-]{0,62})\.)?([0-9a-f]{2})\/(\2[0-9a-f]{62})$/
/** In the folder of claims: a name that no object has. */
const CLAIM = /^claims\/((?:[a-z0-9][a-z0-9-]{0,62}\.)?[0-9a-f]{64})\.([a-z0-9.-]{1,150})$/
const NOTHING = new Uint8Array()

/** From marking to deleting; whoever is slower than this starts again. */
const COLLECT_WITHIN_MS = 60_000
/** After this nobody deletes by a mark any more: its collector has died. */
const MARK_LIVES_MS = 600_000
const WAIT_MS = 75_000
const POLL_MS = 50

/** `ab/abcd…`, or for a tenant's own `acme.ab/abcd…`. */
function objectName(address: string) {
  const tenant = tenantOfAddress(address)
  const hash = address.slice(-64)
  return `${tenant === undefined ? '' : `${tenant}.`}${hash.slice(0, 2)}/${hash}`
}
const claimName = ({ address, by }: Pick<Claim, 'address' | 'by'>) => {
  const name = `claims/${address}.${by}`
  if (!CLAIM.test(name)) throw new Error(`no claim can be called ${name}`)
  return name
}
const marksOf = (address: string) => `collecting/${address}.`

/**
 * Object files over any store of named bytes. An object lies under its address; a claim is an empty
 * blob that stands before its object does. So whatever a crash leaves, a claim leads to it.
 *
 * Collecting and putting the same bytes at once is decided as Dekker did it: whoever collects writes a
 * mark, then looks for claims, then deletes; whoever puts writes a claim, waits until there is no mark,
 * then writes. One of the two sees the other, because the store shows every write to every later read.
 *
 * @param now The clock, in milliseconds.
 */
export function openObjects(blobs: Blobs, now: () => number = Date.now): Objects {
  const claims = async () => {
    const found: Claim[] = []
    for await (const { name, since } of blobs.list('claims/')) {
      const [, address, by] = CLAIM.exec(name) ?? []
      if (address !== undefined && by !== undefined) found.push({ address, by, since })
    }
    return found
  }
  const marksOn = async (address: string) => {
    const found: number[] = []
    for await (const { since } of blobs.list(marksOf(address))) found.push(since)
    return found
  }
  /**
   * Waits for collectors that may not have seen our claim: any that marks later will. How old a mark was
   * then is told by the store's own clock: ours may be set while a collector is at work.
   */
  const outlastCollectors = async (claim: Pick<Claim, 'address' | 'by'>) => {
    const giveUpAt = performance.now() + WAIT_MS
    for (let claimed: number | undefined; ; ) {
      const marks = await marksOn(claim.address)
      if (marks.length === 0) return
      claimed ??= (await blobs.find(claimName(claim)))?.since ?? Number.NEGATIVE_INFINITY
      const since = claimed
      if (marks.every((mark) => mark <= since - MARK_LIVES_MS)) return
      if (performance.now() > giveUpAt) throw objectContested(claim.address)
      await sleep(POLL_MS)
    }
  }
  /** How much could not be written last: until as much can be, a check that writes less tells nothing. */
  let refused = 0
  const write = async (how: 'create' | 'replace', name: string, content: Uint8Array | Spooled) => {
    try {
      return await blobs[how](name, content)
    } catch (error) {
      const size = content instanceof Uint8Array ? content.length : content.size
      refused = Math.max(refused, size, 1)
      throw error
    }
  }
  const partsOf = ({ name, size }: Blob, { start, end }: Slice) => {
    const [address, bytes] = [name.slice(-64), end - start]
    const source = bytes === 0 ? none() : blobs.read(name, { start, end })
    return checked(source, { address, bytes, whole: bytes === size })
  }
  const storedIn = (found: Blob): StoredObject => ({
    size: found.size,
    read: (slice = { start: 0, end: found.size }) => {
      const parts = ReadableStream.from(partsOf(found, slice))
      return parts as globalThis.ReadableStream<Uint8Array>
    },
  })
  return {
    async put(content, by, tenant) {
      const hash = content instanceof Uint8Array ? hex(sha256(content)) : content.sha256
      const address = tenant === undefined ? hash : addressWithin(tenant, hash)
      if (!ADDRESS.test(address)) throw new Error(`nothing can be kept at ${address}`)
      const name = objectName(address)
      await write('create', claimName({ address, by }), NOTHING)
      await outlastCollectors({ address, by })
      if (await write('create', name, content)) return address
      const found = await blobs.find(name)
      // Whoever puts bytes is told that they are kept, and not that some others are.
      if (!found || !(await isWhole(storedIn(found)))) await write('replace', name, content)
      return address
    },
    spool: (source) => spoolInto(blobs.spool, source),
    settle: (claim) => blobs.remove(claimName(claim)),
    claims,
    async get(address) {
      if (!ADDRESS.test(address)) return null
      const found = await blobs.find(objectName(address))
      return found && storedIn(found)
    },
    async delete(address) {
      if (!ADDRESS.test(address)) return
      await blobs.remove(objectName(address))
      // Last: until the bytes are gone, something must lead to them.
      for await (const { name } of blobs.list(`claims/${address}.`)) await blobs.remove(name)
    },
    async *list() {
      for await (const { name, size, since } of blobs.list('')) {
        const [, tenant, , hash] = OBJECT.exec(name) ?? []
        if (hash === undefined) continue
        yield { address: tenant === undefined ? hash : addressWithin(tenant, hash), size, since }
      }
    },
    async collect(addresses, led) {
      const began = performance.now()
      const marks = addresses.map((address) => marksOf(address) + crypto.randomUUID())
      try {
        for (const mark of marks) await blobs.create(mark, NOTHING)
        // In this order: what was recorded and settled between the two is led to.
        const claimed = new Set((await claims()).map(({ address }) => address))
        const kept = await led()
        const gone: string[] = []
        for (const address of addresses) {
          if (claimed.has(address) || kept.has(address)) continue
          if (performance.now() - began > COLLECT_WITHIN_MS) break
          await blobs.remove(objectName(address))
          gone.push(address)
        }
        return gone
      } finally {
        for (const mark of marks) await blobs.remove(mark)
      }
    },
    async tidy(before) {
      let done = await blobs.tidy(before)
      for await (const { name, since } of blobs.list('collecting/')) {
        if (since >= Math.min(before, now() - MARK_LIVES_MS)) continue
        await blobs.remove(name)
        done += 1
      }
      return done
    },
    async check(signal) {
      const bytes = refused
      await blobs.check(bytes, signal)
      // Unless more was refused meanwhile.
      if (refused === bytes) refused = 0
    },
    close: () => blobs.close(),
  }
}

async function* none(): AsyncGenerator<Uint8Array> {}
