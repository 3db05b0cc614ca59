/** A containerSet: one pod, a node for each of its containers (semantics-templates.md §3). */
import type { ContainerState, NodeStatus, PodState } from '../resources/index.ts'
import { rfc3339 } from '../resources/index.ts'
import { cutShort } from './cut-short.ts'
import type { PodResult } from './observations.ts'
import { isEnded } from './phases.ts'
import { PodBody } from './pod.ts'
import { reasonOf } from './pod-assessment.ts'
import { scopeText } from './template-lookup.ts'

export class ContainerSetBody extends PodBody {
  protected override afterCreate(pod: NodeStatus): void {
    const { run, execution } = this
    const containers = this.template.containerSet?.containers ?? []
    const nameOf = (container: string) => `${this.nodeName}.${container}`
    for (const container of containers) {
      const name = nameOf(container.name)
      if (run.nodeNamed(name) !== undefined) continue
      run.createNode({
        name,
        type: 'Container',
        phase: 'Pending',
        boundary: pod,
        scope: scopeText(execution.call.scope),
        ...(execution.call.holder.template === undefined ? {} : { template: execution.call.holder.template }),
        ...(execution.call.holder.templateRef === undefined ? {} : { templateRef: execution.call.holder.templateRef }),
      })
    }
    for (const container of containers) {
      const id = run.idOf(nameOf(container.name))
      if (!container.dependencies?.length) run.addChild(pod, id)
      for (const dependency of container.dependencies ?? []) {
        const before = run.nodeNamed(nameOf(dependency))
        if (before !== undefined) run.addChild(before, id)
      }
    }
  }

  protected override changed(pod: NodeStatus, state: PodState): void {
    super.changed(pod, state)
    for (const container of state.containers) {
      const node = this.member(container)
      if (node === undefined || isEnded(node)) continue
      if (container.state === 'exited') this.settleMember(node, container)
      else if (container.startedAt !== undefined && node.phase === 'Pending') this.run.setPhase(node, 'Running')
    }
  }

  protected override memberResults(_pod: NodeStatus, result: PodResult): void {
    for (const container of result.state.containers) {
      const node = this.member(container)
      if (node !== undefined && !isEnded(node)) this.settleMember(node, container)
    }
    for (const container of this.template.containerSet?.containers ?? []) {
      const node = this.run.nodeNamed(`${this.nodeName}.${container.name}`)
      if (node !== undefined) cutShort(this.run, node)
    }
  }

  protected override membersLost(message: string): void {
    for (const container of this.template.containerSet?.containers ?? []) {
      const node = this.run.nodeNamed(`${this.nodeName}.${container.name}`)
      if (node !== undefined && !isEnded(node)) this.run.setPhase(node, 'Error', message)
    }
  }

  private member(container: ContainerState): NodeStatus | undefined {
    return container.role === 'main' ? this.run.nodeNamed(`${this.nodeName}.${container.name}`) : undefined
  }

  private settleMember(node: NodeStatus, container: ContainerState): void {
    const { run } = this
    if (container.state !== 'exited' || container.exitCode === undefined) return
    if (container.startedAt !== undefined) node.startedAt = rfc3339(container.startedAt)
    if (container.exitCode === 0) return run.setPhase(node, 'Succeeded')
    const text = `${container.name}: ${reasonOf(container)} (exit code ${container.exitCode}): ${container.message ?? ''}`
    run.setPhase(node, container.exitCode === 64 ? 'Error' : 'Failed', text)
  }
}
