/**
 * How long work keeps this thread busy, in milliseconds: unlike the time on the clock, it is the same
 * on a machine that is busy with other things.
 */
export async function cpuMs(work: () => unknown): Promise<number> {
  const before = process.threadCpuUsage()
  await work()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}
