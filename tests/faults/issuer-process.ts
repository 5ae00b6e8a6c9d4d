import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { providerAt } from '../identity/provider.ts'

/** A real issuer of tokens in a process of its own, which can be killed; told what it is by its parent. */
process.once('message', ({ port, ...of }: { port: number } & Parameters<typeof providerAt>[1]) => {
  const server: Server = createServer((request, response) => listener(request, response))
  let listener: ReturnType<ReturnType<typeof providerAt>['callback']>
  server.listen(port, '127.0.0.1', () => {
    const { port: at } = server.address() as AddressInfo
    listener = providerAt(`http://127.0.0.1:${at}`, of).callback()
    process.send!({ port: at })
  })
})
process.once('disconnect', () => process.exit())
