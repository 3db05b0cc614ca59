/**
 * Whether what is in memory may be shown: another daemon may have gone on with it while this one stood still, and shown
 * more than this one knows. The store is asked, which costs nothing where it answered a moment ago.
 */
import type { Store } from '../store/index.ts'

/** A store that is away is not waited for longer: what is in memory is the newest there is, then. */
const patienceMs = 2_000
const lookMs = 100
/** Who looks this late stood still, which is no waiting. */
const asleepMs = 1_000

/** `undefined` where nobody else can be in charge. The answer rejects with what `confirm` does. */
export function inChargeOf({ confirm }: Pick<Store, 'confirm'>): (() => Promise<void>) | undefined {
  if (confirm === undefined) return undefined
  let asked: Promise<void> | null = null
  return () => (asked ??= patiently(confirm, () => (asked = null)))
}

/** @param settled told when there is an answer, however late */
function patiently(confirm: () => Promise<void>, settled: () => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let [waitedMs, lookedAt] = [0, performance.now()]
  const looks = setInterval(() => {
    const passedMs = performance.now() - lookedAt
    lookedAt += passedMs
    if (passedMs < asleepMs) waitedMs += passedMs
    if (waitedMs >= patienceMs) resolve()
  }, lookMs).unref()
  const answered = () => {
    clearInterval(looks)
    settled()
  }
  confirm().then(resolve, reject).finally(answered)
  return promise
}
