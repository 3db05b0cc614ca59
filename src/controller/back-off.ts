/** Waiting longer after each failure. */
import type { Clock } from '../resources/index.ts'
import { WorldError } from '../resources/index.ts'

export type BackOff = { readonly firstMs: number; readonly factor: number; readonly capMs: number }

/** Calls to the engine and the store. */
export const quickBackOff: BackOff = { firstMs: 100, factor: 2, capMs: 10_000 }
/** Image pulls, as Kubernetes spaces them, with a quicker start. */
export const pullBackOff: BackOff = { firstMs: 2_000, factor: 2, capMs: 300_000 }

/** @param failures so far, 1 or more */
export const backOffMs = ({ firstMs, factor, capMs }: BackOff, failures: number): number =>
  Math.min(capMs, firstMs * factor ** Math.min(failures - 1, 30))

export const isRetryable = (error: unknown): error is WorldError => error instanceof WorldError && error.retryable

/** The container engine is at fault, which is waited for however often it fails. */
export const isEngineFault = (error: unknown): boolean =>
  isRetryable(error) && (error.code === 'ENGINE_AWAY' || error.code === 'ENGINE_REFUSED')

/** For what is only to be written down: a disk that is full now has room again one day. */
export const mayBeStored = (error: unknown): error is WorldError =>
  isRetryable(error) || (error instanceof WorldError && error.code === 'STORE_FULL')

/**
 * Tries until it works, for ever or `triesMax` times, as long as what fails may pass.
 * @throws what `attempt` threw last, or the signal's reason
 */
export async function persevere<T>(
  attempt: () => Promise<T>,
  options: {
    readonly clock: Clock
    /** `quickBackOff` where left out. */
    readonly backOff?: BackOff
    readonly signal?: AbortSignal
    readonly triesMax?: number
    /** Failures that `triesMax` does not count. */
    readonly isUncounted?: (error: unknown) => boolean
    /** What may pass; `isRetryable` where left out. */
    readonly mayPass?: (error: unknown) => error is WorldError
    readonly onFailure?: (error: WorldError, failures: number) => void
    /** It has been tried once already, and waits before it is tried again. */
    readonly hasFailed?: boolean
  },
): Promise<T> {
  const { backOff = quickBackOff, mayPass = isRetryable, isUncounted = () => false } = options
  if (options.hasFailed === true) await options.clock.sleep(backOffMs(backOff, 1), options.signal)
  for (let failures = options.hasFailed === true ? 2 : 1, counted = 0; ; failures += 1) {
    options.signal?.throwIfAborted()
    try {
      return await attempt()
    } catch (error) {
      if (!isUncounted(error)) counted += 1
      if (!mayPass(error) || counted >= (options.triesMax ?? Infinity)) throw error
      options.onFailure?.(error, failures)
    }
    await options.clock.sleep(backOffMs(backOff, failures), options.signal)
  }
}
