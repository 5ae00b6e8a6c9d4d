import { Agent, request } from 'node:http'

/**
 * One tenant's flood, from a process of its own: so many clients that each send the next request as
 * soon as the last is answered, whatever the answer was. Runs until its parent goes.
 */
const [port, tenant, token, clients, ...bodies] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  ...string[],
]
const agent = new Agent({ keepAlive: true })
const counts: Record<number, number> = {}

const ask = (body: string) =>
  new Promise<void>((resolve) => {
    const headers = {
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      'x-selvedge-tenant': tenant,
    }
    const options = { agent, host: '127.0.0.1', port, path: '/graphql', method: 'POST', headers }
    const outgoing = request(options, (incoming) => {
      counts[incoming.statusCode ?? 0] = (counts[incoming.statusCode ?? 0] ?? 0) + 1
      incoming.resume().on('close', resolve)
    })
    outgoing.on('error', () => resolve())
    outgoing.end(body)
  })

async function client(first: number) {
  for (let i = first; ; i++) await ask(bodies[i % bodies.length]!)
}

process.on('message', () => process.send?.(counts))
process.on('disconnect', () => process.exit())
void Promise.all(Array.from({ length: Number(clients) }, (_, i) => client(i)))
