import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../../server/config.ts'
import { mintToken } from '../../server/dev-issuer/mint.ts'
import { ANY_TENANT } from '../../server/identity/identity.ts'
import type { Progress } from '../../server/neo4j/progress.ts'
import { type Serving, serve } from '../../server/serve.ts'
import { openClient, servedAt } from '../client.ts'
import { trustText } from '../commands/trust.ts'
import { sendGovernance } from '../seed/governance.ts'
import { sendWorld } from '../seed/send.ts'
import { sendTerms } from '../seed/terms.ts'
import { askUpstream, DEPTH, exportUpstream, findRoot, ROOT } from './answer.ts'
import { here } from './here.ts'
import type { DemoResult } from './result.ts'
import type { Stage } from './stage.ts'
import { forge } from './tamper.ts'
import { tellGovernance, verifyUsage } from './tell-governance.ts'
import { drawTree } from './tree.ts'
import { runVerifier, type Verified } from './verifier.ts'

/** The tenant that the demo lives in; a second run finds it there. */
export const TENANT = 'demo'

/** One performance: where it tells, where it leaves its files, and what has come of it so far. */
export interface Play {
  config: Config
  stage: Stage
  progress: Progress
  /** Where the bundle and the trust root are left. */
  out: string
  result: DemoResult
  /** Told of the server while it runs, so that an interrupted demo leaves nothing behind. */
  onServing(serving: Serving | null): void
}

/** A word of the records that the forger changes. */
const WORD = 'public.customers'

/** Plays all scenes, and fills in the result as it goes. */
export async function playAll(play: Play): Promise<void> {
  const timed = stopwatch(play.result.seconds)
  mkdirSync(play.out, { recursive: true })
  const serving = await timed('start', () => start(play))
  try {
    // Founding a tenant is for those who serve them all; what follows is for those of the tenant.
    const founder = openClient(serving.url, TENANT, { token: () => tokenOf(play, ANY_TENANT) })
    await timed('events', () => sendEvents(play, founder))
    const client = openClient(serving.url, TENANT, { token: () => tokenOf(play, TENANT) })
    const root = await timed('lineage', () => askLineage(play, client))
    await timed('governance', () => tellGovernance(play, client))
    await timed('export', () => exportBundle(play, { client, serving, root }))
    await timed('stop', () => leave(play, serving))
  } finally {
    await serving.close()
    play.onServing(null)
  }
  const genuine = await timed('verify', () => verify(play))
  const caught = await timed('tamper', () => tamper(play))
  play.result.ok = genuine && caught
}

/** Adds to a table what each step takes. */
const stopwatch =
  (seconds: Record<string, number>) =>
  async <T>(step: string, work: () => Promise<T>): Promise<T> => {
    const start = performance.now()
    try {
      return await work()
    } finally {
      seconds[step] = Math.round(performance.now() - start) / 1000
    }
  }

/** Who asks says so by a token, here as everywhere: this server believes no header. */
const tokenOf = ({ config }: Play, tenant: string) =>
  mintToken(config, { subject: 'demo', tenant, roles: ['admin'], ttlSeconds: 3_600 })

async function start({ config, stage, progress, result, onServing }: Play) {
  await stage.scene({
    title: 'A real Neo4j, and a server on it',
    shows:
      'Selvedge finds a Neo4j or starts one, and keeps everything in it. Nothing is simulated.',
    command: 'npm start',
  })
  // Any free port: a server that runs already is not in the way.
  const serving = await serve(
    { ...config, host: '127.0.0.1', port: 0, logLevel: 'warn' },
    { progress },
  )
  onServing(serving)
  const { way, describe } = serving.neo4j
  result.neo4j = { way, describe }
  stage.say(
    describe,
    `Selvedge: ${serving.url}`,
    'Who asks says so by a token that the development issuer has signed:',
    `TOKEN=$(npm run -s selvedge -- token --tenant ${TENANT} --role admin)`,
  )
  return serving
}

type Client = ReturnType<typeof openClient>

async function sendEvents({ stage, result }: Play, client: Client) {
  await stage.scene({
    title: 'Real events',
    shows:
      'OpenLineage events of Marquez, Airflow and Spark arrive as their clients send them; then terms, people, models and usage.',
    command: `npm run -s selvedge -- seed --tenant ${TENANT}`,
  })
  const sent = await sendWorld(client, ({ file, events, appended }) =>
    stage.say(`${file.padEnd(22)} ${String(events).padStart(2)} events, ${appended} log entries`),
  )
  const sum = (of: (one: (typeof sent)[number]) => number) =>
    sent.reduce((total, one) => total + of(one), 0)
  const [events, appended] = [sum((one) => one.events), sum((one) => one.appended)]
  const terms = await sendTerms(client)
  stage.say(`${'terms.json'.padEnd(22)} sources, licences and their texts, ${terms} of them new`)
  await sendGovernance(client, ({ file, lines, added }) =>
    stage.say(`${file.padEnd(22)} ${String(lines).padStart(2)} lines, ${added} of them new`),
  )
  result.counts = { events, accepted: events, appended }
  if (appended === 0) stage.say('All of it was known already: what says nothing new adds nothing.')
}

async function askLineage({ stage, config, result }: Play, client: Client) {
  const root = await findRoot(client)
  await stage.scene({
    title: `Where does ${ROOT.name} come from?`,
    shows: 'One GraphQL question, answered exactly: what lies upstream, and nothing else.',
    command: curl(
      config,
      `{ lineage(root: "${root}", depth: ${DEPTH}) { total nodes { distance entity { kind name } } } }`,
    ),
  })
  const { nodes, edges, total, hops, truncated, position } = await askUpstream(client, root)
  result.lineage = {
    ...{ root, name: ROOT.name, direction: 'UPSTREAM', depth: DEPTH, hops },
    ...{ nodes: total, edges: edges.length, truncated, position },
  }
  stage.say(...drawTree(root, { nodes, edges }), '')
  stage.say(`${total} things, ${edges.length} edges, up to ${hops} hops away; as of ${position}`)
  return root
}

/** A question as a person would ask it of the server that `npm start` starts. */
const curl = (config: Config, query: string) =>
  `curl -s ${servedAt(config)}/graphql -H 'content-type: application/json' -H "authorization: Bearer $TOKEN" -d '${JSON.stringify({ query })}'`

async function exportBundle(
  { config, stage, out, result }: Play,
  { client, serving, root }: { client: Client; serving: Serving; root: string },
) {
  await stage.scene({
    title: 'The answer, to be handed on',
    shows: 'The same answer as a bundle: records, one proof for them all, a signed checkpoint.',
    command: curl(config, `mutation { exportBundle(root: "${root}", depth: ${DEPTH}) { url } }`),
  })
  const { url, bytes } = await exportUpstream(client, root)
  const files = filesIn(out)
  writeFileSync(files.bundle, bytes)
  writeFileSync(files.trust, await trustText(serving, TENANT))
  result.bundle = { path: files.bundle, bytes: bytes.length, records: 0, size: 0 }
  result.trust = { path: files.trust }
  stage.say(
    `GET ${url}`,
    `${here(files.bundle)}   ${bytes.length} bytes`,
    `${here(files.trust)}   whose keys speak for this log (selvedge trust --tenant ${TENANT})`,
  )
}

const filesIn = (out: string) => ({
  bundle: join(out, 'bundle.zip'),
  trust: join(out, 'trust.json'),
})

async function leave({ stage }: Play, serving: Serving) {
  await stage.scene({
    title: 'The service goes away',
    shows: 'The server stops, and the Neo4j that it started: what follows needs neither.',
    command: 'npm run -s selvedge -- neo4j status',
  })
  await serving.close()
  stage.say('stopped')
}

async function verify({ stage, out, result }: Play): Promise<boolean> {
  const { bundle, trust } = filesIn(out)
  await stage.scene({
    title: 'Is it genuine?',
    shows: 'Another program, given two files, checks every hash, proof and signature.',
    command: `npm run -s prov-verifier -- ${here(bundle)} --trust ${here(trust)}`,
  })
  const report = await runVerifier(bundle, trust)
  result.verdict = report.verdict
  if (report.bundle) {
    const { origin, size, records } = report.bundle
    result.checkpoint = { origin, size }
    result.bundle = { ...result.bundle!, records, size }
    stage.say(`${records} records, in ${origin} at size ${size}`)
  }
  stage.say(...verdictLines(report, stage))
  return report.exit === 0 && (await verifyUsage({ stage, result }, trust))
}

const MARKS = { pass: '✓', fail: '✗', 'not evaluated': '–' } as Record<string, string>
const IN_WORDS = { completeUp: 'complete upstream', completeDown: 'complete downstream' } as Record<
  string,
  string
>

function verdictLines({ verdict, explained }: Verified, { colours }: Stage) {
  const paint = { pass: colours.green, fail: colours.red } as Record<string, typeof colours.green>
  return Object.entries(verdict).map(([line, told]) => {
    const name = (IN_WORDS[line] ?? line).padEnd(20)
    const mark = (paint[told] ?? colours.yellow)(`${MARKS[told]} ${name}`)
    return `${mark} ${told === 'pass' ? '' : `${told}: `}${explained[line]}`
  })
}

async function tamper({ stage, out, result }: Play): Promise<boolean> {
  const { bundle, trust } = filesIn(out)
  await stage.scene({
    title: 'And if somebody changes one letter?',
    shows: 'A copy with one byte changed is refused, and the verifier names what gave it away.',
    command: `npm run -s prov-verifier -- ${here(join(out, 'flipped.zip'))} --trust ${here(trust)}`,
  })
  result.tampered = []
  for (const { name, what, bytes } of forge(readFileSync(bundle), WORD)) {
    const path = join(out, `${name}.zip`)
    writeFileSync(path, bytes)
    const { exit, checks } = await runVerifier(path, trust)
    const failed = checks.filter((check) => check.result === 'fail').map((check) => check.name)
    result.tampered.push({ name, path, exit, failed })
    stage.say(what, stage.colours.red(`✗ refused by ${failed.join(', ') || 'nothing'}`))
  }
  return result.tampered.every(({ exit, failed }) => exit === 1 && failed.length > 0)
}
