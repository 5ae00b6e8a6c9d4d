import type { TestApp } from '../setup/app.ts'

export const near = (name: string) => ({ namespace: 'n', name })

/** What is answered of one line. */
export interface LineResult {
  line: number
  ok: boolean
  id?: string
  changed?: boolean
  replayed?: boolean
  code?: string
  path?: string
  message?: string
}

interface Answer {
  status: number
  results: LineResult[]
  code?: string
}

/** Sends lines as `selvedge import` does, or a body as it is. */
export async function sendImport(
  { app }: Pick<TestApp, 'app'>,
  tenant: string,
  lines: readonly [number, unknown][] | string | Uint8Array<ArrayBuffer>,
  { key, query = '', headers = {} }: { key?: string; query?: string; headers?: object } = {},
): Promise<Answer> {
  const isBody = typeof lines === 'string' || lines instanceof Uint8Array
  const body = isBody ? lines : JSON.stringify(lines.map(([line, item]) => ({ line, item })))
  const response = await app.fetch(
    new Request(`http://localhost/api/v1/import${query}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-selvedge-tenant': tenant,
        ...(key !== undefined && { 'idempotency-key': key }),
        ...headers,
      },
      body,
    }),
  )
  return { ...((await response.json()) as Answer), status: response.status }
}

export async function logSize({ ask }: Pick<TestApp, 'ask'>, tenant: string): Promise<number> {
  const { data } = await ask<{ log: { size: number } }>('{ log { size } }', { tenant })
  return data.log.size
}
