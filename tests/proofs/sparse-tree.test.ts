import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../core/sha256.ts'
import { sparseRoot } from '../../proofs/sparse.ts'
import {
  changedPages,
  changeKeys,
  emptyTree,
  loadPages,
  missingPages,
  type SparseTree,
  treeOfPages,
  treeRoot,
  valueAt,
} from '../../proofs/sparse-tree.ts'
import { numbersFrom } from '../make/numbers.ts'
import { changeBatches, crowdedKey, keyOf, NaiveTree, valueOfNumber } from '../make/sparse-model.ts'
import { expectCode } from './support.ts'

const put = (number: number, value = number) => ({
  key: keyOf(number),
  value: valueOfNumber(value),
})
const grown = (count: number) =>
  changeKeys(
    sha256,
    emptyTree,
    Array.from({ length: count }, (_, i) => put(i)),
  )

/** Pages as a store keeps them, from one state of a tree to the next. */
class Store {
  readonly pages = new Map<string, Uint8Array>()

  save(before: SparseTree, after: SparseTree) {
    for (const { prefix, bytes } of changedPages(before, after)) {
      if (bytes === null) expect(this.pages.delete(prefix)).toBe(true)
      else this.pages.set(prefix, bytes)
    }
  }

  /** Opens the tree and loads just what these keys need, as a server does. */
  open(keys: readonly Uint8Array[]) {
    let tree = treeOfPages(sha256, this.pages.get('') ?? null)
    for (;;) {
      const missing = missingPages(tree, keys)
      if (missing.length === 0) return tree
      tree = loadPages(sha256, tree, new Map(missing.map((at) => [at, this.pages.get(at)!])))
    }
  }
}

describe('a tree of random changes', () => {
  it('has the root and the values by definition after every batch', () => {
    fc.assert(
      fc.property(changeBatches(8, 12, 30), ({ key, batches }) => {
        const naive = new NaiveTree()
        let tree = emptyTree
        for (const batch of batches) {
          naive.change(batch)
          tree = changeKeys(sha256, tree, batch)
          expect(treeRoot(tree)).toEqual(naive.root())
          expect(treeRoot(tree)).toEqual(sparseRoot(sha256, [...naive.entries.values()]))
        }
        for (let number = 0; number < 30; number++) {
          expect(valueAt(tree, key(number)) ?? null).toEqual(naive.value(key(number)))
        }
      }),
      { numRuns: 150 },
    )
  })

  it('has the same root however the changes are batched and ordered', () => {
    fc.assert(
      fc.property(changeBatches(6, 10, 20), fc.nat(), ({ batches }, seed) => {
        const whole = batches.reduce((t, batch) => changeKeys(sha256, t, batch), emptyTree)
        const one = batches.flat().reduce((t, change) => changeKeys(sha256, t, [change]), emptyTree)
        expect(treeRoot(one)).toEqual(treeRoot(whole))
        const last = new Map(batches.flat().map((change) => [change.key.join(), change]))
        const dice = numbersFrom(seed)
        const shuffled = [...last.values()].sort(() => dice(3) - 1)
        const direct = changeKeys(sha256, emptyTree, shuffled)
        expect(treeRoot(direct)).toEqual(treeRoot(whole))
      }),
      { numRuns: 100 },
    )
  })

  it('is the same from stored pages, of which only those on the way are loaded', () => {
    fc.assert(
      fc.property(changeBatches(8, 10, 60), ({ key, batches }) => {
        const store = new Store()
        const naive = new NaiveTree()
        for (const batch of batches) {
          const before = store.open(batch.map(({ key }) => key))
          const after = changeKeys(sha256, before, batch)
          store.save(before, after)
          naive.change(batch)
          expect(treeRoot(after)).toEqual(naive.root())
        }
        // What is stored is what a tree that never left memory would have stored, and nothing more.
        const fresh = new Store()
        fresh.save(emptyTree, changeKeys(sha256, emptyTree, [...naive.entries.values()]))
        expect(store.pages).toEqual(fresh.pages)
        for (let number = 0; number < 60; number += 7) {
          const value = valueAt(store.open([key(number)]), key(number)) ?? null
          expect(value).toEqual(naive.value(key(number)))
        }
      }),
      { numRuns: 100 },
    )
  })

  it('loses every page when every key goes', () => {
    const store = new Store()
    const tree = grown(200)
    store.save(emptyTree, tree)
    expect(store.pages.size).toBeGreaterThan(10)
    const none = changeKeys(
      sha256,
      tree,
      Array.from({ length: 200 }, (_, i) => ({ key: keyOf(i), value: null })),
    )
    store.save(tree, none)
    expect([treeRoot(none), store.pages.size]).toEqual([new Uint8Array(32), 0])
  })
})

describe('a change', () => {
  it('gives the very same tree where it changes nothing', () => {
    const tree = grown(20)
    expect(changeKeys(sha256, tree, [])).toBe(tree)
    expect(changeKeys(sha256, tree, [{ key: keyOf(99), value: null }, put(3)])).toBe(tree)
  })

  it('leaves the tree that it starts from as it was', () => {
    const tree = grown(20)
    const root = treeRoot(tree)
    changeKeys(sha256, tree, [put(3, 4), { key: keyOf(5), value: null }])
    expect([treeRoot(tree), valueAt(tree, keyOf(3))]).toEqual([root, valueOfNumber(3)])
  })

  it('hashes the way of its key and no more, however large the tree', () => {
    const tree = grown(5_000)
    let hashes = 0
    const counting = (...parts: Uint8Array[]) => {
      hashes++
      return sha256(...parts)
    }
    changeKeys(counting, tree, [put(17, 18)])
    expect(hashes).toBeLessThan(30)
  })

  it('moves a key up where its neighbour goes', () => {
    const [a, b] = [crowdedKey(0), crowdedKey(2)]
    const value = valueOfNumber(1)
    const two = changeKeys(sha256, emptyTree, [
      { key: a, value },
      { key: b, value },
    ])
    const one = changeKeys(sha256, two, [{ key: b, value: null }])
    expect(treeRoot(one)).toEqual(sha256(Uint8Array.of(2), a, value))
    // Fifteen bits further down the two parted: all those pages go.
    expect(changedPages(two, one).filter(({ bytes }) => bytes === null).length).toBeGreaterThan(50)
  })

  it.each([
    ['a key twice', [put(1), put(1, 2)]],
    ['a short key', [{ key: keyOf(1).slice(1), value: null }]],
    ['a short value', [{ key: keyOf(1), value: keyOf(1).slice(1) }]],
  ])('is refused with %s', (_what, changes) => {
    expectCode(() => changeKeys(sha256, emptyTree, changes), 'PROOF_SPARSE_KEYS')
  })
})

describe('pages', () => {
  const store = new Store()
  store.save(emptyTree, grown(400))
  const closed = () => treeOfPages(sha256, store.pages.get('')!)

  it('are needed before their keys are read, changed or compared', () => {
    const tree = closed()
    expectCode(() => valueAt(tree, keyOf(7)), 'PROOF_STATE_MISSING')
    expectCode(() => changeKeys(sha256, tree, [put(7, 8)]), 'PROOF_STATE_MISSING')
    const opened = store.open([keyOf(7)])
    expectCode(
      () => changedPages(tree, changeKeys(sha256, opened, [put(7, 8)])),
      'PROOF_STATE_MISSING',
    )
  })

  it('are needed only on the way to the keys asked for', () => {
    const missing = missingPages(closed(), [keyOf(7)])
    expect(missing).toEqual([expect.stringMatching(/^[01]{4}$/)])
    expect(missingPages(store.open([keyOf(7)]), [keyOf(7)])).toEqual([])
  })

  it('may come together with those above them, or again', () => {
    const all = loadPages(sha256, closed(), store.pages)
    expect(valueAt(all, keyOf(399))).toEqual(valueOfNumber(399))
    expect(treeRoot(loadPages(sha256, all, store.pages))).toEqual(treeRoot(all))
  })

  it('are refused without those above them', () => {
    const [deep] = [...store.pages.keys()].filter((prefix) => prefix.length === 8)
    const only = new Map([[deep!, store.pages.get(deep!)!]])
    expectCode(() => loadPages(sha256, closed(), only), 'PROOF_STATE_MISSING')
  })

  it('are refused with any byte changed, cut off or added', () => {
    const [prefix] = missingPages(closed(), [keyOf(7)]) as [string]
    const bytes = store.pages.get(prefix)!
    const load = (page: Uint8Array) => loadPages(sha256, closed(), new Map([[prefix, page]]))
    for (let at = 0; at < bytes.length; at++) {
      expectCode(() => load(bytes.with(at, bytes[at]! ^ 1)), 'PROOF_STATE_PAGE')
      expectCode(() => load(bytes.with(at, bytes[at]! ^ 0x80)), 'PROOF_STATE_PAGE')
    }
    for (const page of [bytes.slice(0, -1), bytes.slice(1), new Uint8Array([...bytes, 0])]) {
      expectCode(() => load(page), 'PROOF_STATE_PAGE')
    }
  })

  it('are refused at another place, and a leaf or nothing makes no page but the first', () => {
    const [one, two] = [...store.pages.keys()].filter((prefix) => prefix.length === 4)
    const swapped = new Map([[one!, store.pages.get(two!)!]])
    expectCode(() => loadPages(sha256, closed(), swapped), 'PROOF_STATE_PAGE')
    const leaf = Uint8Array.of(1, ...keyOf(1), ...keyOf(2))
    expect(treeRoot(treeOfPages(sha256, leaf))).toEqual(sha256(Uint8Array.of(2), leaf.slice(1)))
    expectCode(() => treeOfPages(sha256, Uint8Array.of(0)), 'PROOF_STATE_PAGE')
    expectCode(() => treeOfPages(sha256, Uint8Array.of(2, 0, ...leaf)), 'PROOF_STATE_PAGE')
    expectCode(() => treeOfPages(sha256, Uint8Array.of(2, 0, 0)), 'PROOF_STATE_PAGE')
  })
})
