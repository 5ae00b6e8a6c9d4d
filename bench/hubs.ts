import type { ChildProcess } from 'node:child_process'
import type { Outcome } from '../ledger/draft.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { readLog } from '../lineage/log.ts'
import type { Config } from '../server/config.ts'
import { openAsk } from './ask-server.ts'
import type { Bench } from './bench.ts'
import { type Figures, median, round, timed } from './figures.ts'
import { startServer } from './start-server.ts'

const CLOSED = 10_000
const OPEN = 20
const BATCH = 500
const ASKED = 300
const BUDGET = 1.3
const TENANT = `hubs-${CLOSED}`

const LINEAGE = `query Bench($root: ID!) {
  lineage(root: $root, direction: DOWNSTREAM, depth: 4) {
    nodes { distance entity { id kind name } }
    edges { from to }
  }
}`

const NAMESPACE = 'hubs'
/** Two datasets that the same number of jobs reads; as many as `CLOSED` more did read the first. */
const DATASETS = ['hub', 'plain'] as const

/** Asks what is downstream of a dataset that 10,000 jobs no longer read, and of one that none ever did. */
export async function benchHubs(
  { service, say }: Bench,
  { config }: { config: Config },
): Promise<Figures> {
  const head = await readLog(service.database.graph(TENANT).read)
  if (!head) await record(service.ledger, say)
  const children: ChildProcess[] = []
  try {
    const { port, token } = await startServer(service, config, children)
    const ask = openAsk({ port, token, tenant: TENANT })
    const idOf = async (name: string) => {
      const named = `query Named($name: String!) { entity(kind: Dataset, namespace: "${NAMESPACE}", name: $name) { id } }`
      return (await ask<{ entity: { id: string } }>(named, { name })).entity.id
    }
    const [hub, plain] = [await idOf(DATASETS[0]), await idOf(DATASETS[1])]
    const [withClosed, without]: number[][] = [[], []]
    for (let i = 0; i < 2 * ASKED; i++) {
      const times = [
        await timed(() => ask(LINEAGE, { root: hub })),
        await timed(() => ask(LINEAGE, { root: plain })),
      ]
      if (i < ASKED) continue // the first half warms plans
      withClosed!.push(times[0]!)
      without!.push(times[1]!)
    }
    const [hubMs, plainMs] = [round(median(withClosed!)), round(median(without!))]
    return {
      suite: 'hubs',
      what: `what is downstream of a dataset with ${OPEN} edges in force, with and without ${CLOSED} that ended`,
      figures: { hubP50Ms: hubMs, plainP50Ms: plainMs },
      ratios: { hubToPlain: { value: round(hubMs / plainMs), budget: BUDGET } },
    }
  } finally {
    for (const child of children) child.kill()
  }
}

async function record(ledger: Ledger, say: (text: string) => void) {
  await ledger.createTenant({ tenant: TENANT, subject: 'bench' })
  const step = (
    request: string,
    jobs: readonly string[],
    dataset: string,
    verb: 'link' | 'unlink',
  ) =>
    ledger.submit({
      ...{ tenant: TENANT, subject: 'bench', request },
      names: [
        { kind: 'Dataset', namespace: NAMESPACE, name: dataset },
        ...jobs.map((name) => ({ kind: 'Job' as const, namespace: NAMESPACE, name })),
      ],
      run: async (draft): Promise<Outcome[]> => {
        const to = { kind: 'Dataset' as const, namespace: NAMESPACE, name: dataset }
        const far = draft.urn(to.kind, to.namespace, to.name)
        return jobs.map((name) => {
          const job = { kind: 'Job' as const, namespace: NAMESPACE, name }
          const id = draft.urn(job.kind, job.namespace, name)
          return draft.assert({
            ...{ ...job, id },
            ...(verb === 'link'
              ? { link: [{ rel: 'USED', to }] }
              : { unlink: [{ rel: 'USED', id: far }] }),
          })
        })
      },
    })
  for (const dataset of DATASETS) {
    const jobs = Array.from({ length: OPEN }, (_, i) => `reads ${dataset} ${i}`)
    await step(`open ${dataset}`, jobs, dataset, 'link')
  }
  for (let from = 0; from < CLOSED; from += BATCH) {
    const jobs = Array.from({ length: BATCH }, (_, i) => `read the hub ${from + i}`)
    await step(`link ${from}`, jobs, DATASETS[0], 'link')
    await step(`unlink ${from}`, jobs, DATASETS[0], 'unlink')
  }
  say(`recorded ${CLOSED} edges that ended`)
}
