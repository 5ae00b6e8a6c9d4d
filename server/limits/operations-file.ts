import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'graphql'
import { sha256 } from '../../core/sha256.ts'
import { hex } from '../../proofs/hex.ts'
import { utf8 } from '../../proofs/utf8.ts'
import { operationsInvalid } from '../problems.ts'
import { checkLimits } from './operation.ts'

/** Documents by the SHA-256 of their text, in hex. */
export type Documents = ReadonlyMap<string, string>

export const hashOf = (document: string) => hex(sha256(utf8(document)))

/**
 * Reads the documents that may be asked for by their hash: a directory of `.graphql` files, one a
 * document; or a JSON file, which is either an object of documents by hash, or the manifest that
 * Apollo's `generate-persisted-query-manifest` writes.
 *
 * @throws {Problem} `OPERATIONS_INVALID`, naming the first document that is none or has another hash.
 */
export function readOperations(path: string): Documents {
  const documents = new Map<string, string>()
  for (const { name, id, document } of listed(path)) {
    const hash = hashOf(document)
    if (id !== undefined && id !== hash) throw operationsInvalid(name, `its SHA-256 is ${hash}`)
    try {
      checkLimits(parse(document))
    } catch (error) {
      throw operationsInvalid(name, (error as Error).message, error)
    }
    documents.set(hash, document)
  }
  return documents
}

interface Listed {
  name: string
  id?: string
  document: string
}

function listed(path: string): Listed[] {
  try {
    if (!statSync(path).isDirectory())
      return inManifest(path, JSON.parse(readFileSync(path, 'utf8')))
    return readdirSync(path)
      .filter((name) => name.endsWith('.graphql'))
      .sort()
      .map((name) => ({ name: join(path, name), document: readFileSync(join(path, name), 'utf8') }))
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code) {
      throw operationsInvalid(path, (error as Error).message, error)
    }
    throw error
  }
}

function inManifest(path: string, manifest: unknown): Listed[] {
  const { format, operations } = (manifest ?? {}) as { format?: unknown; operations?: unknown }
  const pairs =
    format === 'apollo-persisted-query-manifest' && Array.isArray(operations)
      ? operations.map((one: { id?: unknown; body?: unknown }) => [one?.id, one?.body] as const)
      : Object.entries(manifest ?? {})
  return pairs.map(([id, document]) => {
    if (typeof id === 'string' && typeof document === 'string') {
      return { name: `${path}: ${id}`, id, document }
    }
    throw operationsInvalid(path, 'it must give documents by their SHA-256')
  })
}
