import { Problem } from '../../core/problem.ts'
import { readConfig } from '../../server/config.ts'
import { openService } from '../../server/open.ts'

/**
 * A server without HTTP: the service as `selvedge start` opens it, in a process of its own that can be
 * killed, taking commands over the channel to its parent.
 */
export type Ask =
  | { ask: number; do: 'write'; tenant: string; key: string; name: string; job: string }
  | { ask: number; do: 'checkpoint'; tenant: string }
  | { ask: number; do: 'close' }

export interface Written {
  id: string
  seq: number
  version: number
  replayed: boolean
}

export type Answer = { ask: number } & (
  | { written: Written }
  | { note: string | null }
  | { problem: string }
  | { closed: true }
)

const service = await openService(readConfig(), {
  onError: (error) => process.stderr.write(`in the background: ${error}\n`),
})

const answer = (what: Answer) => process.send?.(what)

async function write({ tenant, key, name, job }: Extract<Ask, { do: 'write' }>): Promise<Written> {
  const made = { kind: 'Dataset', namespace: 'db', name } as const
  const maker = { kind: 'Job', namespace: 'jobs', name: job } as const
  const { outcomes, replayed } = await service.ledger.submit({
    tenant,
    subject: 'client',
    key,
    request: `write ${name}`,
    names: [made, maker],
    run: async (draft) => [
      draft.assert({
        ...made,
        id: draft.urn(made.kind, made.namespace, made.name),
        link: [{ rel: 'WAS_GENERATED_BY', to: maker }],
      }),
    ],
  })
  const { id, seq, version } = outcomes[0]!
  return { id, seq, version, replayed }
}

async function carryOut(asked: Ask): Promise<Answer> {
  const { ask } = asked
  if (asked.do === 'write') return { ask, written: await write(asked) }
  if (asked.do === 'checkpoint') {
    return { ask, note: (await service.ledger.checkpoint(asked.tenant))?.note ?? null }
  }
  await service.close()
  return { ask, closed: true }
}

process.on('message', (asked: Ask) => {
  void carryOut(asked)
    .catch((error: unknown): Answer => {
      const problem = error instanceof Problem ? error.code : String((error as Error)?.stack)
      return { ask: asked.ask, problem }
    })
    .then(answer)
    .then(() => asked.do === 'close' && process.disconnect?.())
})
process.on('disconnect', () => process.exit())
process.send?.({ ask: 0, closed: true } satisfies Answer)
