/** A steps template: groups one after the other (semantics-flow.md §2). */
import type { NodeStatus } from '../resources/index.ts'
import { Body, type BodyInit } from './body.ts'
import { endDaemons, failFastText, failsFast, outboundOf } from './boundary.ts'
import { forgetBelow, forgetDaemons } from './forgotten.ts'
import { exportGlobals } from './global-outputs.ts'
import { isEnded, isFailedOrError } from './phases.ts'
import { pickHolder } from './holder.ts'
import { aheadMax, lookAhead } from './look-ahead.ts'
import { entriesOf, loopEntriesOf, StepsScope } from './scope.ts'
import type { Run } from './run.ts'
import { StepGroup } from './step-group.ts'
import { resolveTemplate } from './template-lookup.ts'
import { outputsFromScope } from './template-outputs.ts'

export class StepsBody extends Body {
  readonly scope: StepsScope
  private index = 0
  private group: StepGroup | null = null
  private isLastPlain = false

  constructor(init: BodyInit) {
    super(init)
    this.scope = new StepsScope(this.run, this.template, this.processed.variables)
  }

  protected work(): void {
    const { run } = this
    const node = this.ensureNode('Running')
    if (isEnded(node)) return
    const groups = this.template.steps ?? []
    if (failsFast(run, node, this.template)) return this.failFast(node, this.group?.node)
    this.takeDirtyChildren()
    while (this.index < groups.length) {
      this.group ??= new StepGroup(this, node, this.index, groups[this.index] ?? [])
      this.group.visit()
      const groupNode = this.group.node
      if (groupNode === undefined || !isEnded(groupNode)) {
        // A child may have failed just now, and what it waits for (an exit hook) is held back by failFast.
        if (failsFast(run, node, this.template)) return this.failFast(node, groupNode)
        return this.prepareNext(node)
      }
      if (isFailedOrError(groupNode.phase)) return this.end(node, 'Failed', groupNode.message ?? '')
      const fault = this.learn(this.group, groupNode)
      if (fault !== null) return this.failWith(fault)
      forgetDaemons(run, node)
      this.isLastPlain = this.group.isPlain
      this.group = null
      this.index += 1
    }
    this.succeed(node)
  }

  /** The next group's pods, while this one runs; once for each group. */
  private prepareNext(node: NodeStatus): void {
    const next = this.index + 1
    const steps = this.template.steps?.[next] ?? []
    if (this.preparedUpTo >= next || steps.length === 0 || steps.length > aheadMax) return
    this.preparedUpTo = next
    for (const source of steps)
      lookAhead(this, node, {
        source,
        nodeName: `${this.nodeName}[${next}].${source.name ?? ''}`,
        kind: 'steps',
        scope: this.scope,
      })
  }
  private preparedUpTo = 0

  private succeed(node: NodeStatus): void {
    const { run, scope, isLastPlain } = this
    const outputs = outputsFromScope(run, this.template, scope)
    if (!outputs.ok) {
      this.setOutbound(node, isLastPlain)
      endDaemons(run, node.id)
      return this.failWith(outputs.error)
    }
    if (outputs.value !== null) {
      node.outputs = outputs.value
      exportGlobals(run, node.outputs)
    }
    this.end(node, 'Succeeded', '', isLastPlain)
  }

  private end(node: NodeStatus, phase: 'Succeeded' | 'Failed', message: string, isLastPlain = false): void {
    this.setOutbound(node, isLastPlain)
    this.run.setPhase(node, phase, message)
    if (message === '') delete node.message
    if (this.group?.isCutShort === true) forgetBelow(this.run, node)
    endDaemons(this.run, node.id)
    this.group = null
  }

  private failFast(node: NodeStatus, groupNode: NodeStatus | undefined): void {
    if (groupNode !== undefined && !isEnded(groupNode)) this.run.setPhase(groupNode, 'Failed', failFastText)
    this.run.setPhase(node, 'Failed', failFastText)
    forgetBelow(this.run, node)
    endDaemons(this.run, node.id)
  }

  /**
   * The outbound nodes of the children of the last group that was made.
   * @param isPlain its children are leaves: there may be a million
   */
  private setOutbound(node: NodeStatus, isPlain: boolean): void {
    const last = this.run.nodeNamed(`${this.nodeName}[${Math.min(this.index, (this.template.steps ?? []).length - 1)}]`)
    if (last === undefined) return
    this.run.touch(node)
    if (isPlain) {
      node.outboundNodes = [...(last.children ?? [])]
      return
    }
    const outbound = new Set<string>()
    for (const child of last.children ?? []) for (const id of outboundOf(this.run, child)) outbound.add(id)
    node.outboundNodes = [...outbound]
  }

  /** Makes what the group's steps left visible to later ones; a fault in aggregating loops is returned. */
  private learn(group: StepGroup, groupNode: NodeStatus): string | null {
    const { run, scope } = this
    for (const step of group.steps) {
      const name = step.name ?? ''
      const prefix = `steps.${name}`
      const node = run.nodeNamed(`${groupNode.name}.${name}`)
      if (node !== undefined) {
        const resolved = resolveTemplate(
          run,
          { name, ...pickHolder(step) },
          this.execution.resolved?.scope ?? this.execution.call.scope,
        )
        scope.add(entriesOf(run, prefix, node, resolved.ok ? resolved.value.template : null, 'steps'))
        continue
      }
      const items = group.isBare ? [] : itemsOf(run, groupNode, `${groupNode.name}.${name}(`)
      const entries = loopEntriesOf(run, prefix, groupNode, items)
      if (!entries.ok) return entries.error
      scope.add(entries.value)
    }
    return null
  }

  override abandon(): void {
    this.group?.abandon()
  }
}

/** Of a loop; hooks hang beside them. */
const itemsOf = (run: Run, group: NodeStatus, start: string): readonly NodeStatus[] =>
  (group.children ?? []).flatMap((id) => {
    const item = run.nodes.get(id)
    return item?.name.startsWith(start) === true && item.nodeFlag?.hooked !== true ? [item] : []
  })
