/** The pods that are known, by their ids and by their containers. */
import type { PodId, WorkflowUid } from '../../resources/index.ts'
import { label } from './names.ts'
import type { ContainerRecord, PodRecord } from './pod-record.ts'
import type { EngineEvent } from './wire.ts'

export type ContainerOfPod = { readonly pod: PodRecord; readonly container: ContainerRecord }

export class PodTable {
  readonly pods = new Map<PodId, PodRecord>()
  private readonly byContainer = new Map<string, ContainerOfPod>()

  /** Its containers stand in the engine. */
  index(pod: PodRecord): void {
    for (const container of pod.all) if (container.id !== null) this.byContainer.set(container.id, { pod, container })
  }

  drop(pod: PodRecord): void {
    for (const container of pod.all) if (container.id !== null) this.byContainer.delete(container.id)
    if (this.pods.get(pod.identity.id) === pod) this.pods.delete(pod.identity.id)
  }

  /** Whose container the engine speaks of. */
  meant(event: EngineEvent): ContainerOfPod | null {
    return this.byContainer.get(event.containerId) ?? this.lookUp(event)
  }

  ofWorkflow(workflow: WorkflowUid): readonly PodRecord[] {
    return [...this.pods.values()].filter((pod) => pod.identity.workflowUid === workflow)
  }

  /** How many have ended. */
  ended(): number {
    let count = 0
    for (const pod of this.pods.values()) if (pod.isEnded) count += 1
    return count
  }

  /** An event can come before the answer to the call that caused it. */
  private lookUp(event: EngineEvent): ContainerOfPod | null {
    const pod = this.pods.get((event.labels[label.pod] ?? '') as PodId)
    const container = pod?.containers.get(event.labels[label.container] ?? '')
    return pod && container && container.id === event.containerId ? { pod, container } : null
  }
}
