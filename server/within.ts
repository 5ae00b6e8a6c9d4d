/** The bound was over before the work was. */
export class TooLate extends Error {
  override readonly name = 'TooLate'
}

/** What is still awaited after the bound is given up: it fails, and is not waited for. */
export async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new TooLate('too late')), milliseconds)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
