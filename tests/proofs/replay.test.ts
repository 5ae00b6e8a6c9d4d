import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { b64 } from '../../proofs/base64.ts'
import type { ProofCode } from '../../proofs/error.ts'
import { leafHash } from '../../proofs/hash.ts'
import type { KeyLeaf, Leaf, RecordHeader } from '../../proofs/leaf.ts'
import { rootOf } from '../../proofs/merkle.ts'
import type { Link } from '../../proofs/outset.ts'
import { openReplay, type ReplayFault } from '../../proofs/replay.ts'
import { ReplayRecords } from '../../proofs/replay-records.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { makeKey } from '../make/keys.ts'
import { makeLog, strayLeaf } from '../make/log.ts'
import { Pen } from '../make/pen.ts'
import { leafText, replay, stopsAt } from '../make/replayed.ts'
import { rootOfStates, statesOf } from '../make/state.ts'
import { statedLog } from '../make/stated-log.ts'
import { cpuMs } from '../setup/cpu.ts'
import { expectCode } from './support.ts'

const small = statedLog()
const { log, raw, rates, clean, cleaning, stranger } = small
const idOf = (number: number) => log.idOf('Dataset', `many ${number}`)

describe('a log by the rules', () => {
  it('is read to the end, and gives the state and the root that its checkpoint has', () => {
    const read = replay(log.leaves)
    expect(read.size).toBe(log.leaves.length)
    expect(b64(read.stateRoot())).toBe(rootOfStates(statesOf(log.leaves)))
    const hashes = log.leaves.map((leaf) => leafHash(sha256, utf8(leafText(leaf))))
    expect(read.logRoot()).toEqual(rootOf(sha256, hashes))
    expect(read.entities).toBe(statesOf(log.leaves).size)
  })

  it('gives the state by definition for any history, however often it is recorded', () => {
    const step = fc.record({
      entity: fc.nat(7),
      links: fc.uniqueArray(fc.nat(7), { maxLength: 4 }),
      act: fc.constantFrom('assert', 'assert', 'assert', 'retire', 'erase', 'state'),
    })
    const relations = ['WAS_DERIVED_FROM', 'BASED_ON', 'RUN_USED', 'USED']
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const pen = new Pen(makeLog().leaves)
        for (const { entity, links, act } of steps) {
          const id = idOf(entity)
          const there = pen.leafOf(id) !== null
          if (act === 'state') {
            if (pen.leaves.at(-1)!.v !== 'selvedge/state/1') pen.state()
          } else if (act === 'retire' && there) pen.record(id, { action: 'retire' })
          else if (act === 'erase' && there) erase(pen, id)
          else {
            const wanted = links.map((to, i) => ({ rel: relations[i]!, id: idOf(to) }))
            const held = pen.out(id)
            const same = (a: { rel: string; id: string }) => (b: typeof a) =>
              a.rel === b.rel && a.id === b.id
            pen.record(id, {
              links: wanted
                .filter((edge) => !held.some(same(edge)) && (edge.id === id || pen.leafOf(edge.id)))
                .map(({ rel, id: to }) =>
                  to === id ? { rel, id, leaf: null } : pen.link(rel, to),
                ),
              unlinks: held
                .filter((edge) => !wanted.some(same(edge)))
                .map(({ rel, id }) => ({ rel, id })),
            })
          }
        }
        if (pen.leaves.at(-1)!.v !== 'selvedge/state/1') pen.state()
        expect(b64(replay(pen.leaves).stateRoot())).toBe(rootOfStates(statesOf(pen.leaves)))
      }),
      { numRuns: 150 },
    )
  })

  it('may have neighbours beyond count, whose sets are kept as trees', () => {
    const pen = new Pen(makeLog().leaves)
    const hub = log.idOf('Dataset', 'hub')
    pen.record(hub)
    for (let i = 0; i < 120; i++) {
      pen.record(idOf(i), { links: [pen.link('WAS_DERIVED_FROM', hub)] })
      if (i % 25 === 24) pen.state()
    }
    for (let i = 0; i < 110; i++) {
      pen.record(idOf(i), { unlinks: [{ rel: 'WAS_DERIVED_FROM', id: hub }] })
      if (i % 30 === 29) pen.state()
    }
    pen.record(hub, { links: [...Array(90).keys()].map((i) => pen.link('BASED_ON', idOf(i))) })
    pen.record(hub, {
      unlinks: pen
        .out(hub)
        .map(({ rel, id }) => ({ rel, id }))
        .slice(0, 80),
    })
    pen.state()
    expect(stopsAt(pen.leaves)).toBeNull()
  })

  it('may have changes of more than 300 edges, in parts', () => {
    expect(stopsAt(splitLog().leaves)).toBeNull()
  })

  it('may have keys that come and go, and a new epoch', () => {
    const own = statedLog().log
    const next = makeKey('next')
    own.keyRecord('add', { use: 'checkpoint', key: next, prev: own.keys.checkpoint })
    own.keyRecord('retire', { use: 'checkpoint', key: own.keys.checkpoint, prev: next })
    const pen = new Pen(own.leaves)
    pen.state()
    pen.epoch({})
    pen.epoch({ origin: 'selvedge.test/acme/3', prevOrigin: 'selvedge.test/acme/2' })
    const options = { tenant: 'acme', origin: 'selvedge.test/acme/3' }
    expect(stopsAt(pen.leaves, options)).toBeNull()
    expect(stopsAt(pen.leaves)).toBeNull()
  })
})

/** Erases all that an entity has said. */
function erase(pen: Pen, id: string, said: Partial<RecordHeader> = {}) {
  const own = pen.leaves.filter((leaf) => leaf.v === 'selvedge/record/1' && leaf.id === id)
  const empty = b64(sha256())
  const carriers = (own as RecordHeader[]).filter(({ body }) => body !== empty)
  const targets = carriers.length > 0 ? carriers.map(({ seq }) => seq) : [own[0]!.seq]
  return pen.record(id, { action: 'erase', targets, body: empty, ...said })
}

/** A change of 450 edges, in two parts of one body. */
function splitLog(
  last: (part: Partial<RecordHeader>, edges: Link[]) => Partial<RecordHeader> = (part) => part,
) {
  const pen = new Pen(makeLog().leaves)
  const hub = log.idOf('Dataset', 'hub')
  for (let i = 0; i < 500; i++) pen.record(idOf(i))
  const numbers = [...Array(500).keys()].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1))
  const edges = numbers.map((i) => pen.link('WAS_DERIVED_FROM', idOf(i)))
  pen.record(hub, { links: edges.slice(0, 100) })
  const unlinks = edges.slice(0, 100).map(({ rel, id }) => ({ rel, id }))
  const body = b64(sha256(utf8('one body')))
  pen.record(hub, { unlinks, links: edges.slice(100, 300), body })
  pen.record(hub, last({ links: edges.slice(300, 450), body }, edges))
  pen.state()
  return pen
}

/** The stated log with something written behind it. */
const behind = (write: (pen: Pen) => void) => {
  const pen = new Pen(log.leaves)
  write(pen)
  return pen.leaves
}

const addKey = (change: Partial<KeyLeaf>, twice = false) => {
  const own = statedLog().log
  const add = () =>
    own.keyRecord('add', { use: 'checkpoint', key: makeKey('next'), prev: own.keys.checkpoint })
  add()
  if (twice) add()
  const leaf = own.leaves.at(-1) as KeyLeaf
  return [...own.leaves.slice(0, -1), { ...leaf, ...change }]
}

const BAD: [string, ProofCode, () => readonly Leaf[]][] = [
  ['a leaf left out', 'PROOF_REPLAY_SEQ', () => log.leaves.toSpliced(6, 1)],
  [
    'a leaf of another tenant',
    'PROOF_REPLAY_TENANT',
    () => behind((pen) => pen.record(raw, { tenant: 'other' })),
  ],
  [
    'a time that falls',
    'PROOF_REPLAY_TIME',
    () => behind((pen) => pen.record(raw, { at: log.leaves[5]!.at })),
  ],
  [
    'a version left out',
    'PROOF_REPLAY_VERSION',
    () => behind((pen) => pen.record(raw, { version: 9 })),
  ],
  [
    'a version again',
    'PROOF_REPLAY_VERSION',
    () => behind((pen) => pen.record(raw, { version: 2 })),
  ],
  [
    'an entity that is there twice from the start',
    'PROOF_REPLAY_VERSION',
    () => behind((pen) => pen.record(rates, { version: 1 })),
  ],
  [
    'a relation that nobody knows',
    'PROOF_REPLAY_RELATION',
    () => behind((pen) => pen.record(raw, { links: [pen.link('EATS', rates)] })),
  ],
  [
    'an edge linked that is in force',
    'PROOF_REPLAY_LINK',
    () => behind((pen) => pen.record(clean, { links: [pen.link('WAS_DERIVED_FROM', raw)] })),
  ],
  [
    'an edge at an older leaf than the latest',
    'PROOF_REPLAY_LINK_LEAF',
    () =>
      behind((pen) => {
        const old = new Pen(log.leaves.slice(0, small.first)).link('BASED_ON', raw)
        pen.record(clean, { links: [old] })
      }),
  ],
  [
    'an edge to an entity that is nowhere',
    'PROOF_REPLAY_LINK_LEAF',
    () =>
      behind((pen) =>
        pen.record(clean, { links: [{ rel: 'BASED_ON', id: idOf(1), leaf: strayLeaf('no') }] }),
      ),
  ],
  [
    'an edge dropped that is not in force',
    'PROOF_REPLAY_UNLINK',
    () => behind((pen) => pen.record(raw, { unlinks: [{ rel: 'BASED_ON', id: rates }] })),
  ],
  [
    'an edge that goes without being dropped',
    'PROOF_REPLAY_OUT',
    () => behind((pen) => pen.record(clean, { out: new Pen(log.leaves).record(stranger).out })),
  ],
  [
    'parts of one change, of which the later drops',
    'PROOF_REPLAY_SPLIT',
    () =>
      splitLog((part, edges) => ({
        ...part,
        unlinks: [{ rel: edges[100]!.rel, id: edges[100]!.id }],
        links: [],
      })).leaves,
  ],
  [
    'parts of one change that do not ascend',
    'PROOF_REPLAY_SPLIT',
    () => splitLog((part, [first]) => ({ ...part, links: [first!] })).leaves,
  ],
  [
    'an alias that is not retired',
    'PROOF_REPLAY_ALIAS',
    () => behind((pen) => pen.record(raw, { links: [pen.link('ALIAS_OF', rates)] })),
  ],
  [
    'an alias of itself, by way of another',
    'PROOF_REPLAY_ALIAS',
    () =>
      behind((pen) => {
        pen.record(raw, { action: 'retire', links: [pen.link('ALIAS_OF', rates)] })
        pen.record(rates, { action: 'retire', links: [pen.link('ALIAS_OF', raw)] })
      }),
  ],
  [
    'an alias of itself, by way of another that was asserted since and kept its alias',
    'PROOF_REPLAY_ALIAS',
    () =>
      behind((pen) => {
        pen.record(raw, { action: 'retire', links: [pen.link('ALIAS_OF', rates)] })
        pen.record(raw)
        pen.record(rates, { action: 'retire', links: [pen.link('ALIAS_OF', raw)] })
      }),
  ],
  [
    'an erasure of another entity’s record',
    'PROOF_REPLAY_ERASE_TARGET',
    () => behind((pen) => erase(pen, rates, { targets: [3, 4] })),
  ],
  [
    'an erasure that leaves a body standing',
    'PROOF_REPLAY_ERASE_TARGET',
    () =>
      behind((pen) => {
        const { body, seq } = pen.record(raw)
        pen.record(raw, { body })
        erase(pen, raw, { targets: [seq] })
      }),
  ],
  [
    'an erasure that repeats the body it erases',
    'PROOF_REPLAY_ERASE_BODY',
    () =>
      behind((pen) => {
        const { body, seq } = pen.record(raw)
        erase(pen, raw, { targets: [seq], body })
      }),
  ],
  [
    'an erasure that changes another body',
    'PROOF_REPLAY_ERASE_BODY',
    () =>
      behind((pen) => {
        const { seq } = pen.record(raw)
        pen.record(raw)
        erase(pen, raw, { targets: [seq], body: b64(sha256()) })
      }),
  ],
  [
    'an erasure that changes edges',
    'PROOF_REPLAY_OUT',
    () => behind((pen) => erase(pen, clean, { out: pen.record(stranger).out })),
  ],
  [
    'a retirement that keeps an edge',
    'PROOF_LEAF_OUT',
    () => behind((pen) => pen.record(clean, { action: 'retire', out: pen.record(clean).out })),
  ],
  ['a key added twice', 'PROOF_REPLAY_KEY', () => addKey({}, true)],
  ['a key that its predecessor has not signed', 'PROOF_KEY_SIGNATURE', () => addKey({ from: 99 })],
  [
    'a key by one that nobody added',
    'PROOF_REPLAY_KEY',
    () => {
      const own = statedLog().log
      const [next, nobody] = [makeKey('next'), makeKey('nobody')]
      own.keyRecord('add', { use: 'checkpoint', key: next, prev: nobody })
      return own.leaves
    },
  ],
  [
    'a key that ends and never began',
    'PROOF_REPLAY_KEY',
    () => {
      const own = statedLog().log
      const key = makeKey('nobody')
      own.keyRecord('retire', { use: 'checkpoint', key, prev: own.keys.checkpoint })
      return own.leaves
    },
  ],
  [
    'a key by one that is compromised',
    'PROOF_REPLAY_KEY',
    () => {
      const own = statedLog().log
      const [next, thief] = [makeKey('next'), makeKey('thief')]
      const { checkpoint } = own.keys
      own.keyRecord('add', { use: 'checkpoint', key: next, prev: checkpoint })
      own.keyRecord('compromise', { use: 'checkpoint', key: checkpoint, prev: next })
      own.keyRecord('add', { use: 'checkpoint', key: thief, prev: checkpoint })
      return own.leaves
    },
  ],
  [
    'a key for manifests by one for checkpoints',
    'PROOF_REPLAY_KEY',
    () => {
      const own = statedLog().log
      const { checkpoint: prev } = own.keys
      own.keyRecord('add', { use: 'manifest', key: makeKey('next'), prev })
      return own.leaves
    },
  ],
  [
    'an epoch that counts down',
    'PROOF_REPLAY_EPOCH',
    () =>
      behind((pen) => {
        pen.epoch({ origin: 'selvedge.test/acme/2' })
        pen.epoch({ origin: 'selvedge.test/acme/1' })
      }),
  ],
  [
    'an epoch of another log than the one before it',
    'PROOF_REPLAY_EPOCH',
    () =>
      behind((pen) => {
        pen.epoch({ origin: 'else.test/acme/1', prevOrigin: 'else.test/acme' })
        pen.epoch({ origin: 'selvedge.test/acme/2' })
      }),
  ],
  [
    'an epoch that comes from before the one that the log is in',
    'PROOF_REPLAY_EPOCH',
    () =>
      behind((pen) => {
        pen.epoch({ origin: 'selvedge.test/acme/2' })
        pen.epoch({ origin: 'selvedge.test/acme/3', prevOrigin: 'selvedge.test/acme/1' })
      }),
  ],
  [
    'an epoch that keeps everything under another root',
    'PROOF_REPLAY_EPOCH',
    () => behind((pen) => pen.epoch({ prevSize: pen.leaves.length })),
  ],
  [
    'a state that is not that of the log',
    'PROOF_REPLAY_STATE',
    () =>
      behind((pen) => {
        pen.record(raw)
        pen.state({ root: strayLeaf('state') })
      }),
  ],
  [
    'a state that repeats the one before',
    'PROOF_REPLAY_STATE',
    () =>
      behind((pen) => {
        const { root } = pen.leaves.at(-1) as { root: string }
        pen.record(raw)
        pen.state({ root })
      }),
  ],
  [
    'a state directly behind another',
    'PROOF_REPLAY_STATE',
    () => behind((pen) => void pen.state()),
  ],
  [
    'a leaf that is none',
    'PROOF_MEMBERS',
    () => behind((pen) => pen.record(raw, { more: 1 } as never)),
  ],
]

/** The position of the leaf that replay refuses. */
function refusedAt(leaves: readonly Leaf[]) {
  const read = openReplay(sha256, { tenant: 'acme' })
  try {
    for (const leaf of leaves) read.add(leafText(leaf))
  } catch {}
  return read.size
}

// `npx vitest run tests/proofs/replay.test.ts -u` writes the file anew.
it('keeps the vectors of whole logs as published', async () => {
  const texts = new Map<string, number>()
  const entriesOf = (leaves: readonly Leaf[]) =>
    leaves.map((leaf) => {
      const entry = leafText(leaf)
      const index = texts.get(entry) ?? texts.size
      texts.set(entry, index)
      return index
    })
  const good = { what: 'a log by the rules, with parts of one change', leaves: splitLog().leaves }
  const logs = [
    { what: good.what, entries: entriesOf(good.leaves) },
    ...BAD.map(([what, code, make]) => {
      const leaves = make()
      return { what, code, at: refusedAt(leaves), entries: entriesOf(leaves) }
    }),
  ]
  const lines = (values: readonly unknown[]) => values.map((one) => JSON.stringify(one)).join(',\n')
  const vectors = `{"texts":[\n${lines([...texts.keys()])}\n],"logs":[\n${lines(logs)}\n]}\n`
  await expect(vectors).toMatchFileSnapshot('../../docs/specs/vectors/replay.json')
})

describe('a log that breaks a rule is refused at that leaf:', () => {
  it.each(BAD)('%s', (_what, code, leaves) => {
    expect(stopsAt(leaves())).toBe(code)
    // Nothing before that leaf is refused.
    expect(stopsAt(log.leaves)).toBeNull()
  })

  it('a kind that changes, which the id of one kind only hides from no one', () => {
    // The id names the kind, so a leaf alone is refused first; a caller may bring leaves that it read itself.
    const read = replay(log.leaves)
    const header = new Pen(log.leaves).record(raw, { kind: 'Job' })
    expectCode(() => read.addLeaf(header, sha256()), 'PROOF_REPLAY_KIND')
  })

  it('epochs that lead elsewhere than to the origin that is read', () => {
    const leaves = behind((pen) => pen.epoch({}))
    for (const origin of ['selvedge.test/acme', 'other.test/acme/1', 'selvedge.test/acme/1/1']) {
      expect(stopsAt(leaves, { tenant: 'acme', origin })).toBe('PROOF_REPLAY_EPOCH')
    }
    expect(stopsAt(leaves, { tenant: 'acme', origin: 'selvedge.test/acme/1' })).toBeNull()
  })
})

it('collects faults where asked to, and goes on behind each', () => {
  const faults: ReplayFault[] = []
  const read = openReplay(sha256, { tenant: 'acme', onFault: (fault) => faults.push(fault) })
  const leaves = behind((pen) => {
    pen.record(raw, { version: 9 })
    pen.record(clean, { unlinks: [{ rel: 'BASED_ON', id: rates }] })
    pen.state({ root: strayLeaf('state') })
    pen.record(cleaning)
  })
  for (const leaf of leaves) read.add(leafText(leaf))
  const at = log.leaves.length
  expect(faults.map(({ code, seq, id }) => [code, seq, id])).toEqual([
    ['PROOF_REPLAY_VERSION', at, raw],
    ['PROOF_REPLAY_UNLINK', at + 1, clean],
    ['PROOF_REPLAY_STATE', at + 2, undefined],
  ])
  expect(read.size).toBe(leaves.length)
})

it('needs no more time for a leaf the longer the log is', () => {
  const read = openReplay(sha256, { tenant: 'acme' })
  const pen = new Pen(makeLog().leaves)
  let hashes = 0
  const counting = (...parts: Uint8Array[]) => {
    hashes++
    return sha256(...parts)
  }
  const counted = openReplay(counting, { tenant: 'acme' })
  const feed = (leaf: Leaf) => {
    read.add(leafText(leaf))
    counted.add(leafText(leaf))
  }
  for (const leaf of pen.leaves) feed(leaf)
  const hub = log.idOf('Dataset', 'hub')
  feed(pen.record(hub))
  const cost: number[] = []
  for (let i = 0; i < 600; i++) {
    const before = hashes
    feed(pen.record(idOf(i), { links: [pen.link('WAS_DERIVED_FROM', hub)] }))
    counted.stateRoot()
    cost.push(hashes - before)
  }
  const average = (some: number[]) => some.reduce((a, b) => a + b) / some.length
  expect(average(cost.slice(500))).toBeLessThan(2 * average(cost.slice(50, 150)))
})

it('looks through no history again for each of its erasures', async () => {
  const records = new ReplayRecords(sha256)
  const id = 'urn:selvedge:dataset:01980000-0000-7000-8000-000000000000'
  const said = {
    ...({ v: 'selvedge/record/1', tenant: 'acme', kind: 'Dataset', id } as const),
    ...{ at: '2026-01-01T00:00:00.000Z', actor: `p_${'A'.repeat(22)}` },
    ...{ links: [], unlinks: [], out: b64(new Uint8Array(32)) },
  }
  const faults: string[] = []
  const take = (seq: number, more: Pick<RecordHeader, 'action' | 'body' | 'targets'>) => {
    const header = { ...said, seq, version: seq + 1, ...more }
    records.accept(header, new Uint8Array(32), (code) => faults.push(code))
  }
  const many = 20_000
  const took = await cpuMs(() => {
    for (let seq = 0; seq < many; seq++) {
      take(seq, { action: 'assert', body: b64(sha256(utf8(`body ${seq}`))) })
    }
    // The newest first, so that the body in force goes with the first of them.
    for (let i = 0; i < many; i++) {
      take(many + i, { action: 'erase', body: b64(sha256()), targets: [many - 1 - i] })
    }
  })
  expect(faults).toEqual([])
  expect(took).toBeLessThan(4_000)
})
