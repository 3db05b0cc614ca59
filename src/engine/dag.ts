/** A DAG template: tasks run as their dependencies allow (semantics-flow.md §3). */
import type { NodeStatus } from '../resources/index.ts'
import type { BodyInit } from './body.ts'
import { Body } from './body.ts'
import { endDaemons, failFastText, failsFast, lastOf } from './boundary.ts'
import { dagPhase } from './dag-phase.ts'
import { dagPlanOf, type DagPlan } from './dag-plan.ts'
import { DagTaskFrame } from './dag-task.ts'
import { forgetBelow } from './forgotten.ts'
import type { Frame } from './frame.ts'
import { isAboutToWake } from './gate.ts'
import { exportGlobals } from './global-outputs.ts'
import { aheadMax, lookAhead } from './look-ahead.ts'
import { isEnded, isFulfilled } from './phases.ts'
import { TasksScope } from './scope.ts'
import { shutdownOf } from './shutdown.ts'
import { outputsFromScope } from './template-outputs.ts'

export class DagBody extends Body {
  readonly plan: DagPlan | { readonly fault: string }
  readonly scope: TasksScope
  /** Loops whose outputs make no list, and why: nobody can refer to anything after them. */
  readonly faults = new Map<string, string>()
  private readonly frames = new Map<string, DagTaskFrame>()
  private readonly open = new Set<DagTaskFrame>()
  /** Dependencies that have not settled, by task. */
  private readonly waitsFor = new Map<string, number>()
  private hasBegun = false

  constructor(init: BodyInit) {
    super(init)
    this.plan = dagPlanOf(this.template.dag ?? { tasks: [] })
    this.scope = new TasksScope(this.run, this.template, this.processed.variables)
  }

  protected work(): void {
    const { plan } = this
    const node = this.ensureNode('Running')
    if (isEnded(node)) return
    if ('fault' in plan) return this.failWith(plan.fault)
    const dirty = this.takeDirtyChildren()
    // Before anything goes on: not even the next attempt of a task that is retried begins.
    if (failsFast(this.run, node, this.template)) return this.end(node, plan, 'FailFast')
    if (!this.hasBegun) {
      this.hasBegun = true
      this.beginAll(plan)
    }
    for (const frame of dirty) if (frame instanceof DagTaskFrame) this.drive(frame)
    const fault = this.hookFault(plan)
    if (fault !== null) return this.failWith(fault)
    if (this.endsByShutdown(node, plan)) return this.end(node, plan, 'Failed')
    if (this.open.size > 0 && !this.mayEndEarly(node)) return this.prepareNext(node, plan)
    // The exit node of a loop comes after the loop has settled, and may have to wait for its turn.
    if (this.open.size === 0 && isAboutToWake(this.run, node.id, (frame) => this.encloses(frame))) return
    const phase = this.phase(node, plan)
    if (phase !== 'Running') return this.end(node, plan, phase)
  }

  private beginAll(plan: DagPlan): void {
    for (const name of plan.needed) this.waitsFor.set(name, plan.dependenciesOf(name).length)
    for (const name of plan.order) if (this.waitsFor.get(name) === 0 && !this.frames.has(name)) this.begin(name)
  }

  private begin(name: string): void {
    if ('fault' in this.plan) return
    const task = this.plan.task(name)
    if (task === undefined || this.frames.has(name)) return
    const frame = new DagTaskFrame(this, task)
    frame.position = this.plan.positionOf(name)
    this.frames.set(name, frame)
    this.open.add(frame)
    this.drive(frame)
  }

  private drive(frame: DagTaskFrame): void {
    frame.visit()
    if (!frame.isSettled || frame.isCounted) return
    frame.isCounted = true
    this.open.delete(frame)
    const { plan } = this
    if ('fault' in plan) return
    for (const dependant of plan.dependantsOf(frame.name)) {
      const left = (this.waitsFor.get(dependant) ?? 1) - 1
      this.waitsFor.set(dependant, left)
      if (left === 0) this.begin(dependant)
    }
    frame.visitAgain()
  }

  /** Pods of tasks for which only one running task is left to wait for, and which do not look at how it ends. */
  private prepareNext(node: NodeStatus, plan: DagPlan): void {
    if (this.open.size > aheadMax) return
    for (const { name } of this.open)
      for (const dependant of plan.dependantsOf(name).slice(0, aheadMax)) {
        const source = plan.task(dependant)
        if (
          source === undefined ||
          source.depends ||
          this.waitsFor.get(dependant) !== 1 ||
          this.prepared.has(dependant)
        )
          continue
        this.prepared.add(dependant)
        const scope = this.scope.view({
          sees: (task) => plan.isAncestor(task, dependant),
          all: () => plan.ancestorsOf(dependant),
        })
        lookAhead(this, node, { source, nodeName: `${this.nodeName}.${dependant}`, kind: 'tasks', scope })
      }
  }
  private readonly prepared = new Set<string>()

  taskNode(name: string): NodeStatus | undefined {
    return this.run.nodeNamed(`${this.nodeName}.${name}`)
  }

  /** Something is unsettled, yet nothing created is unfinished: only tasks that were held back are left. */
  private mayEndEarly(node: NodeStatus): boolean {
    if (failsFast(this.run, node, this.template)) return true
    for (const frame of this.open) if (frame.hasUnfinishedNode()) return false
    return !isAboutToWake(this.run, node.id, (frame) => this.encloses(frame))
  }

  /** Of a target. */
  private hookFault(plan: DagPlan): string | null {
    for (const name of plan.targets) {
      const fault = this.frames.get(name)?.hookFault ?? null
      if (fault !== null) return fault
    }
    return null
  }

  /** Once every task has ended Argo waits for the exit nodes of targets only; what waits for more than that never begins. */
  private endsByShutdown(node: NodeStatus, plan: DagPlan): boolean {
    const { run } = this
    if (shutdownOf(run) === null || this.execution.call.inExitHandler) return false
    for (const { node: task } of this.open) if (task !== undefined && !isFulfilled(task)) return false
    if (isAboutToWake(run, node.id, (frame) => this.encloses(frame))) return false
    return plan.targets.every((name) => {
      const exit = run.nodeNamed(`${this.nodeName}.${name}.onExit`)
      return exit === undefined || isFulfilled(exit)
    })
  }

  faultBefore(name: string): string | null {
    if (this.faults.size === 0 || 'fault' in this.plan) return null
    for (const before of this.plan.ancestorsOf(name)) {
      const fault = this.faults.get(before)
      if (fault !== undefined) return fault
    }
    return null
  }

  private encloses(frame: Frame): boolean {
    for (let at = frame.parent; at !== null; at = at.parent) if (at === this) return true
    return false
  }

  private phase(node: NodeStatus, plan: DagPlan): 'Running' | 'Succeeded' | 'Failed' | 'Error' | 'FailFast' {
    if (failsFast(this.run, node, this.template)) return 'FailFast'
    return dagPhase(this.run, node, {
      targets: plan.targets.map((name) => ({
        id: this.run.idOf(`${this.nodeName}.${name}`),
        continueOn: plan.task(name)?.continueOn,
      })),
      failFast: this.template.dag?.failFast !== false,
    })
  }

  private end(node: NodeStatus, plan: DagPlan, phase: 'Succeeded' | 'Failed' | 'Error' | 'FailFast'): void {
    const { run } = this
    if (phase === 'FailFast') {
      run.setPhase(node, 'Failed', failFastText)
      forgetBelow(run, node)
      return endDaemons(run, node.id)
    }
    this.setOutbound(node, plan)
    for (const frame of this.frames.values()) exportGlobals(run, this.taskNode(frame.name)?.outputs)
    const [fault] = this.faults.values()
    if (phase === 'Succeeded' && fault !== undefined) {
      endDaemons(run, node.id)
      return this.failWith(fault)
    }
    if (phase === 'Succeeded') {
      const outputs = outputsFromScope(run, this.template, this.scope.view())
      if (!outputs.ok) {
        endDaemons(run, node.id)
        return this.failWith(outputs.error)
      }
      if (outputs.value !== null) node.outputs = outputs.value
    }
    run.setPhase(node, phase)
    // A shutdown ends it around exit handlers that go on.
    if (this.open.size > 0 || shutdownOf(run) !== null) forgetBelow(run, node)
    endDaemons(run, node.id)
    this.frames.clear()
  }

  private setOutbound(node: NodeStatus, plan: DagPlan): void {
    const outbound = plan.targets.flatMap((name) => {
      const target = this.taskNode(name)
      return target === undefined ? [] : [...lastOf(this.run, target.id)]
    })
    node.outboundNodes = [...new Set(outbound)]
    this.run.touch(node)
  }

  override abandon(): void {
    for (const frame of this.frames.values()) frame.abandon()
  }
}
