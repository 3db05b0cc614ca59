/** What listeners are told: the state of each pod when it changes, and whether the engine can be heard. */
import type { PodId } from '../../resources/index.ts'
import { type Listener, Listeners } from './listeners.ts'
import type { Log } from './log.ts'
import type { PodRecord } from './pod-record.ts'

export type PodReportsParts = {
  readonly pods: ReadonlyMap<PodId, PodRecord>
  readonly hostName: () => string
  readonly log: Log
}

export class PodReports {
  readonly listeners: Listeners
  private readonly parts: PodReportsParts
  private isHealthy: boolean | null = null

  constructor(parts: PodReportsParts) {
    this.parts = parts
    this.listeners = new Listeners(parts.log)
  }

  /** All that is known by now, to one who has just come. */
  catchUp(listener: Listener): void {
    if (!this.listeners.has(listener)) return
    listener.onHealth(true, '')
    for (const pod of this.parts.pods.values())
      if (pod.madeAt !== Infinity) this.listeners.tell(pod.state(this.parts.hostName()), [listener])
  }

  /** Tells of the pod if it has changed since the last time, or if that `isForced`. */
  report(pod: PodRecord, isForced: boolean): void {
    if (this.listeners.isEmpty || (pod.madeAt === Infinity && !pod.isStarted && !pod.isStopping)) return
    const state = pod.state(this.parts.hostName())
    const text = JSON.stringify(state)
    if (!isForced && text === pod.lastReport) return
    pod.lastReport = text
    this.listeners.tell(state)
  }

  /** After a time in which it was away, everything is told anew. */
  health(isHealthy: boolean, reason: string): void {
    if (this.isHealthy === isHealthy) return
    const isBack = this.isHealthy === false && isHealthy
    this.isHealthy = isHealthy
    if (!isHealthy) this.parts.log('warn', 'the engine is away', { reason })
    this.listeners.tellHealth(isHealthy, reason)
    if (isBack) for (const pod of this.parts.pods.values()) this.report(pod, true)
  }
}
