/** One concrete step, task or loop item of a Steps or DAG node: its execution and its hooks. */
import type { LifecycleHook, NodeStatus } from '../resources/index.ts'
import type { Call } from './call.ts'
import { Execution, type CallError } from './execution.ts'
import { Frame } from './frame.ts'
import { HookSet } from './hooks.ts'
import { isEnded, isFulfilled } from './phases.ts'
import type { Run } from './run.ts'
import { awaitsResult, type Scope } from './scope.ts'
import { scopeText } from './template-lookup.ts'

export type ChildInit = {
  readonly call: Call
  readonly hooks: Readonly<Record<string, LifecycleHook>>
  readonly onExit: string | undefined
  /** Its hooks refer to it as `steps.<name>` or `tasks.<name>`. */
  readonly kind: 'steps' | 'tasks'
  readonly name: string
  readonly lookUp: () => Scope
  /** Why it does not run: a message for the Skipped node, or for an Error one. */
  readonly skipped: { readonly phase: 'Skipped' | 'Error'; readonly message: string } | null
}

/** A node that has ended as a leaf. */
export const isPlainLeaf = (node: NodeStatus): boolean =>
  (node.type === 'Pod' || node.type === 'Skipped') &&
  isEnded(node) &&
  node.children === undefined &&
  node.daemoned === undefined

/** Leaves nothing that the outputs of its loop are made of. */
export const isBare = ({ outputs }: NodeStatus): boolean =>
  outputs === undefined || (outputs.result === undefined && !outputs.parameters?.length)

export class Child extends Frame {
  readonly init: ChildInit
  readonly execution: Execution
  /** Most have none. */
  private readonly hooks: HookSet | null
  private hasBegun = false
  /** Taken by the parent. */
  error: CallError | null = null
  isSettled = false
  /** The fault of an item's condition. */
  get skippedWith(): string | null {
    return this.init.skipped?.phase === 'Error' ? this.init.skipped.message : null
  }
  /** For the parent's count. */
  isCounted = false

  constructor(run: Run, parent: Frame, init: ChildInit) {
    super(run, parent)
    this.init = init
    this.execution = new Execution(run, this, init.call)
    const { call } = init
    const hasHooks = Boolean(init.onExit) || Object.keys(init.hooks).length > 0
    this.hooks = !hasHooks
      ? null
      : new HookSet({
          run,
          parent: this,
          hooks: init.hooks,
          onExit: init.onExit,
          scope: call.scope,
          boundary: call.boundary,
          boundaryTemplate: call.boundaryTemplate,
          inExitHandler: call.inExitHandler,
          depth: call.depth,
          prefix: `${init.kind}.${init.name}`,
          statusKey: `${init.kind}.${init.name}`,
          lookUp: init.lookUp,
        })
  }

  get node(): NodeStatus | undefined {
    return (this.known ??= this.run.nodeNamed(this.init.call.nodeName))
  }
  private known: NodeStatus | undefined

  /** Has ended as a leaf that nothing hangs below, nor ever will. */
  get isPlain(): boolean {
    return this.hooks === null && this.node !== undefined && isPlainLeaf(this.node)
  }

  protected work(): void {
    const dirty = this.takeDirtyChildren()
    if (this.init.skipped !== null) return this.skip()
    if (!this.hasBegun || dirty.includes(this.execution)) {
      this.hasBegun = true
      this.execution.visit()
      this.error = this.execution.error
      this.execution.error = null
      if (this.error !== null) return
    }
    const node = this.node
    if (node === undefined) return
    const isOver = isFulfilled(node)
    // What comes after it waits for the result of a pod that was ended from outside; its own hooks do not.
    const isSynced = isOver && !awaitsResult(this.run, node)
    if (this.hooks === null) {
      this.isSettled = isSynced
      return
    }
    const mayHook = node.phase === 'Running' || isOver
    const hooksDone = !mayHook || this.hooks.drive(node, dirty)
    const exitDone = hooksDone && isOver ? this.hooks.driveExit(node, dirty) : false
    if (this.hooks.error !== null) {
      const { error, isExitAtFault } = this.hooks
      this.error = { kind: isExitAtFault ? 'exit' : 'hook', text: error }
      return
    }
    // A DAG waits for all that hangs below it, its own hooks included.
    if (this.hooks.takeNewEnd() && !isFulfilled(node)) this.execution.body?.markDirty()
    this.isSettled = isSynced && hooksDone && exitDone
  }

  private skip(): void {
    const { call, skipped } = this.init
    if (skipped === null) return
    this.isSettled = true
    if (this.node !== undefined) return
    this.run.createNode({
      name: call.nodeName,
      type: 'Skipped',
      phase: skipped.phase,
      boundary: call.boundary,
      scope: scopeText(call.scope),
      ...(call.holder.template === undefined ? {} : { template: call.holder.template }),
      ...(call.holder.templateRef === undefined ? {} : { templateRef: call.holder.templateRef }),
      message: skipped.message,
    })
  }
}
