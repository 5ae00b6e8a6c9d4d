import { expect, it } from 'vitest'
import { freshTenant, testLedger } from '../setup/ledger.ts'
import { fixture, shuffled } from './events.ts'
import { expectedWorld, jobLabel, type RawEvent, runLabel } from './reference.ts'
import { currentWorld, sendSingly, sendTogether } from './world.ts'

const { database, ledger, errors } = await testLedger()

/** One line for each job, written by hand from the events: `inputs > job [run] > outputs`. */
interface ByHand {
  namespace: string
  jobs: string
  /** Datasets that no job names. */
  alone?: [namespace: string, name: string][]
  /** One line for each dataset whose columns come from others: `dataset < those`. */
  derived?: string
}

const FOOD_DELIVERY: ByHand = {
  namespace: 'food_delivery',
  jobs: `
    > dbt [f69a6e9b-9bac-3c9a-9cf6-eacb70ecc9a9] >
    > etl_menus [4d3b8069-69b6-4708-ade0-3275112c9f04] > public.menus
    > etl_categories [6f0c13a5-f29b-46a5-90c1-0ffbebbbd1aa] > public.categories
    > etl_menu_items [e05901b1-3a06-4b98-8d9c-aaf188c9a28c] > public.menu_items
    > etl_orders [a43a8523-349f-4296-807f-3354ac491990] > public.orders
    public.menus public.menu_items public.orders public.categories > etl_orders_7_days [ffba2c14-4170-48da-bec3-ab5fd4ec9a3f] > public.orders_7_days
    > etl_customers [182a9eaf-881a-4d49-860c-f7e260b8bf60] > public.customers
    > etl_order_status [b7098939-87f0-4207-878f-dfd8e8804d8a] > public.order_status
    > etl_drivers [9f3db1c5-5e9a-4280-8184-18aca4592c77] > public.drivers
    > etl_restaurants [8ddfb1d9-415f-4850-bcd6-01d02f011abe] > public.restaurants
    public.orders_7_days public.customers public.order_status public.drivers public.restaurants > etl_delivery_7_days [d5a2a4c4-fc78-428d-ae85-08c942ed8371] > public.delivery_7_days
    public.delivery_7_days > delivery_times_7_days [bd41a42a-bf18-4b74-9bb7-cd62637823d8] > public.top_delivery_times public.discounts
    public.top_delivery_times public.customers > orders_popular_day_of_week [adc8507c-595e-4d76-9dac-be2bf0ffe1ee] > public.popular_orders_day_of_week
    public.discounts public.customers > email_discounts [3ab25429-cf9c-4d1d-9166-1e1946f9d3c3] >`,
  // `public.menu_item_id` is what the producer wrote for a dataset: it names a column's input.
  derived: `
    public.orders_7_days < public.orders public.menus public.categories public.menu_items
    public.delivery_7_days < public.orders_7_days public.order_status public.customers public.restaurants public.menu_item_id public.drivers
    public.top_delivery_times < public.delivery_7_days
    public.discounts < public.delivery_7_days
    public.popular_orders_day_of_week < public.top_delivery_times`,
}

const CLIENT: ByHand = {
  namespace: 'my-namespace',
  jobs: `
    my-input > my-job [d46e465b-d358-4d32-83d4-df660ff614dd] > my-output
    > myjob [43d7db3b-8984-4cda-b237-8c6919b36670] >`,
  alone: [['my-dataset-namespace', 'my-dataset-name']],
}

/** The nodes and edges that a table written by hand stands for. */
function drawn({ namespace, jobs, alone = [], derived = '' }: ByHand) {
  const dataset = (name: string) => `dataset ${JSON.stringify([namespace, name])}`
  const nodes = new Set(alone.map((name) => `dataset ${JSON.stringify(name)}`))
  const edges: string[] = []
  for (const line of jobs.trim().split('\n')) {
    const [inputs, [name, id], outputs] = line
      .split('>')
      .map((part) => part.trim().split(/\s+/)) as [string[], [string, string], string[]]
    const job = jobLabel({ namespace, name })
    const run = runLabel({ runId: id.slice(1, -1) })
    nodes.add(job).add(run)
    edges.push(`${run} RUN_OF ${job}`)
    for (const input of inputs.filter(Boolean).map(dataset)) {
      nodes.add(input)
      edges.push(`${job} USED ${input}`, `${run} RUN_USED ${input}`)
    }
    for (const output of outputs.filter(Boolean).map(dataset)) {
      nodes.add(output)
      edges.push(`${output} WAS_GENERATED_BY ${job}`, `${run} RUN_GENERATED ${output}`)
    }
  }
  for (const line of derived.trim().split('\n').filter(Boolean)) {
    const [owner, inputs] = line.split(' < ') as [string, string]
    for (const input of inputs.trim().split(' ').map(dataset)) {
      nodes.add(input)
      edges.push(`${dataset(owner.trim())} WAS_DERIVED_FROM ${input}`)
    }
  }
  return { nodes: [...nodes].sort(), edges: edges.sort() }
}

it.each([
  ['food-delivery', FOOD_DELIVERY, 42, 81],
  ['client', CLIENT, 7, 6],
])('records exactly the nodes and edges of %s', async (name, byHand, nodes, edges) => {
  const tenant = await freshTenant(ledger)
  await sendSingly(ledger, tenant, fixture(name))
  const world = await currentWorld(database, tenant)
  expect({ nodes: world.nodes, edges: world.edges }).toEqual(drawn(byHand))
  expect([world.nodes.length, world.edges.length]).toEqual([nodes, edges])
})

const DELIVERIES: [string, (events: RawEvent[], tenant: string) => Promise<unknown>][] = [
  ['shuffled', (events, tenant) => sendSingly(ledger, tenant, shuffled(events, 7))],
  ['backwards', (events, tenant) => sendTogether(ledger, tenant, events.toReversed())],
  [
    'twice',
    async (events, tenant) => {
      await sendTogether(ledger, tenant, events)
      await sendTogether(ledger, tenant, shuffled(events, 11))
    },
  ],
  [
    'half of them late',
    async (events, tenant) => {
      await sendTogether(
        ledger,
        tenant,
        events.filter((_, i) => i % 2 === 1),
      )
      await sendTogether(
        ledger,
        tenant,
        events.filter((_, i) => i % 2 === 0),
      )
    },
  ],
]

it.each(DELIVERIES)(
  'changes no current edge or body when events come %s',
  async (_how, deliver) => {
    for (const [name, byHand] of [
      ['food-delivery', FOOD_DELIVERY],
      ['client', CLIENT],
    ] as const) {
      const tenant = await freshTenant(ledger)
      const events = fixture(name)
      await deliver(events, tenant)
      const world = await currentWorld(database, tenant)
      expect({ nodes: world.nodes, edges: world.edges }).toEqual(drawn(byHand))
      expect(world).toEqual(expectedWorld(events))
    }
  },
)

it.each(DELIVERIES)(
  'keeps a real Airflow and a real Spark the same when events come %s',
  async (_how, deliver) => {
    for (const name of ['airflow', 'column-lineage']) {
      const tenant = await freshTenant(ledger)
      const events = fixture(name)
      await deliver(events, tenant)
      expect(await currentWorld(database, tenant)).toEqual(expectedWorld(events))
    }
  },
)

it('records the Spark events with their symlinks as one dataset each', async () => {
  const tenant = await freshTenant(ledger)
  await sendSingly(ledger, tenant, fixture('column-lineage'))
  const { nodes, edges } = await currentWorld(database, tenant)
  const table = (name: string) => `dataset ["file","/tmp/cll_test/${name}"]`
  expect(nodes.filter((node) => node.startsWith('dataset'))).toEqual(
    ['cll_source1', 'cll_source2', 'tbl1'].map(table),
  )
  const job = (name: string) =>
    `job ["testColumnLevelLineage","open_lineage_integration_create_table${name}"]`
  const create = '.execute_create_table_command.cll_test_'
  const select = '.execute_create_hive_table_as_select_command.default_tbl1'
  expect(edges.filter((edge) => !edge.startsWith('run'))).toEqual(
    [
      `${table('cll_source1')} WAS_GENERATED_BY ${job(`${create}cll_source1`)}`,
      `${table('cll_source2')} WAS_GENERATED_BY ${job(`${create}cll_source2`)}`,
      `${table('tbl1')} WAS_GENERATED_BY ${job(select)}`,
      `${table('tbl1')} WAS_DERIVED_FROM ${table('cll_source1')}`,
      `${table('tbl1')} WAS_DERIVED_FROM ${table('cll_source2')}`,
      `${job(select)} USED ${table('cll_source1')}`,
      `${job(select)} USED ${table('cll_source2')}`,
      ...[`${create}cll_source1`, `${create}cll_source2`, select].map(
        (name) => `${job(name)} PART_OF ${job('')}`,
      ),
    ].sort(),
  )
})

it('appends nothing when the same events come again', async () => {
  const tenant = await freshTenant(ledger)
  const events = fixture('food-delivery')
  await sendTogether(ledger, tenant, events)
  const again = await sendTogether(ledger, tenant, events)
  expect(again.flatMap(({ outcomes }) => outcomes.filter(({ changed }) => changed))).toEqual([])
  expect(errors).toEqual([])
})
