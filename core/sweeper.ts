/** Work in the background that is looked for again and again, tenant by tenant. */
export interface Sweeper {
  /** Resolves when what is under way is done; nothing more is begun. */
  close(): Promise<void>
}

/** Where and how it is looked for. */
export interface Sweep {
  everyMs: number
  /** Begins the first sweep now, and not only after that time. */
  atOnce?: true
  /** Which tenants have work that is left to do. */
  tenants(): Promise<readonly string[]>
  /** Does the work of one; asked before each part whether to leave the rest. */
  finish(tenant: string, isStopped: () => boolean): Promise<unknown>
  /** Told what fails, each failure of a tenant once until its work goes on. */
  onError(error: unknown): void
}

/** What a failure to look for tenants is noted under: no tenant is called so. */
const LOOKING = ''

/** Sweeps over the tenants until it is closed: one at a time, and never twice at once. */
export function openSweeper({ everyMs, atOnce, tenants, finish, onError }: Sweep): Sweeper {
  const told = new Map<string, unknown>()
  let stopped = false
  let running: Promise<void> | undefined

  const tell = (about: string, error: unknown) => {
    const code = (error as { code?: unknown }).code ?? String(error)
    if (told.get(about) !== code) onError(error)
    told.set(about, code)
  }

  const sweep = async () => {
    const found = await tenants()
    told.delete(LOOKING)
    for (const tenant of found) {
      if (stopped) return
      await finish(tenant, () => stopped).then(
        () => told.delete(tenant),
        (error: unknown) => tell(tenant, error),
      )
    }
  }

  const begin = () => {
    running ??= sweep()
      .catch((error: unknown) => tell(LOOKING, error))
      .finally(() => {
        running = undefined
      })
  }
  if (atOnce) begin()
  const timer = setInterval(begin, everyMs)
  timer.unref()

  return {
    async close() {
      stopped = true
      clearInterval(timer)
      await running
    },
  }
}
