import { join } from 'node:path'
import { openDatabase } from '../../lineage/graph.ts'
import { openKeyring } from '../../server/keyring.ts'
import { openDeliverer } from '../../server/webhooks/deliverer.ts'
import { LOOPBACK, ofThese, SOON } from './own-tenants.ts'

/** A deliverer in a process of its own, to be killed. Says `ready` once it looks for work. */
const { NEO4J_URI: uri, NEO4J_USERNAME: username, NEO4J_PASSWORD: password } = process.env
const database = openDatabase({ uri: uri!, username: username!, password: password! })
openDeliverer({
  database: ofThese(database, process.env.TENANTS!.split(',')),
  keys: await openKeyring(join(process.env.SELVEDGE_HOME!, 'keys')),
  ...{
    service: process.env.SELVEDGE_SERVICE!,
    networks: LOOPBACK,
    timeoutMs: 5_000,
    patience: SOON,
    everyMs: 20,
  },
  onError: (error) => console.error(error),
})
process.send!('ready')
setInterval(() => {}, 60_000)
