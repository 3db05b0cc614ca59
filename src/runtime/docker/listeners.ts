/** Those who want to hear of pods and of the engine's health. */
import type { PodState } from '../../resources/index.ts'
import { type Log, stackOf } from './log.ts'

export type Listener = {
  readonly onState: (state: PodState) => void
  readonly onHealth: (isHealthy: boolean, reason: string) => void
}

export class Listeners {
  private readonly log: Log
  private readonly all = new Set<Listener>()

  constructor(log: Log) {
    this.log = log
  }

  get isEmpty(): boolean {
    return this.all.size === 0
  }

  has(listener: Listener): boolean {
    return this.all.has(listener)
  }

  add(listener: Listener): { close(): void } {
    this.all.add(listener)
    return { close: () => void this.all.delete(listener) }
  }

  clear(): void {
    this.all.clear()
  }

  /** A listener that breaks is its own trouble: neither the pod nor the engine has any part in it. */
  tell(state: PodState, listeners: Iterable<Listener> = this.all): void {
    for (const { onState } of listeners) {
      try {
        onState(state)
      } catch (error) {
        this.log('error', 'a listener broke on the state of a pod', {
          pod: state.identity.name,
          workflow: state.identity.workflowName,
          error: stackOf(error),
        })
      }
    }
  }

  tellHealth(isHealthy: boolean, reason: string): void {
    for (const { onHealth } of this.all) onHealth(isHealthy, reason)
  }
}
