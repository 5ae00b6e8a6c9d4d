import { expect, it } from 'vitest'
import { dataset, recorded } from '../schema/recording.ts'
import { testApp } from '../setup/app.ts'
import { startServing } from '../setup/serving.ts'
import { subscribe } from './subscriber.ts'

// It signs, so that the other server knows soon what is applied.
const test = await testApp('in the background')

it('is told where to go on by a server that ends, which then ends at once', async () => {
  const tenant = await test.freshTenant()
  const { child, ended, url } = await startServing()
  const subscriber = await subscribe({ url, tenant, variables: { after: '0:3' } })
  await recorded(test, tenant, [dataset('before')])
  expect((await subscriber.next())?.data?.changes).toMatchObject({ entity: { name: 'before' } })

  child.kill('SIGTERM')

  const told = await subscriber.next()
  expect(told?.errors?.[0]?.extensions).toMatchObject({
    code: 'SUBSCRIPTION_ENDED',
    because: 'SERVER_ENDS',
    after: expect.stringMatching(/^0:\d+$/),
  })
  expect(await subscriber.next()).toBeUndefined()
  expect(await ended).toBe(0)
})
