import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'
import { listen } from '../../server/listen.ts'
import { testApp } from '../setup/app.ts'
import { freshTenant } from '../setup/ledger.ts'
import { hasPython, installPython } from '../setup/python.ts'
import { currentWorld } from './world.ts'

const CLIENT = 'openlineage-python==1.54.0'

const { app, database, faults, ledger } = await testApp()
const run = promisify(execFile)

it.skipIf(!hasPython('no openlineage-python delivers events'))(
  'records what the public Python client delivers',
  async () => {
    const { url, close } = await listen(app, { host: '127.0.0.1', port: 0 })
    afterAll(close)
    const [python, tenant] = [await installPython(CLIENT), await freshTenant(ledger)]
    const script = fileURLToPath(new URL('deliver.py', import.meta.url))
    await run(python, [script, url, tenant])
    expect(faults).toEqual([])
    const { nodes, edges, bodies } = await currentWorld(database, tenant)
    const [raw, mart, report] = [
      '["pg","raw.orders"]',
      '["hive","mart.orders"]',
      '["pg","mart.report"]',
    ]
    const dag = ['job ["airflow","dag"]', 'run ["run","01936893-9751-7a91-a2a0-a51101a3970c"]']
    const task = [
      'job ["airflow","dag.task"]',
      'run ["run","01936893-9751-7b3c-8f76-8ac6d0e5f8a3"]',
    ]
    const reporting = 'job ["airflow","dag.report"]'
    expect(nodes).toEqual(
      [...dag, ...task, reporting, ...[raw, mart, report].map((name) => `dataset ${name}`)].sort(),
    )
    expect(edges).toEqual(
      [
        `${task[0]} USED dataset ${raw}`,
        `${task[0]} PART_OF ${dag[0]}`,
        `dataset ${mart} WAS_GENERATED_BY ${task[0]}`,
        `${reporting} USED dataset ${mart}`,
        `dataset ${report} WAS_GENERATED_BY ${reporting}`,
        `${task[1]} RUN_OF ${task[0]}`,
        `${task[1]} CHILD_OF ${dag[1]}`,
        `${task[1]} RUN_USED dataset ${raw}`,
        `${task[1]} RUN_GENERATED dataset ${mart}`,
      ].sort(),
    )
    expect(bodies[task[1]!]).toMatchObject({
      state: 'COMPLETE',
      startedAt: '2026-03-31T09:15:02.113000000Z',
      endedAt: '2026-03-31T09:15:09.500000000Z',
    })
    expect(bodies[`dataset ${mart}`]).toMatchObject({
      'facet:output:outputStatistics': { rowCount: '9007199254740993' },
    })
  },
  180_000,
)
