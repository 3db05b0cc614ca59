/**
 * Containers that another life of the daemon, or another daemon, has made and, as far as the engine knows, not started. A
 * start that it asked for may be on its way for as long as it likes, and would run the container a second time where ours
 * has come to its end meanwhile. So they are not started by us: they are taken away, which the engine refuses for one that
 * runs, and made anew. Calls name a container by its id, so what comes late finds nothing.
 */
import { WorldError } from '../../resources/index.ts'
import type { EngineCalls } from './engine-calls.ts'
import { traceOf } from './lost-start.ts'
import type { PodRecord } from './pod-record.ts'

export type OthersContainersParts = {
  readonly calls: Pick<EngineCalls, 'inspect' | 'hasBegun' | 'removeUnlessRunning'>
  /** Rejects where this daemon is no longer in charge: asked just before each removal. */
  readonly confirm: () => Promise<void>
  /** Whether the engine remembers a start of the container. */
  readonly hasStarted: (id: string) => Promise<boolean>
}

export class OthersContainers {
  private readonly parts: OthersContainersParts

  constructor(parts: OthersContainersParts) {
    this.parts = parts
  }

  /**
   * Takes away what is to be made anew of a pod of which nothing has run; what turns out to have been started stays.
   * @throws WorldError POD_GONE where one had run to its end just before it was taken away
   */
  async clear(pod: PodRecord, signal?: AbortSignal): Promise<void> {
    if (!pod.isAdopted || pod.hasRun) return
    pod.madeAt = Infinity
    for (const container of pod.all) {
      const { id } = container
      if (id === null || container.state !== 'created') continue
      if (await this.take(id, signal)) container.id = null
    }
    pod.isAdopted = pod.all.some((one) => one.id !== null)
  }

  /** Whether it is gone; else it has been started. @throws as `clear` does */
  async take(id: string, signal?: AbortSignal): Promise<boolean> {
    const { calls, confirm, hasStarted } = this.parts
    if ((await traceOf(calls, id, true)) !== 'none') return false
    await confirm()
    if (!(await calls.removeUnlessRunning(id, signal))) return false
    if (await hasStarted(id)) throw new WorldError('POD_GONE', 'pod deleted', { retryable: false })
    return true
  }
}
