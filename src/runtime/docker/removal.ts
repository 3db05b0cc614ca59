/** Takes a pod away: its log first, then containers, helpers and volumes. Every step may be repeated. */
import type { PodId, WorkflowUid } from '../../resources/index.ts'
import type { Captures } from './captures.ts'
import type { EngineCalls } from './engine-calls.ts'
import { endProcesses } from './lost-start.ts'
import { holderName, label, sandboxNameOf } from './names.ts'
import type { ContainerRecord, PodRecord } from './pod-record.ts'
import type { Sandboxes } from './sandboxes.ts'
import type { StartGate } from './start-gate.ts'
import { list, listedContainer, record, textOr } from './wire.ts'

export type RemovalParts = {
  readonly calls: EngineCalls
  readonly captures: Captures
  readonly sandboxes: Sandboxes
  readonly gate: StartGate
  readonly instance: string
  /** Pods that have ended and still stand in the engine. */
  readonly ended: () => number
}

/** Removals let starts go first, but not for ever, and not while more ends than is removed. */
const longestYieldMs = 2_000
const pileMost = 24
const atOnce = 2

export class Removal {
  private readonly parts: RemovalParts
  private active = 0
  private readonly queue: (() => void)[] = []

  constructor(parts: RemovalParts) {
    this.parts = parts
  }

  async run(id: PodId, pod: PodRecord | null, signal?: AbortSignal): Promise<void> {
    if (pod) {
      await pod.preparing?.catch(() => {})
      await this.keepLogs(pod)
      pod.isRemoving = true
      pod.changed()
    }
    await this.turn(() => (pod ? this.removeKnown(id, pod, signal) : this.removeUnknown(id, signal)))
  }

  /**
   * What nobody knows of any more: sandboxes that one who had the workflow before us was making when it was killed, and
   * volumes of pods whose containers had gone when somebody was killed in the middle of their removal.
   */
  async sweep(workflow: WorkflowUid, signal?: AbortSignal): Promise<void> {
    const { calls } = this.parts
    const filters = this.filters(label.workflowUid, workflow)
    const query = { all: true, filters }
    const rows = list(await calls.client.json('listContainers', 'GET', '/containers/json', { query, signal }))
    for (const { id, state } of rows.map(listedContainer)) {
      if (state === 'created') await endProcesses(id)
      await calls.remove(id, signal)
    }
    await this.removeVolumes(filters, signal)
  }

  private async keepLogs(pod: PodRecord): Promise<void> {
    const keep = async (container: ContainerRecord): Promise<void> => {
      if (container.id === null || container.startedAt === null || pod.isGone) return
      if (container.state === 'running') {
        await this.parts.calls.kill(container.id, 'KILL')
        await pod.until(() => container.state !== 'running' || pod.isGone, AbortSignal.timeout(10_000)).catch(() => {})
      }
      if (container.state === 'exited') await this.parts.captures.finish(pod, container)
    }
    await Promise.all(pod.all.map(keep))
  }

  private async removeKnown(id: PodId, pod: PodRecord, signal?: AbortSignal): Promise<void> {
    const { calls, sandboxes } = this.parts
    const ids = pod.all.flatMap((one) => (one.id === null ? [] : [one.id]))
    await Promise.all(ids.map((one) => calls.remove(one, signal)))
    if (pod.plan.network === 'pool') sandboxes.release(id)
    if (pod.plan.network === 'own') await calls.remove(sandboxNameOf(id), signal)
    if (pod.plan.volumes.length === 0) return
    await calls.remove(holderName(id), signal)
    await Promise.all(pod.plan.volumes.map((one) => calls.removeVolume(one, signal)))
  }

  /** Nothing is known of it: what a daemon that died while it prepared the pod left behind. */
  private async removeUnknown(id: PodId, signal?: AbortSignal): Promise<void> {
    const { calls } = this.parts
    const filters = this.filters(label.pod, id)
    const query = { all: true, filters }
    const rows = await calls.client.json('listContainers', 'GET', '/containers/json', { query, signal })
    for (const row of list(rows)) await calls.remove(textOr(record(row).Id, ''), signal)
    await this.removeVolumes(filters, signal)
  }

  private async removeVolumes(filters: string, signal?: AbortSignal): Promise<void> {
    const { calls } = this.parts
    const found = record(await calls.client.json('listVolumes', 'GET', '/volumes', { query: { filters }, signal }))
    for (const volume of list(found.Volumes)) await calls.removeVolume(textOr(record(volume).Name, ''), signal)
  }

  private filters(key: string, value: string): string {
    return JSON.stringify({ label: [`${label.instance}=${this.parts.instance}`, `${key}=${value}`] })
  }

  private async turn(work: () => Promise<void>): Promise<void> {
    if (this.active >= atOnce) await new Promise<void>((resolve) => this.queue.push(resolve))
    else this.active += 1
    try {
      const isPile = this.parts.ended() > pileMost
      const until = performance.now() + (isPile ? 0 : longestYieldMs)
      while (this.parts.gate.waiting > 0 && performance.now() < until) {
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      await work()
    } finally {
      const next = this.queue.shift()
      if (next) next()
      else this.active -= 1
    }
  }
}
