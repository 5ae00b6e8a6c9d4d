import { openRegister } from '../../ledger/register.ts'

/** Signs as fast as it can, always one more than was signed last, until it is killed. */
const register = openRegister(process.argv[2]!)
for (;;) {
  const entry = await register.sign('log', async (last) => {
    const size = (last?.size ?? 0) + 1
    // Long enough for the others to run into the lock.
    await new Promise((resolve) => {
      setTimeout(resolve, 1)
    })
    return { size, root: `root ${size}` }
  })
  process.send?.(entry!.size)
}
