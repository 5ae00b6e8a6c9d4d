import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { inParallel, Server } from '../faults/client.ts'
import { testApp } from '../setup/app.ts'
import { headersOf } from '../time/replay.ts'
import { appWith } from './apps.ts'

const test = await testApp()
const { freshTenant, database } = test
const servers = await Promise.all([Server.start(), Server.start()])
afterAll(() => Promise.all(servers.map((server) => server.close())))

const EACH = 40

it('tells what two other servers write exactly once and in order, however often it is cut off', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 3, maxLength: 12 }),
      fc.nat(2),
      async (cuts, kinds) => {
        const [tenant, other] = [await freshTenant(), await freshTenant()]
        const asked = [null, ['Dataset'], ['Dataset', 'Tenant']][kinds]
        const writing = Promise.all(
          servers.flatMap((server, which) =>
            [tenant, other].map((to) => {
              let sent = 0
              return inParallel(4, () => {
                if (sent === EACH) return null
                const key = `${which}-${sent++}`
                return server
                  .write({ tenant: to, key, name: `of ${key}`, job: `job ${sent % 5}` })
                  .then(() => {})
              })
            }),
          ),
        )
        const told: { seq: number; position: string }[] = []
        let after = '0:0'
        const follow = async (count: number) => {
          // Each time by a server that knows nothing of the one before.
          const subscriber = await appWith(test).open({
            tenant,
            variables: { after, kinds: asked },
          })
          for (let i = 0; i < count; i++) {
            const { data, errors } = (await subscriber.next())!
            expect(errors).toBeUndefined()
            const { version, position } = data!.changes
            told.push({ seq: (version as { seq: number }).seq, position })
            after = subscriber.lastSeen
          }
          subscriber.cut()
        }
        for (const count of cuts) await follow(count)
        await writing
        const expected = (await headersOf(database.graph(tenant).read)).filter(
          ({ id }) => asked?.some((kind) => id.split(':')[2] === kind!.toLowerCase()) ?? true,
        )
        await follow(expected.length - told.length)

        expect(told.map(({ seq }) => seq)).toEqual(expected.map(({ seq }) => seq))
        expect(told.map(({ position }) => position)).toEqual(
          expected.map(({ seq }) => `0:${seq + 1}`),
        )
      },
    ),
    { numRuns: 2, endOnFailure: true },
  )
})
