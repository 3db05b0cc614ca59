/** One call of a template: from the reference to a node that is fulfilled (semantics-flow.md §1). */
import type { Inputs, NodeStatus, NodeType, Template } from '../resources/index.ts'
import { instantOf } from '../resources/index.ts'
import { parseDurationMs, podName } from '../expressions/index.ts'
import type { Body } from './body.ts'
import type { Call } from './call.ts'
import { updateDisplayName } from './display-name.ts'
import { Frame } from './frame.ts'
import { gate } from './gate.ts'
import { processTemplate, type Processed } from './inputs.ts'
import { afterMemo, lookUpMemo } from './memo.ts'
import { emitNodeMetrics, startRealtime } from './node-metrics.ts'
import { isCarried, isEnded, isFailedOrError } from './phases.ts'
import { RetryBody } from './retry.ts'
import type { Run } from './run.ts'
import { refusalByShutdown } from './shutdown.ts'
import { acquireLocks, releaseLocks } from './sync.ts'
import { resolveTemplate, scopeText, type Resolved } from './template-lookup.ts'
import { typeOf } from './template-type.ts'

/** The root has depth 0; Argo counts it as 1, and refuses the hundredth. */
const maxDepth = 99

/** An error that goes up to the caller. The kinds are told apart because callers treat them in their own way. */
export type CallError = {
  readonly kind: 'error' | 'timeout' | 'depth' /** Of a lifecycle hook of the callee. */ | 'hook' | 'exit'
  readonly text: string
}

export class Execution extends Frame {
  readonly call: Call
  /** Set in the visit in which the call failed; the caller takes it. */
  error: CallError | null = null
  resolved: Resolved | null = null
  processed: Processed | null = null
  body: Body | null = null
  private isFinished = false
  private isPastLocks = false

  constructor(run: Run, parent: Frame, call: Call) {
    super(run, parent)
    this.call = call
  }

  get node(): NodeStatus | undefined {
    return (this.known ??= this.run.nodeNamed(this.call.nodeName))
  }
  private known: NodeStatus | undefined

  get template(): Template | null {
    return this.processed?.template ?? this.resolved?.template ?? null
  }

  protected work(): void {
    if (this.isFinished) return
    const node = this.node
    if (!this.prepare(node)) return
    if (node !== undefined) {
      const fault = updateDisplayName(this.run, node, this.template)
      if (fault !== null) return this.fail(fault)
      if (isEnded(node)) return this.finish(node)
    }
    if (this.timedOut(node)) return
    if (this.body !== null || this.mayBegin(node)) this.proceed()
    if (!this.isFinished) this.timedOut(this.node)
  }

  /** Resolves the reference and fills in the template, once. */
  private prepare(node: NodeStatus | undefined): boolean {
    if (this.processed !== null) return true
    if (this.call.depth >= maxDepth) {
      this.fail(
        'Maximum recursion depth exceeded. See https://argo-workflows.readthedocs.io/en/latest/scaling/#maximum-recursion-depth',
        'depth',
      )
      return false
    }
    const resolved = resolveTemplate(this.run, this.call.holder, this.call.scope)
    if (!resolved.ok) return this.refuse(resolved.error, node)
    this.resolved = resolved.value
    if (node !== undefined && isEnded(node)) {
      this.finish(node)
      return false
    }
    const { template } = resolved.value
    const processed = processTemplate(this.run, template, {
      args: this.call.args,
      absent: this.call.absent,
      namer: this,
    })
    if (!processed.ok) return this.refuse(processed.error, node)
    this.processed = processed.value
    return true
  }

  private refuse(text: string, node: NodeStatus | undefined): false {
    if (node !== undefined && isEnded(node)) this.isFinished = true
    else this.fail(text)
    return false
  }

  /** `node.name`, `steps.name` or `tasks.name`, and `pod.name` where there are no attempts. */
  localsOf(template: Template): Record<string, string> {
    const { call, run } = this
    const locals: Record<string, string> = { 'node.name': call.nodeName }
    // the entrypoint and handlers are called as by a step without a name
    locals[`${call.caller?.kind ?? 'steps'}.name`] = call.caller?.name ?? ''
    const type = typeOf(template)
    if (type !== null && podTypes.has(type) && (template.retryStrategy ?? run.spec.retryStrategy) === undefined)
      locals['pod.name'] = this.podNameOf(call.nodeName, template)
    return locals
  }

  podNameOf(nodeName: string, template: Template): string {
    const { holder } = this.call
    const name =
      holder.inline !== undefined ? '' : (holder.templateRef?.template ?? holder.template ?? template.name ?? '')
    return podName(this.run.name, nodeName, name, this.run.world.config.podNameFormat)
  }

  /** `timeout` and `pendingTimeout` of a node that still waits (flow §9.2). */
  private timedOut(node: NodeStatus | undefined): boolean {
    if (node?.phase !== 'Pending') return false
    const { timeout, pendingTimeout } = this.template ?? {}
    if (!timeout && !pendingTimeout) return false
    const started = instantOf(node.startedAt)
    if (started === null) return false
    for (const text of [timeout, pendingTimeout]) {
      const duration = text ? parseDurationMs(text) : null
      if (duration?.ok !== true) continue
      const due = started + duration.value
      if (this.run.now >= due) {
        this.body?.abandon()
        this.fail('timeout', 'timeout')
        return true
      }
      this.wakeAt(due as typeof started)
    }
    return false
  }

  /** The template's `timeout` in milliseconds, or null. */
  timeoutMs(): number | null {
    const text = this.template?.timeout
    const parsed = text ? parseDurationMs(text) : null
    return parsed?.ok === true ? parsed.value : null
  }

  /** Gates, locks and the memo cache: what stands before the work itself. */
  private mayBegin(node: NodeStatus | undefined): boolean {
    const { run, call } = this
    const template = this.template
    if (template === null) return false
    if (!gate(run, this, call, node)) return false
    if (!this.isPastLocks) {
      if (template.synchronization !== undefined && !this.getLocks(template)) return false
      this.isPastLocks = true
      const before = this.node
      const isNew =
        before === undefined || (before.phase === 'Pending' && node?.synchronizationStatus?.waiting !== undefined)
      if (
        template.memoize !== undefined &&
        (isNew || before?.memoizationStatus === undefined) &&
        !this.tryMemo(template)
      )
        return false
    }
    const carried = this.node
    if (carried !== undefined && isCarried(carried)) run.begin(carried)
    return true
  }

  private getLocks(template: Template): boolean {
    const { run, call } = this
    const refused =
      this.node?.synchronizationStatus?.waiting === undefined ? null : refusalByShutdown(run, call.inExitHandler)
    if (refused !== null) {
      const node = this.node
      if (node !== undefined) run.setPhase(node, 'Failed', refused)
      return false
    }
    const answer = acquireLocks(run, run.idOf(call.nodeName), template.synchronization ?? {})
    if (answer.kind === 'error') {
      this.fail(answer.message)
      return false
    }
    if (answer.kind === 'acquired') {
      const node = this.node
      if (node?.synchronizationStatus?.waiting !== undefined) run.setWaiting(node, null, '')
      return true
    }
    const node = this.node ?? this.createNode('Pending', this.retryStrategy() !== undefined)
    if (node.synchronizationStatus?.waiting !== answer.lock.name || node.message !== answer.message)
      run.setWaiting(node, answer.lock.name, answer.message)
    run.lockWaiters.add(this)
    return false
  }

  private tryMemo(template: Template): boolean {
    const found = lookUpMemo(this.run, template)
    if (!found.ok) {
      this.fail(found.error)
      return false
    }
    const { status, entry } = found.value
    if (entry === null) {
      const isRetried = this.retryStrategy() !== undefined
      const node = this.node ?? this.createNode(isRetried ? 'Running' : 'Pending', isRetried)
      node.memoizationStatus = status
      this.run.touch(node)
      return true
    }
    const node = this.node ?? this.createNode('Pending', template.retryStrategy !== undefined)
    node.memoizationStatus = status
    if (entry.outputs !== undefined) node.outputs = entry.outputs
    this.run.setPhase(node, 'Succeeded')
    this.finish(node)
    return false
  }

  /** The node of this call: of the template's own type, or Retry. */
  createNode(phase: NodeStatus['phase'] & string, asRetry: boolean, attemptName: string | null = null): NodeStatus {
    const { call, run } = this
    const type = this.template === null ? null : typeOf(this.template)
    const node = run.createNode({
      name: attemptName ?? call.nodeName,
      type: asRetry ? 'Retry' : type === null ? 'Skipped' : nodeTypes[type],
      phase,
      boundary: call.boundary,
      scope: scopeText(call.scope),
      template: call.holder.template,
      templateRef: call.holder.templateRef,
      hooked: call.hooked && attemptName === null,
      more: inputsOf(this.template),
    })
    if (this.template !== null) startRealtime(run, this.template, node, this.processed)
    return node
  }

  retryStrategy(): Template['retryStrategy'] {
    return this.template?.retryStrategy ?? this.run.spec.retryStrategy
  }

  private proceed(): void {
    const { processed } = this
    if (processed === null) return
    if (typeOf(processed.template) === null)
      return this.fail(`Template '${processed.template.name ?? ''}' missing specification`)
    this.body ??=
      this.retryStrategy() === undefined
        ? this.run.makeBody(this, this.call.nodeName, processed, this)
        : new RetryBody(this)
    this.takeDirtyChildren()
    this.body.visit()
    const error = this.body.takeError()
    if (error !== null) return this.fail(error.text, error.kind)
    const node = this.node
    if (node !== undefined && isEnded(node)) this.finish(node)
  }

  private finish(node: NodeStatus): void {
    if (this.isFinished) return
    this.isFinished = true
    this.takeDirtyChildren()
    // Of a template without locks the node has none, unless a restart found some.
    if (this.template?.synchronization !== undefined || this.template === null || this.run.status.synchronization)
      releaseLocks(this.run, node.id)
    this.run.lockWaiters.delete(this)
    if (this.template !== null && this.run.justEnded.has(node.id)) {
      if (node.type !== 'Skipped') emitNodeMetrics(this.run, this.template, node, this.processed)
      afterMemo(this.run, this.template, node)
    }
    this.body = null
    this.processed = null
    if (!this.run.outstanding.has(node.id)) this.run.frames.delete(node.id)
  }

  /** Marks the node (made for it if need be) and tells the caller. */
  fail(text: string, kind: CallError['kind'] = 'error'): void {
    const { run, call } = this
    const node = this.node
    const phase = kind === 'timeout' ? 'Failed' : 'Error'
    if (node === undefined)
      run.createNode({
        name: call.nodeName,
        type: 'Skipped',
        phase,
        boundary: call.boundary,
        scope: scopeText(call.scope),
        ...(call.holder.template === undefined ? {} : { template: call.holder.template }),
        ...(call.holder.templateRef === undefined ? {} : { templateRef: call.holder.templateRef }),
        hooked: call.hooked,
        message: text,
      })
    else if (!isEnded(node) || (kind === 'error' && !isFailedOrError(node.phase))) run.setPhase(node, phase, text)
    this.error = { kind, text }
    const failed = this.node
    if (failed !== undefined) this.finish(failed)
  }
}

const podTypes: ReadonlySet<string> = new Set(['container', 'containerSet', 'script', 'resource', 'data'])

export const nodeTypes: Readonly<Record<NonNullable<ReturnType<typeof typeOf>>, NodeType>> = {
  container: 'Pod',
  containerSet: 'Pod',
  script: 'Pod',
  resource: 'Pod',
  data: 'Pod',
  steps: 'Steps',
  dag: 'DAG',
  suspend: 'Suspend',
  http: 'HTTP',
  plugin: 'Plugin',
}

/** The inputs that a node shows: only where there are any. */
export function inputsOf(template: Template | null): { inputs?: Inputs } {
  const inputs = template?.inputs
  if (inputs === undefined || (!inputs.parameters?.length && !inputs.artifacts?.length)) return nothingMore
  return { inputs }
}
const nothingMore: { inputs?: Inputs } = Object.freeze({})
