import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { openMetrics } from '../../server/metrics/metrics.ts'
import { hasPython, installPython } from '../setup/python.ts'

const HERE = fileURLToPath(new URL('python', import.meta.url))

interface Family {
  name: string
  type: string
  help: string
  samples: [name: string, labels: Record<string, string>, value: number][]
}

/** What the client library of Prometheus, in Python, reads in a text. */
async function readInPython(text: string): Promise<Family[]> {
  const python = await installPython('prometheus_client==0.26.0')
  const options = { input: text, encoding: 'utf8', maxBuffer: 1e8 } as const
  return JSON.parse(execFileSync(python, [join(HERE, 'metrics.py')], options)) as Family[]
}

it.skipIf(!hasPython('nobody else reads the metrics'))(
  'metrics are read by the library of Prometheus as they are meant',
  async () => {
    const metrics = openMetrics({ version: '1.2.3 "of" a \\ version' })
    metrics.watch({
      pool: () => ({ most: 32, busy: 3 }),
      waiting: () => ({ commands: 4, witnesses: 5 }),
      lag: async () => ({ logs: 2, records: 7, oldestSeconds: 1.5, merges: 1 }),
    })
    const request = {
      id: 'a',
      method: 'POST',
      operation: null,
      field: 'query log',
      tenant: 'acme',
      address: null,
    }
    for (const status of [200, 503]) {
      const code = status === 503 ? 'DATABASE_UNAVAILABLE' : null
      metrics.requestStarted()
      metrics.requestEnded(
        { ...request, route: '/graphql', code },
        { status, milliseconds: 30, aborted: false },
      )
    }
    metrics.onQuery({ name: 'entities by id' }, 'read')(new Error('no'))
    const text = await metrics.text()
    const families = new Map((await readInPython(text)).map((one) => [one.name, one]))

    expect(families.get('selvedge_info')!.samples[0]![1]).toEqual({
      version: '1.2.3 "of" a \\ version',
    })
    expect(families.get('selvedge_requests')).toMatchObject({ type: 'counter' })
    const counted = families
      .get('selvedge_requests')!
      .samples.map(([, labels, value]) => [labels, value])
    const asked = { method: 'POST', route: '/graphql', operation: 'query log' }
    expect(counted).toEqual([
      [{ ...asked, status: '2xx' }, 1],
      [{ ...asked, status: '5xx' }, 1],
    ])
    const { type, samples } = families.get('selvedge_request_seconds')!
    expect(type).toBe('histogram')
    const below = (le: string) =>
      samples.find(([name, labels]) => /_bucket$/.test(name) && labels.le === le)![2]
    expect([below('0.025'), below('0.05'), below('+Inf')]).toEqual([0, 2, 2])
    expect(families.get('selvedge_checkpoint_age_seconds')).toMatchObject({
      type: 'gauge',
      samples: [['selvedge_checkpoint_age_seconds', {}, 1.5]],
    })
    // Nothing was passed over: every family that we name is one that it knows, with a help of its own.
    const named = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, kind]) =>
      kind === 'counter' ? name!.replace(/_total$/, '') : name!,
    )
    expect([...families.keys()].sort()).toEqual([...new Set(named)].sort())
    expect([...families.values()].filter(({ help }) => help.length < 5)).toEqual([])
  },
)
