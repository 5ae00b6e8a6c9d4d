import { createServer } from 'node:http'
import { openRaw, rawLineage } from './raw.ts'

/**
 * The least that an HTTP service could do: node:http, the fastest text, JSON.stringify. It runs in a
 * process of its own, as the service does, and tells its parent the port.
 */
const [uri, username, password] = process.argv.slice(2) as [string, string, string]
const driver = openRaw({ uri, username, password })

const server = createServer(async (request, response) => {
  const { searchParams } = new URL(request.url ?? '/', 'http://localhost')
  const answer = await rawLineage(driver, searchParams.get('tenant')!, searchParams.get('id')!)
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(answer))
})
server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
process.on('disconnect', () => process.exit())
