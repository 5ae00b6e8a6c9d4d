import type { Client } from '../client.ts'
import { SEAL, type Sealed, WINDOWS, type Window, type WindowsAnswer } from './texts.ts'

/** Seals every window of days before one, the earliest first, and gives those that it sealed. */
export async function sealAll(client: Client, before: string): Promise<Window[]> {
  const sealed: Window[] = []
  for (const state of ['CLOSING', 'OPEN']) {
    for (let after: string | null = null; ; ) {
      const asked = { state, before, first: 500, after }
      const answer: WindowsAnswer = await client.graphql(WINDOWS, asked)
      const { nodes, pageInfo } = answer.usageWindows
      for (const { id } of nodes) {
        sealed.push((await client.graphql<Sealed>(SEAL, { window: id })).meteringSeal.window)
      }
      if (!pageInfo.hasNextPage) break
      after = pageInfo.endCursor
    }
  }
  return sealed
}
