/** One task of a DAG: its condition, its loop, its hooks, and what it leaves for others (semantics-flow.md §3). */
import type { DAGTask, NodeStatus } from '../resources/index.ts'
import { evaluateDepends, type TaskResults } from '../expressions/index.ts'
import { refersToResult } from './call.ts'
import { emptyLoopText, resolveCall, type Concrete } from './call-resolution.ts'
import { Child } from './child.ts'
import type { DagBody } from './dag.ts'
import { outboundOf } from './boundary.ts'
import { Frame } from './frame.ts'
import { HookSet } from './hooks.ts'
import type { LoopItems } from './loop-items.ts'
import { isEnded, isFailedOrError, isFulfilled } from './phases.ts'
import { entriesOf, loopEntriesOf, type Scope } from './scope.ts'
import { pickHolder } from './holder.ts'
import { endOfWaiting, shutdownOf } from './shutdown.ts'
import { resolveTemplate, scopeText } from './template-lookup.ts'

const omittedText = 'omitted: depends condition not met'

export class DagTaskFrame extends Frame {
  readonly name: string
  isSettled = false
  isCounted = false
  private readonly body: DagBody
  private readonly task: DAGTask
  /** In list order; `null` where an item has ended well and nothing more is asked of it. */
  private children: (Child | null)[] | null = null
  private items: LoopItems | null = null
  private next = 0
  private unsettled = 0
  private heldBack: Child | null = null
  private isAllowed = false
  /** Of a loop: hooks on the TaskGroup itself. */
  private groupHooks: HookSet | null = null
  private groupIsLate = false

  constructor(body: DagBody, task: DAGTask) {
    super(body.run, body)
    this.body = body
    this.task = task
    this.name = task.name
  }

  private get nodeName(): string {
    return `${this.body.nodeName}.${this.name}`
  }
  /** Of the task, or of its group where it is a loop. */
  get node(): NodeStatus | undefined {
    return (this.known ??= this.run.nodeNamed(this.nodeName))
  }
  private known: NodeStatus | undefined

  protected work(): void {
    const dirty = this.takeDirtyChildren()
    if (this.isSettled) return this.afterwards(dirty)
    if (!this.isAllowed && !this.allow()) return
    if (this.children === null && !this.resolve()) return
    for (const child of dirty) if (child instanceof Child) this.drive(child)
    this.begin()
    if (this.items !== null) return this.decideGroup(dirty)
    const child = this.children?.[0]
    if (child?.isSettled === true) this.settle()
  }

  /** Whether `depends` says run; otherwise the task is omitted. */
  private allow(): boolean {
    const { body, run } = this
    const known = this.node
    if ('fault' in body.plan) return false
    if (known !== undefined && (known.phase === 'Omitted' || (isEnded(known) && known.type === 'Skipped'))) {
      this.settle()
      return false
    }
    const logic = body.plan.logicOf(this.name)
    if (known === undefined && logic !== undefined && logic.text !== '') {
      const answer = evaluateDepends(logic, (task) => this.resultsOf(task))
      if (!answer.ok) return this.stopHere('Error', answer.error)
      if (!answer.value) return this.stopHere('Omitted', omittedText)
    }
    this.isAllowed = true
    run.note(known ?? null, `${this.name}: dependencies are met`)
    return true
  }

  private resultsOf(task: string): TaskResults {
    const { run, body } = this
    const node = body.taskNode(task)
    const phase = node?.phase
    const items = node?.type === 'TaskGroup' ? (node.children ?? []).flatMap((id) => run.nodes.get(id) ?? []) : []
    return {
      Succeeded: phase === 'Succeeded',
      Failed: phase === 'Failed',
      Errored: phase === 'Error',
      Skipped: phase === 'Skipped',
      Omitted: phase === 'Omitted',
      Daemoned: node?.daemoned === true && phase !== 'Pending',
      AnySucceeded: items.some((item) => item.phase === 'Succeeded'),
      AllFailed: items.length > 0 && items.every((item) => item.phase === 'Failed'),
    }
  }

  private stopHere(phase: 'Omitted' | 'Error' | 'Skipped', message: string): false {
    const { run } = this
    const node = this.node
    if (node === undefined) {
      const made = run.createNode({ ...this.newNode(), type: 'Skipped', phase, message })
      this.link(made)
    } else if (!isEnded(node)) run.setPhase(node, phase, message)
    this.settle()
    return false
  }

  private newNode() {
    const { execution } = this.body
    const { template, templateRef } = this.task
    return {
      name: this.nodeName,
      boundary: this.body.node ?? null,
      scope: scopeText(execution.resolved?.scope ?? execution.call.scope),
      ...(template ? { template } : {}),
      ...(templateRef === undefined ? {} : { templateRef }),
    }
  }

  private lookUp(): Scope {
    const { plan, scope } = this.body
    if ('fault' in plan) return scope.view()
    return scope.view({ sees: (task) => plan.isAncestor(task, this.name), all: () => plan.ancestorsOf(this.name) })
  }

  private resolve(): boolean {
    const fault = this.body.faultBefore(this.name)
    if (fault !== null) return this.stopHere('Error', fault)
    this.run.referenceWaiters.delete(this)
    const resolution = resolveCall(this.task, { outsider: this.run, ...this.lookUp(), kind: 'tasks' })
    switch (resolution.kind) {
      case 'waits':
        return this.waitOrEnd()
      case 'error':
        return this.stopHere('Error', resolution.error)
      case 'empty':
        return this.stopHere('Skipped', emptyLoopText)
      case 'one':
        this.children = []
        this.unsettled = 1
        this.add(resolution.concrete)
        return true
      case 'items': {
        this.items = resolution.items
        this.children = []
        const group = this.node ?? this.run.createNode({ ...this.newNode(), type: 'TaskGroup', phase: 'Running' })
        this.link(group)
        return true
      }
    }
  }

  /** For a reference: as Argo does, but not beyond the end of everything else. A DAG that is stopped ends around it. */
  private waitOrEnd(): false {
    const { run } = this
    const { inExitHandler } = this.body.execution.call
    const text = endOfWaiting(run, inExitHandler)
    if (text !== null && (shutdownOf(run) === null || inExitHandler)) return this.stopHere('Error', text)
    run.referenceWaiters.add(this)
    return false
  }

  private add(concrete: Concrete): Child {
    const { body, run, task } = this
    const { execution } = body
    const { name, call } = concrete
    const isItem = this.items !== null
    const child = new Child(run, this, {
      call: {
        nodeName: `${body.nodeName}.${name}`,
        holder: { name: task.name, ...pickHolder(call) },
        scope: execution.resolved?.scope ?? execution.call.scope,
        args: call.arguments ?? {},
        absent: concrete.absent,
        boundary: body.node ?? null,
        boundaryTemplate: body.template,
        inExitHandler: execution.call.inExitHandler,
        hooked: false,
        caller: { kind: 'tasks', name },
        resultWanted: refersToResult(execution.resolved?.template ?? body.template, task.name),
        depth: execution.call.depth + 1,
      },
      hooks: isItem ? onlyExit(call.hooks ?? task.hooks) : (task.hooks ?? {}),
      onExit: call.onExit,
      kind: 'tasks',
      name: task.name,
      lookUp: () => this.lookUp(),
      skipped: concrete.skipped,
    })
    child.position = this.children?.length ?? 0
    this.children?.push(child)
    this.drive(child)
    return child
  }

  private begin(): void {
    const { items } = this
    if (this.heldBack !== null) {
      if (this.heldBack.node === undefined) this.drive(this.heldBack)
      if (this.heldBack.node === undefined) return
      this.heldBack = null
    }
    while (items !== null && this.next < items.length) {
      if (this.run.isFull) return this.wakeAt(this.run.now)
      const item = items.at(this.next)
      if (item === undefined) return
      this.next += 1
      this.unsettled += 1
      const child = this.add(item)
      if (child.node === undefined) {
        this.heldBack = child
        return
      }
    }
    const only = this.items === null ? this.children?.[0] : undefined
    if (only !== undefined && only !== null && only.node === undefined && !only.isDirty) this.drive(only)
  }

  private drive(child: Child): void {
    const { run } = this
    child.visit()
    const { error } = child
    child.error = null
    const node = child.node
    if (error !== null) {
      if (node !== undefined && error.kind === 'error')
        run.setPhase(node, 'Error', `task '${node.name}' errored: ${error.text}`)
      if (node !== undefined && error.kind === 'hook') this.failByHook(node, error.text)
      // The fault of an exit hook is nobody's.
      child.isSettled = true
    }
    if (node !== undefined) {
      const group = this.items === null ? null : this.node
      if (group === null || group === undefined) this.link(node)
      else run.addChild(group, node.id)
    }
    if (child.isSettled && !child.isCounted) {
      child.isCounted = true
      this.unsettled -= 1
      this.release(child)
    } else if (!child.isSettled && child.isCounted) {
      // A daemon that served has died, and its exit hook is under way.
      child.isCounted = false
      this.unsettled += 1
    }
  }

  /** Of a wide loop only what is under way stays in memory. */
  private release(child: Child): void {
    const { node, position } = child
    if (this.items === null || this.children?.[position] !== child) return
    if (node === undefined || !isEnded(node) || isFailedOrError(node.phase)) return
    this.children[position] = null
  }

  private failByHook(node: NodeStatus, error: string): void {
    this.run.setPhase(node, 'Error', error)
    if (this.items === null) this.hookFault = error
  }
  /** Of a hook of the task itself: Argo asks those of targets once more, for the DAG. */
  hookFault: string | null = null

  /** Hangs the task's node below the last nodes of what it depends on, or below the DAG. */
  private link(node: NodeStatus): void {
    const { run, body } = this
    if (this.isLinked || 'fault' in body.plan) return
    this.isLinked = true
    const dependencies = body.plan.dependenciesOf(this.name)
    const dag = body.node
    if (dependencies.length === 0 && dag !== undefined) return run.addChild(dag, node.id)
    for (const dependency of dependencies) {
      const before = body.taskNode(dependency)
      if (before === undefined) continue
      for (const last of outboundOf(run, before.id)) {
        const outbound = run.nodes.get(last)
        if (outbound !== undefined) run.addChild(outbound, node.id)
      }
    }
  }
  private isLinked = false

  private decideGroup(dirty: readonly Frame[]): void {
    const { run } = this
    const group = this.node
    if (group === undefined) return
    this.groupHooks ??= this.makeGroupHooks()
    const hooksDone = this.groupHooks.isEmpty || this.groupHooks.drive(group, dirty)
    if (this.groupHooks.error !== null) {
      run.setPhase(group, 'Error', this.groupHooks.error)
      this.hookFault = this.groupHooks.error
      return this.settle()
    }
    if (this.unsettled > 0 || this.next < (this.items?.length ?? 0)) return
    if (!isEnded(group)) {
      let phase: NonNullable<NodeStatus['phase']> = 'Succeeded'
      for (const child of this.children ?? []) {
        const at = child?.node?.phase
        if (at !== undefined && isFailedOrError(at)) phase = at
      }
      run.setPhase(group, phase)
      run.sealChildren(group)
      if (!this.groupHooks.isEmpty && !this.groupHooks.drive(group, dirty)) return
    }
    if (hooksDone) this.settle()
  }

  private makeGroupHooks(): HookSet {
    const { body, run, task } = this
    const { execution } = body
    return new HookSet({
      run,
      parent: this,
      hooks: task.hooks ?? {},
      onExit: task.onExit,
      scope: execution.resolved?.scope ?? execution.call.scope,
      boundary: body.node ?? null,
      boundaryTemplate: body.template,
      inExitHandler: execution.call.inExitHandler,
      depth: execution.call.depth + 1,
      prefix: `tasks.${task.name}`,
      statusKey: `tasks.${task.name}`,
      lookUp: () => this.lookUp(),
    })
  }

  /** Argo visits a looped task again after its end, and then its group gets an exit node too: after those who waited for it have begun. */
  visitAgain(): void {
    if (!this.isSettled || this.items === null || this.groupIsLate || this.groupHooks === null) return
    this.groupIsLate = true
    this.driveLateExit([])
  }

  private afterwards(dirty: readonly Frame[]): void {
    if (this.groupIsLate) this.driveLateExit(dirty)
    for (const child of dirty)
      if (child instanceof Child) {
        child.visit()
        this.learn()
      }
  }

  private driveLateExit(dirty: readonly Frame[]): void {
    const group = this.node
    if (group !== undefined) this.groupHooks?.driveExit(group, dirty)
  }

  private settle(): void {
    this.isSettled = true
    this.learn()
  }

  /** Makes what the task left visible to the tasks that come after it. */
  private learn(): void {
    const { run, body } = this
    const node = this.node
    if (node === undefined) return
    const prefix = `tasks.${this.name}`
    if (node.type === 'TaskGroup') {
      const items = (node.children ?? []).flatMap((id) => {
        const item = run.nodes.get(id)
        return item?.name.startsWith(`${this.nodeName}(`) === true && item.nodeFlag?.hooked !== true ? [item] : []
      })
      const entries = loopEntriesOf(run, prefix, node, items)
      if (entries.ok) body.scope.set(this.name, entries.value)
      else body.faults.set(this.name, entries.error)
      return
    }
    const resolved = resolveTemplate(
      run,
      { name: this.name, ...pickHolder(this.task) },
      body.execution.resolved?.scope ?? body.execution.call.scope,
    )
    body.scope.set(this.name, entriesOf(run, prefix, node, resolved.ok ? resolved.value.template : null, 'tasks'))
  }

  hasUnfinishedNode(): boolean {
    const node = this.node
    if (node !== undefined && !isFulfilled(node)) return true
    return this.children?.some((child) => child !== null && !child.isSettled && child.node !== undefined) === true
  }

  abandon(): void {
    for (const child of this.children ?? []) child?.execution.body?.abandon()
  }
}

function onlyExit(hooks: DAGTask['hooks']): NonNullable<DAGTask['hooks']> {
  const exit = hooks?.['exit']
  return exit === undefined ? {} : { exit }
}
