/** What is kept with each of many objects that come and go. */
export interface KeptWith<K extends object, V> {
  get(of: K): V | undefined
  set(of: K, value: V): void
  delete(of: K): void
}

/**
 * Keeps things with the objects they belong to, as a property that nobody else can name. A `WeakMap` does
 * the same, but V8's collector of young objects takes its values for alive: one that leads back to its key
 * keeps a whole request until the next full collection (docs/decisions/0035-short-pauses.md).
 */
export function keptWith<K extends object, V>(): KeptWith<K, V> {
  const name = Symbol('kept')
  type Keeper = { [name]?: V }
  return {
    get: (of) => (of as Keeper)[name],
    set: (of, value) => {
      ;(of as Keeper)[name] = value
    },
    delete: (of) => {
      ;(of as Keeper)[name] = undefined
    },
  }
}
