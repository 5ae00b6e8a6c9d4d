import { join } from 'node:path'
import { type AppOptions, createApp } from '../../server/app.ts'
import { defaultLimits, type Limits } from '../../server/limits/limits.ts'
import { openObjectFiles } from '../../server/object-files.ts'
import type { TestApp } from '../setup/app.ts'
import { type SubscribeAsked, type Subscriber, subscribe } from './subscriber.ts'

/** Another server on the same database, with limits of its own. */
export function appWith(
  { database, ledger, home }: TestApp,
  limits: Partial<Limits> = {},
  options: Partial<AppOptions> = {},
) {
  const app = createApp({
    ...{ database, ledger, objects: openObjectFiles(join(home, 'objects')) },
    limits: { ...defaultLimits(), subscriptionHeartbeat: 100, ...limits },
    report: (error) => {
      throw error
    },
    ...options,
  })
  const open = (asked: SubscribeAsked): Promise<Subscriber> =>
    subscribe({ send: (request) => app.fetch(request), ...asked })
  return { app, open }
}

export const codeOf = (told: Awaited<ReturnType<Subscriber['next']>>) =>
  told?.errors?.[0]?.extensions.code
