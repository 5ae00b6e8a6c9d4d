import type { Keys } from '../ledger/keys.ts'
import { deliveryLag } from '../lineage/deliveries.ts'
import { type Database, type QueryStarted, SERVICE } from '../lineage/graph.ts'
import { readLogLag } from '../lineage/log-lag.ts'
import { planTraversals } from '../lineage/traversal.ts'
import { type App, createApp } from './app.ts'
import type { Config } from './config.ts'
import { logDecisions } from './decision-log.ts'
import { openIdentity } from './identity/open.ts'
import { readOperations } from './limits/operations-file.ts'
import { type Listening, listen } from './listen.ts'
import { type Log, openLog, reportTo, tellTls, tellTo } from './log.ts'
import { keepLooking } from './look-out.ts'
import { openMetrics } from './metrics/metrics.ts'
import type { Neo4j, ResolveOptions } from './neo4j/find.ts'
import { logRequests } from './observed.ts'
import { openService } from './open.ts'
import { tlsHalfGiven } from './problems.ts'
import { openReadiness } from './readiness.ts'
import { shutDown } from './shut-down.ts'
import { readTlsFiles, tlsFilesOf } from './tls.ts'
import { openTracing } from './tracing/open.ts'
import { VERSION } from './version.ts'
import { openDeliverer } from './webhooks/deliverer.ts'
import { within } from './within.ts'

/** Whoever asks for metrics waits for about ten seconds, and wants the rest of them too. */
const LAG_WITHIN_MS = 2_000

/** How often this server looks at what it shares with others: the object store, and keys not to be had. */
const LOOK_EVERY_MS = 5_000

/** How long the longest pause before a webhook is tried again is. */
const LONGEST_PAUSE_MS = 3_600_000

/** How long webhooks are given, as the settings say. */
const patienceOf = ({ webhookAttempts, webhookPause, webhookDays }: Config) => ({
  attempts: webhookAttempts,
  firstMs: webhookPause,
  mostMs: LONGEST_PAUSE_MS,
  failingMs: webhookDays * 86_400_000,
})

/** Tells both of every text. */
const bothOf =
  (one: QueryStarted, other: QueryStarted): QueryStarted =>
  (query, access) => {
    const ends = [one(query, access), other(query, access)]
    return (error) => {
      for (const end of ends) end(error)
    }
  }

/** A whole service that takes requests, and the Neo4j that it found. */
export interface Serving {
  neo4j: Neo4j
  database: Database
  keys: Keys
  url: string
  port: number
  /** Reads again what may change while it serves, which is the certificate; `null` where there is none. */
  reload: (() => void) | null
  /** Answers what was accepted, signs what is committed, and stops; once, however often it is called. */
  close(): Promise<void>
}

/**
 * Opens the service and listens. Requests are taken at once, while the database still plans the
 * traversals in the background.
 *
 * @throws {Problem} `ISSUERS_INVALID`, `ISSUERS_MISSING`, `OPERATIONS_INVALID`, `LISTEN_NOT_LOCAL`,
 *   `PORT_TAKEN`, and what opening the service throws.
 */
export async function serve(
  config: Config,
  options: ResolveOptions & { log?: Log },
): Promise<Serving> {
  const log = options.log ?? openLog(config)
  const onError = tellTo(log)
  // Before anything is started: nobody could use a server that knows nobody.
  const identity = openIdentity(config, onError)
  if ((config.tlsCert === null) !== (config.tlsKey === null)) throw tlsHalfGiven()
  const tls = tlsFilesOf(config)
  // Before anything is started, as well: what is wrong with it is told at once.
  if (tls) readTlsFiles(tls)
  if (config.operations !== null) readOperations(config.operations)
  const metrics = openMetrics({ version: VERSION })
  const tracing = await openTracing(config)
  const onQuery = tracing ? bothOf(metrics.onQuery, tracing.onQuery) : metrics.onQuery
  const service = await openService(config, {
    ...options,
    ...{ onError, onQuery, tracing },
    // Whoever serves goes on serving: a command that only asks ends with its database.
    onNeo4jEnded: onError,
  })
  const { database, ledger, objects, neo4j, witnessWaitMs, askReplayer } = service
  const looking = {
    everyMs: LOOK_EVERY_MS,
    withinMs: config.readyWithin,
    onFailing: onError,
  }
  const store = keepLooking((signal) => objects.check(signal), {
    ...looking,
    what: 'the store of object files',
  })
  // It tells what it could not get by itself.
  const issuers = keepLooking(() => identity.keep(), {
    ...looking,
    what: 'an issuer of tokens',
    onFailing: () => {},
  })
  const readiness = openReadiness({
    database,
    keys: () => ledger.keys,
    issuers: identity.states,
    objects: store.isWell,
    withinMs: config.readyWithin,
  })
  metrics.watch({
    pool: database.pool,
    waiting: service.waiting,
    issuers: identity.states,
    checks: readiness.states,
    lag: () => within(LAG_WITHIN_MS, readLogLag(database.graph(SERVICE).read, Date.now())),
    deliveries: () => within(LAG_WITHIN_MS, deliveryLag(database.graph(SERVICE).read)),
  })
  const delivering = config.webhooks
    ? openDeliverer({
        ...{ database, keys: ledger.keys.held, service: config.service },
        ...{ networks: config.webhookNetworks, timeoutMs: config.webhookTimeout },
        ...{ patience: patienceOf(config), onOutcome: metrics.onDelivery, onError },
      })
    : null
  const closeService = async () => {
    store.stop()
    issuers.stop()
    await delivering?.close()
    await service.close()
  }
  let listening: Listening
  let app: App
  try {
    // So that the first probe is told of them, and not that nobody has looked yet.
    await store.first
    app = createApp({
      ...{ database, ledger, objects, witnessWaitMs, askReplayer },
      webhookNetworks: config.webhookNetworks,
      readiness,
      identity,
      hosts: config.publicHosts,
      metrics,
      tracing,
      proxies: config.trustedProxies,
      report: reportTo(log),
      onEnded: logRequests(log),
      onDecision: logDecisions(log),
      decisionSample: config.logPermits / 100,
      limits: config,
    })
    listening = await listen(app, { ...config, tls, onTls: tellTls(log) })
  } catch (error) {
    await closeService()
    throw error
  }
  const stop = new AbortController()
  const planned = planTraversals(database.graph(SERVICE).read, stop.signal).catch(onError)
  let closing: Promise<void> | undefined
  const closeAll = () => {
    stop.abort()
    return shutDown({
      drainMs: config.drainWait,
      withinMs: config.shutdownWithin,
      drain: readiness.drain,
      stopListening: () => {
        app.endSubscriptions()
        return listening.close()
      },
      closeService: async () => {
        await planned
        await closeService()
        await tracing?.close()
      },
      log,
    })
  }
  return {
    neo4j,
    database,
    keys: ledger.keys.held,
    url: listening.url,
    port: listening.port,
    reload: tls && listening.reload,
    close: () => {
      closing ??= closeAll()
      return closing
    },
  }
}
