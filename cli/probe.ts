import { request as overHttp } from 'node:http'
import { request as overHttps } from 'node:https'
import { readConfig } from '../server/config.ts'

/**
 * Asks the server of these settings, on this machine, whether it is alive, and ends with 0 or 1: the
 * health check of the image, which has no other program that could.
 */
const { host, port, tlsCert } = readConfig()
const ANYWHERE: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' }
const asked = {
  host: ANYWHERE[host] ?? host,
  port,
  path: '/livez',
  // It is reached by an address, and its certificate names what readers call it.
  rejectUnauthorized: false,
}
const request = tlsCert === null ? overHttp : overHttps
request(asked, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1))
  .on('error', () => process.exit(1))
  .end()
