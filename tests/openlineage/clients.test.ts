import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testApp } from '../setup/app.ts'
import { installJava, javaTools } from '../setup/java.ts'
import { hasPython, installPython } from '../setup/python.ts'
import { type ServingProcess, startServing } from '../setup/serving.ts'
import { fixture } from './events.ts'
import { expectedWorld } from './reference.ts'
import { expectSparkColumns } from './spark-columns.ts'
import { currentWorld } from './world.ts'

const FILES = ['food-delivery', 'airflow', 'column-lineage', 'client'] as const

const test = await testApp()
const run = promisify(execFile)
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const pathOf = (name: string) => here(`../fixtures/openlineage/${name}.ndjson`)

let service: ServingProcess
beforeAll(async () => {
  service = await startServing()
}, 120_000)
afterAll(async () => {
  service.child.kill('SIGTERM')
  await service.ended
})

/** What a client delivered of each file, each file to a tenant of its own, is what its jobs declare. */
async function expectDelivered(deliver: (args: string[]) => Promise<unknown>) {
  for (const name of FILES) {
    const tenant = await test.freshTenant()
    await deliver([service.url, tenant, pathOf(name)])
    const { nodes, edges } = await currentWorld(test.database, tenant)
    const expected = expectedWorld(fixture(name))
    expect({ nodes, edges }).toEqual({ nodes: expected.nodes, edges: expected.edges })
    if (name === 'column-lineage') await expectSparkColumns(test, tenant)
  }
}

describe('the public Python client', () => {
  it.skipIf(!hasPython('openlineage-python delivers no real events'))(
    'delivers every real event, and its lineage is there, columns too',
    async () => {
      const python = await installPython('openlineage-python==1.54.0')
      await expectDelivered((args) => run(python, [here('deliver-fixtures.py'), ...args]))
    },
    300_000,
  )
})

describe('the public Java client', () => {
  const tools = javaTools('openlineage-java delivers no real events')
  const jars =
    tools && installJava(tools, here('java/pom.xml'), 'openlineage-java delivers no real events')

  it.skipIf(!jars)(
    'delivers every real event, and its lineage is there, columns too',
    async () => {
      const source = here('java/DeliverFixtures.java')
      await expectDelivered((args) => run(tools!.java, ['-cp', `${jars}/*`, source, ...args]))
    },
    300_000,
  )
})
