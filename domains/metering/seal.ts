import { failpoint } from '../../core/failpoint.ts'
import type { Draft } from '../../ledger/draft.ts'
import type { Ledger, Receipt } from '../../ledger/ledger.ts'
import { tenantUnknown } from '../../ledger/problems.ts'
import type { Ask, Graph } from '../../lineage/graph.ts'
import { farKinds, kindOfUrn } from '../../lineage/kinds.ts'
import { lockLog } from '../../lineage/log.ts'
import { closeWindow, sealWindow, type UsageWindow, windowById } from '../../lineage/usage.ts'
import { b64 } from '../../proofs/base64.ts'
import { isUrn } from '../../proofs/ids.ts'
import { type Counted, countWindow } from './count-window.ts'
import { windowNotOver, windowUnknown } from './problems.ts'
import { RECORDS, recordOf, spanOf } from './window.ts'

/** Who has a window sealed. */
export interface Sealing {
  subject: string
  /** The instant by which a window is over, in milliseconds. */
  now: number
}

/** A window that is sealed, and how far the log goes with its record. */
export interface Sealed {
  window: UsageWindow
  /** The receipt of the record; `null` where the window was sealed before. */
  receipt: Receipt | null
}

/**
 * Seals a window that is over. It is closed first, by a transaction of its own: from then on no event
 * gets into it, and whatever is late goes into the next. Then its events are counted, and its record is
 * written; last that is noted. Who dies on the way leaves a closed window, and sealing it again makes
 * the very same record.
 *
 * @throws {Problem} `METERING_WINDOW_UNKNOWN`, `METERING_WINDOW_NOT_OVER`, and what the ledger refuses.
 */
export async function sealUsage(
  { graph, ledger }: { graph: Graph; ledger: Pick<Ledger, 'submit'> },
  id: string,
  { subject, now }: Sealing,
): Promise<Sealed> {
  const window = await close(graph, id, now)
  if (window.state === 'sealed') return { window, receipt: null }
  failpoint('usage-closed')
  const record = window.record!
  const counted = await countWindow(patient(graph), window)
  const about = meteredBy(window)
  const receipt = await ledger.submit({
    tenant: graph.tenant,
    subject,
    request: `meteringSeal ${id}`,
    ids: [record, ...about],
    run: async (draft) => [recordWindow(draft, { window, counted, about })],
  })
  failpoint('usage-recorded')
  const { seq } = receipt.outcomes[0]!
  const seal = { id, seq, blocks: counted.blocks.map((one) => b64(one)), firsts: counted.firsts }
  const sealed = await graph.write(async ({ run }) => {
    await lockLog(run)
    await sealWindow(run, seal)
    return windowById(run, id)
  })
  return { window: sealed!, receipt }
}

/** What is read for a seal may take longer than whoever asked for it waits. */
const patient =
  (graph: Graph): Ask =>
  (text, params) =>
    graph.write(({ run }) => run(text, params))

async function close(graph: Graph, id: string, now: number): Promise<UsageWindow> {
  return graph.write(async ({ run }) => {
    const head = await lockLog(run)
    if (!head) throw tenantUnknown(graph.tenant)
    const window = await windowById(run, id)
    if (!window) throw windowUnknown(id)
    if (window.state !== 'open') return window
    const { until } = spanOf(window)
    if (now < Date.parse(until)) throw windowNotOver(id, until)
    const record = recordOf(head.namingKey, id)
    await closeWindow(run, { id, record })
    return { ...window, state: 'closing' as const, record }
  })
}

/** A subject that is the id of a thing of ours is what is metered. */
const meteredBy = ({ subject }: UsageWindow): string[] => {
  const kind = subject !== null && isUrn(subject) ? kindOfUrn(subject) : undefined
  return kind && farKinds('MeteringRecord', 'METERS').includes(kind) ? [subject!] : []
}

interface Recording {
  window: UsageWindow
  counted: Counted
  about: readonly string[]
}

/** Under the lock. A record that is there already is left as it is: it may even have been erased. */
function recordWindow(draft: Draft, { window, counted, about }: Recording) {
  const id = window.record!
  const found = draft.get(id)
  if (found) return { id, seq: found.seq, version: found.version, changed: false }
  const known = about.filter((far) => draft.get(draft.resolve(far)))
  const { meter, subject, unit } = window
  return draft.assert({
    ...{ kind: 'MeteringRecord', id, namespace: RECORDS, name: window.id },
    fields: {
      meter,
      ...(subject !== null && { subject }),
      ...(unit !== null && { unit }),
      ...spanOf(window),
      ...counted.said,
    },
    link: known.map((far) => ({ rel: 'METERS' as const, id: far })),
  })
}
