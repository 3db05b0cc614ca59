/** What bodies of every type share: their node, their error, their template. */
import type { NodeStatus, Template } from '../resources/index.ts'
import type { Effect } from './effects.ts'
import type { CallError, Execution } from './execution.ts'
import { Frame } from './frame.ts'
import type { Processed } from './inputs.ts'
import type { Observation } from './observations.ts'
import { isEnded } from './phases.ts'

export type BodyInit = {
  readonly execution: Execution
  readonly nodeName: string
  readonly processed: Processed
  readonly parent: Frame
  readonly attempt: {
    readonly index: number
    /** No attempt may run later than this. */ readonly deadline: number | null
  } | null
}

export abstract class Body extends Frame {
  readonly execution: Execution
  readonly nodeName: string
  readonly processed: Processed
  readonly attempt: BodyInit['attempt']
  private error: CallError | null = null

  constructor({ execution, nodeName, processed, parent, attempt }: BodyInit) {
    super(execution.run, parent)
    this.execution = execution
    this.nodeName = nodeName
    this.processed = processed
    this.attempt = attempt
  }

  get template(): Template {
    return this.processed.template
  }

  get node(): NodeStatus | undefined {
    return (this.known ??= this.run.nodeNamed(this.nodeName))
  }
  private known: NodeStatus | undefined

  takeError(): CallError | null {
    const { error } = this
    this.error = null
    return error
  }

  /** Tells an observation about this body's node; those that are not for it are ignored. */
  observe(_observation: Observation): void {}

  /** What was asked for the node and has not come back, or null. */
  underWay(): Effect | null {
    return null
  }

  /** Goes on with what `underWay` told an earlier life. */
  resume(_node: NodeStatus, _effect: Effect): void {}

  /** The node was ended from outside: whatever still runs for it is stopped. */
  abandon(): void {}

  /** The node, made in `phase` if it is not there yet. */
  protected ensureNode(phase: NonNullable<NodeStatus['phase']>): NodeStatus {
    const { run, execution, attempt } = this
    const known = this.node
    if (known !== undefined) return known
    const node = execution.createNode(phase, false, attempt === null ? null : this.nodeName)
    if (attempt !== null) node.nodeFlag = { ...node.nodeFlag, retried: true }
    run.touch(node)
    this.known = node
    return node
  }

  /** An error here makes the node Error and goes up to the caller. */
  protected failWith(text: string, kind: CallError['kind'] = 'error'): void {
    const node = this.ensureNode('Pending')
    if (!isEnded(node)) this.run.setPhase(node, kind === 'timeout' ? 'Failed' : 'Error', text)
    this.error = { kind, text }
  }
}
