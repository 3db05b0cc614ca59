/** One group of a steps template: all of its steps at once (semantics-flow.md §2). */
import type { NodeStatus, WorkflowStep } from '../resources/index.ts'
import { mentionsStatus, nothingAbsent, refersToResult } from './call.ts'
import { emptyLoopText, resolveCall, type Concrete } from './call-resolution.ts'
import { Child, isBare, isPlainLeaf } from './child.ts'
import { outboundOf } from './boundary.ts'
import { Frame } from './frame.ts'
import { LoopItems } from './loop-items.ts'
import { isEnded, isFailedOrError } from './phases.ts'
import { pickHolder } from './holder.ts'
import { endOfWaiting } from './shutdown.ts'
import type { StepsBody } from './steps.ts'
import type { Scope } from './scope.ts'
import { scopeText, type Holder } from './template-lookup.ts'

/** What a step of the group comes to: itself, or its items. */
type Part = { readonly items: LoopItems; readonly source: WorkflowStep }
type Entry = { readonly concrete: Concrete; readonly source: WorkflowStep }

export class StepGroup extends Frame {
  readonly steps: readonly WorkflowStep[]
  private readonly body: StepsBody
  private readonly stepsNode: NodeStatus
  private readonly index: number
  private readonly nodeName: string
  /** In list order; `null` once one has ended well and nothing more is asked of it. */
  private readonly children: (Child | null)[] = []
  private parts: readonly Part[] | null = null
  /** Of all parts. */
  private size = 0
  private next = 0
  private unsettled = 0
  /** Of the settled: leaves without hooks, and those of them that left no outputs. */
  private plain = 0
  private bare = 0
  /** It has failed beside steps that go on. */
  isCutShort = false
  /** Started, but not let through a gate yet. */
  private heldBack: Child | null = null

  constructor(body: StepsBody, stepsNode: NodeStatus, index: number, steps: readonly WorkflowStep[]) {
    super(body.run, body)
    this.body = body
    this.stepsNode = stepsNode
    this.index = index
    this.steps = steps
    this.nodeName = `${body.nodeName}[${index}]`
  }

  /** All of its items are leaves, which are what comes last in it. */
  get isPlain(): boolean {
    return this.parts !== null && this.plain === this.size
  }
  /** No item left anything that the outputs of a loop are made of. */
  get isBare(): boolean {
    return this.isPlain && this.bare === this.size
  }

  get node(): NodeStatus | undefined {
    return (this.known ??= this.run.nodeNamed(this.nodeName))
  }
  private known: NodeStatus | undefined

  protected work(): void {
    const node = this.node ?? this.create()
    if (isEnded(node)) return
    const dirty = this.takeDirtyChildren()
    if (this.parts === null && !this.resolve(node)) return
    for (const child of dirty) if (child instanceof Child && !this.drive(node, child)) return
    if (!this.begin(node)) return
    if (this.unsettled === 0 && this.next >= this.size) this.decide(node)
  }

  private create(): NodeStatus {
    const { run, body, index } = this
    const node = run.createNode({
      name: `${body.nodeName}[${index}]`,
      type: 'StepGroup',
      phase: 'Running',
      boundary: this.stepsNode,
      scope: scopeText(body.execution.resolved?.scope ?? body.execution.call.scope),
    })
    if (index === 0) run.addChild(this.stepsNode, node.id)
    else this.linkToPrevious(node)
    return node
  }

  private linkToPrevious(node: NodeStatus): void {
    const { run } = this
    const previous = run.nodeNamed(`${this.body.nodeName}[${this.index - 1}]`)
    if (previous === undefined) return
    const children = previous.children ?? []
    if (children.length === 0) return run.addChild(previous, node.id)
    for (const child of children)
      for (const last of outboundOf(run, child)) {
        const outbound = run.nodes.get(last)
        if (outbound !== undefined) run.addChild(outbound, node.id)
      }
  }

  /** All steps of the group, before any of them starts; false: not yet, or failed. */
  private resolve(node: NodeStatus): boolean {
    const { scope } = this.body
    const all: Part[] = []
    for (const step of this.steps) {
      const resolution = resolveCall(step, {
        outsider: this.run,
        variables: scope.variables,
        artifacts: scope.artifacts,
        narrow: scope.narrow,
        kind: 'steps',
      })
      switch (resolution.kind) {
        case 'waits':
          this.waitOrEnd(node)
          return false
        case 'error':
          this.run.setPhase(
            node,
            'Error',
            resolution.expanding === true ? resolution.error : `failed to resolve references: ${resolution.error}`,
          )
          return false
        case 'one':
          all.push({ items: LoopItems.of(resolution.concrete), source: step })
          break
        case 'items':
          all.push({ items: resolution.items, source: step })
          break
        case 'empty':
          all.push({
            items: LoopItems.of({
              name: step.name ?? '',
              call: step,
              absent: nothingAbsent,
              skipped: { phase: 'Skipped', message: emptyLoopText },
            }),
            source: step,
          })
      }
    }
    this.parts = all
    this.size = all.reduce((sum, { items }) => sum + items.length, 0)
    this.run.referenceWaiters.delete(this)
    return true
  }

  /** For a reference: as Argo does, but not beyond the end of everything else. */
  private waitOrEnd(node: NodeStatus): void {
    const { run } = this
    const text = endOfWaiting(run, this.body.execution.call.inExitHandler)
    if (text === null) run.referenceWaiters.add(this)
    else run.setPhase(node, 'Failed', text)
  }

  /** Starts what has not been started, in list order, until one is held back; false: the group has failed. */
  private begin(node: NodeStatus): boolean {
    if (this.heldBack !== null) {
      if (this.heldBack.node === undefined && !this.drive(node, this.heldBack)) return false
      if (this.heldBack.node === undefined) return true
      this.heldBack = null
    }
    while (this.next < this.size) {
      if (this.run.isFull) {
        this.wakeAt(this.run.now)
        return true
      }
      const entry = this.entryAt(this.next)
      if (entry === null) break
      this.next += 1
      const nodeName = `${this.nodeName}.${entry.concrete.name}`
      if (this.isOver(node, entry, nodeName)) continue
      const child = this.childFor(entry, nodeName)
      child.position = this.children.length
      this.children.push(child)
      this.unsettled += 1
      if (!this.drive(node, child, true)) return false
      if (child.node !== undefined) continue
      this.heldBack = child
      return true
    }
    return true
  }

  /** Of an earlier life: an item that has ended well, and that nothing is to be asked of. */
  private isOver(group: NodeStatus, { concrete, source }: Entry, nodeName: string): boolean {
    const { run } = this
    const { call, skipped } = concrete
    const node = run.nodeNamed(nodeName)
    if (node?.phase !== 'Succeeded' || !isPlainLeaf(node) || skipped !== null) return false
    if (call.onExit || Object.keys(call.hooks ?? source.hooks ?? {}).length > 0) return false
    if (run.status.synchronization !== undefined || run.outstanding.has(node.id)) return false
    this.children.push(null)
    this.plain += 1
    if (isBare(node)) this.bare += 1
    run.addChild(group, node.id)
    return true
  }

  private entryAt(index: number): Entry | null {
    let from = index
    for (const { items, source } of this.parts ?? []) {
      const concrete = items.at(from)
      if (concrete !== undefined) return { concrete, source }
      from -= items.length
    }
    return null
  }

  private childFor({ concrete, source }: Entry, nodeName: string): Child {
    const { body, run } = this
    const { execution } = body
    const { name, call } = concrete
    const template = execution.resolved?.template ?? body.template
    return new Child(run, this, {
      call: {
        nodeName,
        holder: this.holderOf(source, call),
        scope: execution.resolved?.scope ?? execution.call.scope,
        args: call.arguments ?? nothing,
        absent: concrete.absent,
        boundary: this.stepsNode,
        boundaryTemplate: body.template,
        inExitHandler: execution.call.inExitHandler,
        hooked: false,
        caller: { kind: 'steps', name },
        resultWanted: refersToResult(template, source.name ?? ''),
        depth: execution.call.depth + 1,
      },
      hooks: call.hooks ?? source.hooks ?? nothing,
      onExit: call.onExit,
      kind: 'steps',
      name,
      lookUp: this.lookUp,
      skipped: concrete.skipped,
    })
  }

  private readonly lookUp = (): Scope => this.body.scope

  /** The items of a loop mostly have one in common. */
  private holderOf(source: WorkflowStep, call: WorkflowStep): Holder {
    const { name = '' } = source
    const { template, templateRef, inline } = call
    const last = this.lastHolder
    if (
      last?.name !== name ||
      last.template !== (template || undefined) ||
      last.templateRef !== templateRef ||
      last.inline !== inline
    )
      this.lastHolder = { name, ...pickHolder(call) }
    return this.lastHolder as Holder
  }
  private lastHolder: Holder | null = null

  /** Visits a child and counts it when it has settled; false: the group has failed with it. */
  private drive(group: NodeStatus, child: Child, isNew = false): boolean {
    const { run } = this
    child.visit()
    const node = child.node
    if (node !== undefined) {
      run.addChild(group, node.id)
      if (!isNew && this.next > 0 && this.parts !== null) this.status(child, node)
    }
    const { error, skippedWith } = child
    child.error = null
    // An item's condition, or a hook of a step: told as it is.
    if (skippedWith !== null) return this.fail(group, 'Error', skippedWith)
    if (error !== null) {
      if (error.kind === 'timeout') return this.fail(group, 'Failed', error.text)
      if (error.kind === 'depth') return this.settle(child)
      if (error.kind === 'hook' || error.kind === 'exit') return this.fail(group, 'Error', error.text)
      const name = child.init.call.nodeName
      return this.fail(group, 'Error', `step group deemed errored due to child ${name} error: ${error.text}`)
    }
    if (child.isSettled) return this.settle(child)
    if (child.isCounted) this.unsettle(child)
    return true
  }

  private fail(group: NodeStatus, phase: 'Failed' | 'Error', message: string): false {
    this.run.setPhase(group, phase, message)
    this.isCutShort = this.unsettled > 0
    return false
  }

  /** Only where somebody may ask for it. */
  private status(child: Child, node: NodeStatus): void {
    if (node.phase !== undefined && mentionsStatus(this.body.template))
      this.body.scope.add(new Map([[`steps.${child.init.call.caller?.name ?? ''}.status`, node.phase]]))
  }

  private settle(child: Child): true {
    if (!child.isCounted) {
      child.isCounted = true
      this.unsettled -= 1
      if (child.isPlain) {
        this.plain += 1
        if (child.node !== undefined && isBare(child.node)) this.bare += 1
      }
    }
    this.release(child)
    return true
  }

  /** A daemon that served has died, and its exit hook is under way. */
  private unsettle(child: Child): void {
    child.isCounted = false
    this.unsettled += 1
  }

  /** Of a wide loop only what is under way stays in memory. */
  private release(child: Child): void {
    const { node, position } = child
    if (node === undefined || !isEnded(node) || isFailedOrError(node.phase)) return
    if (this.children[position] !== child) return
    this.children[position] = null
  }

  /** The first child that failed and is not forgiven decides. */
  private decide(node: NodeStatus): void {
    this.run.sealChildren(node)
    for (const [index, child] of this.children.entries()) {
      const childNode = child?.node
      if (childNode === undefined || !isFailedOrError(childNode.phase)) continue
      const { continueOn } = this.entryAt(index)?.concrete.call ?? {}
      if (
        (childNode.phase === 'Failed' && continueOn?.failed === true) ||
        (childNode.phase === 'Error' && continueOn?.error === true)
      )
        continue
      return this.run.setPhase(node, 'Failed', `child '${childNode.id}' failed`)
    }
    this.run.setPhase(node, 'Succeeded')
  }

  abandon(): void {
    for (const child of this.children) child?.execution.body?.abandon()
  }
}

/** Most call with no arguments and have no hooks. */
const nothing = Object.freeze({})
