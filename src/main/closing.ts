/** Ending what was opened, the newest first. */

export type Closer = () => Promise<unknown> | void

/**
 * @param patienceMs after which the next one is closed, whatever the one before still waits for: it may be the next that
 *   lets it go; `null`: each is waited for
 */
export async function closeAll(closers: Closer[], patienceMs: number | null): Promise<void> {
  for (const close of closers.splice(0).reverse()) {
    const closed = Promise.resolve(close())
    if (patienceMs === null) await closed
    else await withPatience(closed, patienceMs)
  }
}

async function withPatience(closed: Promise<unknown>, patienceMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, patienceMs)))
  closed.catch(() => undefined) // it may fail when nobody waits any more
  await Promise.race([closed, late]).finally(() => clearTimeout(timer))
}
