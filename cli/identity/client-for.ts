import { readConfig } from '../../server/config.ts'
import { type Client, openClient, servedAt } from '../client.ts'
import { tokensFor } from './credentials.ts'

/** The server that a command is for, and for whom it asks. */
export interface Place {
  /** Without it, the server that `npm start` starts here. */
  url?: string
  tenant: string
}

/** A client of that server, which says who asks by the token or the login of these settings. */
export function clientFor({ url, tenant }: Place): Client {
  const config = readConfig()
  const server = url ?? servedAt(config)
  return openClient(server, tenant, { token: tokensFor(server, config) })
}
