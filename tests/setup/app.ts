import { join } from 'node:path'
import type { Database, Params, Query } from '../../lineage/graph.ts'
import { type App, type AppOptions, createApp } from '../../server/app.ts'
import { openObjectFiles } from '../../server/object-files.ts'
import { freshTenant, testLedger } from './ledger.ts'

/** A GraphQL answer as a client reads it. */
export interface Answer<Data> {
  status: number
  data: Data
  errors?: { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[]
  extensions?: { position?: string }
}

/** What a request may say besides its text. */
export interface Saying {
  variables?: Record<string, unknown>
  tenant?: string
  headers?: Record<string, string>
  extensions?: Record<string, unknown>
}

export interface TestApp extends Awaited<ReturnType<typeof testLedger>> {
  app: App
  /** The names of the texts that were read since the last look. */
  reads(): string[]
  /** The faults that were the server's own. */
  faults: unknown[]
  ask<Data = Record<string, never>>(query: string, saying?: Saying): Promise<Answer<Data>>
  freshTenant(): Promise<string>
}

/** The whole service on the Neo4j of this run, asked without a socket. */
export async function testApp(
  signing?: Parameters<typeof testLedger>[0],
  options: Partial<AppOptions> = {},
): Promise<TestApp> {
  const opened = await testLedger(signing)
  const { ledger, home } = opened
  const { database, reads } = counting(opened.database)
  const faults: unknown[] = []
  const app = createApp({
    database,
    ledger,
    objects: openObjectFiles(join(home, 'objects')),
    report: (error) => faults.push(error),
    ...options,
  })
  return {
    ...opened,
    app,
    reads,
    faults,
    freshTenant: () => freshTenant(ledger),
    async ask<Data>(query: string, { variables, tenant, headers, extensions }: Saying = {}) {
      const request = new Request('http://localhost/graphql', {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(tenant && { 'x-selvedge-tenant': tenant }),
          ...headers,
        },
        body: JSON.stringify({ query, variables, extensions }),
      })
      const response = await app.fetch(request)
      return { ...((await response.json()) as Answer<Data>), status: response.status }
    },
  }
}

/** The database, counting what is read through it. */
function counting(database: Database) {
  let names: string[] = []
  const counted: Database = {
    ...database,
    graph(tenant) {
      const graph = database.graph(tenant)
      return {
        ...graph,
        read: <Row>(query: Query<Row>, params?: Params) => {
          // It goes beside every request, and says nothing of what is asked for.
          if (query.name !== 'version of the policies') names.push(query.name)
          return graph.read(query, params)
        },
      }
    },
  }
  const reads = () => {
    const read = names
    names = []
    return read
  }
  return { database: counted, reads }
}
