import { afterAll, expect, vi } from 'vitest'
import { type DelivererOptions, openDeliverer } from '../../server/webhooks/deliverer.ts'
import type { Outcome } from '../../server/webhooks/turn.ts'
import { type Answer, type TestApp, testApp } from '../setup/app.ts'
import { SERVICE_NAME } from '../setup/ledger.ts'
import { LOOPBACK, ofThese, SOON } from './own-tenants.ts'

export { LOOPBACK, SOON } from './own-tenants.ts'

export type WebhookTest = Awaited<ReturnType<typeof webhookTest>>

/** The whole service with a deliverer, which ends with the test file. */
export async function webhookTest(options: Partial<DelivererOptions> = {}) {
  const test: TestApp = await testApp('on demand', { webhookNetworks: LOOPBACK })
  const tenants: string[] = []
  const errors: unknown[] = []
  const outcomes: Outcome[] = []
  const deliverer = (more: Partial<DelivererOptions> = {}) =>
    openDeliverer({
      ...{ database: ofThese(test.database, tenants), keys: test.keys, service: SERVICE_NAME },
      ...{ networks: LOOPBACK, timeoutMs: 2_000, patience: SOON, everyMs: 20 },
      onError: (error) => errors.push(error),
      onOutcome: (outcome) => outcomes.push(outcome),
      ...options,
      ...more,
    })
  const delivering = deliverer()
  afterAll(() => delivering.close())
  return {
    ...test,
    errors,
    outcomes,
    tenants,
    deliverer,
    delivering,
    async freshTenant() {
      const tenant = await test.freshTenant()
      tenants.push(tenant)
      return tenant
    },
  }
}

type Ask = Pick<TestApp, 'ask'>

const SHOWN = `id url kinds state retired
  delivery { next behind agreed rate attempts lastStatus lastError lastAttemptAt lastDeliveredAt failingSince nextAttemptAt because deadLetters }`

export interface Hook {
  id: string
  url: string | null
  kinds: string[] | null
  state: string
  retired: boolean
  delivery: {
    next: number
    behind: number
    agreed: boolean
    rate: number | null
    attempts: number
    lastStatus: number | null
    lastError: string | null
    lastAttemptAt: string | null
    lastDeliveredAt: string | null
    failingSince: string | null
    nextAttemptAt: string | null
    because: string | null
    deadLetters: number
  } | null
}

interface Saying {
  headers?: Record<string, string>
}

type Changed<Field extends string> = Answer<
  Record<Field, { webhook: Hook | null; position: string; replayed: boolean }>
>

export const tryToCreate = (
  { ask }: Ask,
  tenant: string,
  input: object,
  saying: Saying = {},
): Promise<Changed<'webhookCreate'>> =>
  ask(
    `mutation ($input: WebhookInput!) { webhookCreate(input: $input) { webhook { ${SHOWN} } position replayed } }`,
    { tenant, variables: { input }, ...saying },
  )

/** Registers a webhook that must be taken. */
export async function create(test: Ask, tenant: string, input: object): Promise<Hook> {
  const { data, errors } = await tryToCreate(test, tenant, input)
  expect(errors).toBeUndefined()
  return data.webhookCreate.webhook!
}

export const tryToUpdate = (
  { ask }: Ask,
  tenant: string,
  id: string,
  input: object,
): Promise<Changed<'webhookUpdate'>> =>
  ask(
    `mutation ($id: ID!, $input: WebhookChange!) { webhookUpdate(id: $id, input: $input) { webhook { ${SHOWN} } position replayed } }`,
    { tenant, variables: { id, input } },
  )

export const steer = (
  { ask }: Ask,
  tenant: string,
  verb: 'webhookPause' | 'webhookResume' | 'webhookDelete',
  id: string,
): Promise<Changed<'it'>> =>
  ask(`mutation ($id: ID!) { it: ${verb}(id: $id) { webhook { ${SHOWN} } position replayed } }`, {
    tenant,
    variables: { id },
  })

/** How a webhook stands. */
export async function hookOf({ ask }: Ask, tenant: string, id: string): Promise<Hook> {
  const { data, errors } = await ask<{ webhooks: { nodes: Hook[] } }>(
    `{ webhooks(deleted: true) { nodes { ${SHOWN} } } }`,
    { tenant },
  )
  expect(errors).toBeUndefined()
  return data.webhooks.nodes.find((one) => one.id === id)!
}

export interface Letter {
  seq: number
  subject: string | null
  kind: string | null
  attempts: number
  lastStatus: number | null
  lastError: string | null
  again: boolean
}

export const tryLetters = (
  { ask }: Ask,
  tenant: string,
  webhook: string,
  page: { first?: number; after?: string | null } = {},
): Promise<
  Answer<{
    deadLetters: { nodes: Letter[]; pageInfo: { hasNextPage: boolean; endCursor: string } }
  }>
> =>
  ask(
    `query ($webhook: ID!, $first: Int = 50, $after: String) { deadLetters(webhook: $webhook, first: $first, after: $after) {
       nodes { seq subject kind attempts lastStatus lastError failedAt again } pageInfo { hasNextPage endCursor } } }`,
    { tenant, variables: { webhook, ...page } },
  )

export const lettersOf = async (test: Ask, tenant: string, webhook: string) =>
  (await tryLetters(test, tenant, webhook)).data.deadLetters.nodes

export const redeliver = (
  { ask }: Ask,
  tenant: string,
  id: string,
  seqs?: readonly number[],
): Promise<Answer<{ webhookRedeliver: { count: number } }>> =>
  ask('mutation ($id: ID!, $seqs: [Seq!]) { webhookRedeliver(id: $id, seqs: $seqs) { count } }', {
    tenant,
    variables: { id, seqs },
  })

/** Waits until something holds that the deliverer brings about. */
export const until = <T>(holds: () => T | Promise<T>, timeout = 60_000) =>
  vi.waitFor(holds, { timeout, interval: 20 })
