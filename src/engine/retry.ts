/** A Retry node and its attempts (semantics-flow.md §7). */
import type { NodeStatus, RetryStrategy } from '../resources/index.ts'
import { instant, instantOf } from '../resources/index.ts'
import { variablesOf } from '../expressions/index.ts'
import { Body } from './body.ts'
import type { Execution } from './execution.ts'
import { hasSlot } from './gate.ts'
import { emitNodeMetrics } from './node-metrics.ts'
import { isEnded, isFailedOrError } from './phases.ts'
import { backoffFor, expressionAllows, policyCovers, policyOf, retryPolicies, type Backoff } from './retry-policy.ts'
import { isShutDown, shutdownOf, stoppedText } from './shutdown.ts'
import { keepUnknown, render } from './substitution.ts'
import { typeOf } from './template-type.ts'

type Verdict =
  /** The strategy itself is at fault: that goes up to the caller. */
  | { readonly kind: 'fault'; readonly error: string }
  | { readonly kind: 'end'; readonly phase: 'Succeeded' | 'Failed' | 'Error'; readonly message: string | undefined }
  | { readonly kind: 'wait'; readonly until: number; readonly message: string }
  | { readonly kind: 'again' }

export class RetryBody extends Body {
  private current: Body | null = null

  constructor(execution: Execution) {
    const { processed } = execution
    if (processed === null) throw new Error('a retried call is prepared first')
    super({ execution, nodeName: execution.call.nodeName, processed, parent: execution, attempt: null })
  }

  private get strategy(): RetryStrategy {
    return this.execution.retryStrategy() ?? {}
  }

  protected work(): void {
    const known = this.node
    const node = known ?? this.execution.createNode('Running', true)
    this.run.frames.set(node.id, this)
    this.takeDirtyChildren()
    for (let rounds = 0; rounds < 1000; rounds += 1) {
      const attempts = this.attempts(node)
      const last = attempts.at(-1)
      if (last !== undefined && !this.hasEnded(last)) {
        if (!this.drive(node, last, attempts)) return
        continue
      }
      const verdict: Verdict = last === undefined ? { kind: 'again' } : this.judge(node, last, attempts)
      if (verdict.kind === 'fault') return this.failUp(verdict.error)
      if (verdict.kind === 'end') return this.end(node, last, verdict)
      if (verdict.kind === 'wait') {
        if (node.message !== verdict.message) this.run.setPhase(node, phaseOf(node), verdict.message)
        return this.wakeAt(instant(verdict.until))
      }
      if (!this.begin(node, attempts, known !== undefined)) return
    }
  }

  override abandon(): void {
    this.current?.abandon()
  }

  private attempts(node: NodeStatus): readonly NodeStatus[] {
    return (node.children ?? []).flatMap((id) => {
      const child = this.run.nodes.get(id)
      return child?.nodeFlag?.retried === true ? [child] : []
    })
  }

  private hasEnded(attempt: NodeStatus): boolean {
    return isEnded(attempt)
  }

  /** Visits the running attempt; false while it goes on. */
  private drive(node: NodeStatus, last: NodeStatus, attempts: readonly NodeStatus[]): boolean {
    if (this.current === null || this.current.nodeName !== last.name) {
      const body = this.bodyFor(node, attempts.slice(0, -1), last.name)
      if (body === null) return false
      this.current = body
    }
    this.current.visit()
    const error = this.current.takeError()
    if (error !== null && !this.coversErrors() && error.kind !== 'timeout') {
      this.failUp(error.text)
      return false
    }
    if (last.daemoned === true && node.daemoned !== true) {
      node.daemoned = true
      this.run.daemons.add(node.id)
      if (last.podIP !== undefined) node.podIP = last.podIP
      this.run.touch(node)
    }
    return isEnded(last)
  }

  /** Whether an attempt that could not be started is left to the strategy, instead of going up to the caller. */
  private coversErrors(): boolean {
    return ['Always', 'OnError', 'OnTransientError'].includes(policyOf(this.strategy))
  }

  private failUp(text: string): void {
    this.failWith(text)
  }

  /** @param isKnown the node is of an earlier visit; it may be of an earlier run, whose attempts are gone */
  private begin(node: NodeStatus, attempts: readonly NodeStatus[], isKnown: boolean): boolean {
    const { run } = this
    if ((isKnown || attempts.length > 0) && !hasSlot(run, this)) return false
    const name = `${this.nodeName}(${attempts.length})`
    const body = this.bodyFor(node, attempts, name)
    if (body === null) return false
    if (attempts.length > 0) {
      run.note(node, `attempt ${attempts.length} begins`)
      const before = attempts.at(-1)
      if (before !== undefined) emitNodeMetrics(run, this.template, before, this.processed)
      if (node.message !== undefined && node.message !== '') run.setPhase(node, phaseOf(node), '')
    }
    this.current = body
    body.visit()
    const attempt = run.nodeNamed(name)
    if (attempt !== undefined) run.addChild(node, attempt.id)
    const error = body.takeError()
    if (error !== null && !this.coversErrors()) {
      this.failUp(error.text)
      return false
    }
    return attempt !== undefined && isEnded(attempt)
  }

  /** The attempt's own template: `retries`, `lastRetry.*` and `pod.name` filled in. */
  private bodyFor(node: NodeStatus, before: readonly NodeStatus[], name: string): Body | null {
    const { template } = this.processed
    const { inputs, ...body } = template
    const last = before.at(-1)
    const type = typeOf(template)
    const own: Record<string, unknown> = {
      retries: String(before.length),
      'lastRetry.exitCode': last?.outputs?.exitCode ?? '0',
      'lastRetry.status': last?.phase ?? '',
      'lastRetry.duration': last === undefined ? '0' : durationText(last),
      'lastRetry.message': last?.message ?? '',
    }
    if (type !== null && ['container', 'containerSet', 'script', 'resource', 'data'].includes(type))
      own['pod.name'] = this.execution.podNameOf(name, template)
    const variables = variablesOf(own, this.processed.variables)
    const rendered = render(this.run, body, variables, keepUnknown)
    if (!rendered.ok) {
      this.failUp(rendered.error)
      return null
    }
    const deadline = before.length === 0 ? null : this.lastInstant(node, before)
    const filled = { template: inputs === undefined ? rendered.value : { ...rendered.value, inputs }, variables }
    return this.run.makeBody(this.execution, name, filled, this, { index: before.length, deadline })
  }

  private lastInstant(_node: NodeStatus, before: readonly NodeStatus[]): number | null {
    const backoff = backoffFor(this.strategy, before.length)
    const first = instantOf(before[0]?.startedAt)
    return backoff.kind === 'backoff' && backoff.maxDurationMs !== null && first !== null
      ? first + backoff.maxDurationMs
      : null
  }

  private judge(node: NodeStatus, last: NodeStatus, attempts: readonly NodeStatus[]): Verdict {
    const { run, strategy } = this
    const isDeadDaemon = this.template.daemon === true && last.phase === 'Succeeded' && node.daemoned === true
    if (!isFailedOrError(last.phase) && !isDeadDaemon) return { kind: 'end', phase: 'Succeeded', message: undefined }
    const phase = last.phase === 'Error' ? 'Error' : 'Failed'
    const strategyText = shutdownOf(run)
    if (strategyText !== null)
      return {
        kind: 'end',
        phase: isShutDown(run, this.execution.call.inExitHandler) ? 'Failed' : phase,
        message: stoppedText(strategyText),
      }
    // Exit handlers are not exempt from this one.
    const deadline = run.deadline()
    if (deadline !== null && run.now >= deadline)
      return { kind: 'end', phase, message: `retry exceeded workflow deadline ${goTime(deadline)}` }
    const wait =
      strategy.backoff === undefined ? null : this.backoff(backoffFor(strategy, attempts.length), attempts, last, phase)
    if (wait !== null) return wait
    const policy = policyOf(strategy)
    if (!retryPolicies.has(policy)) return { kind: 'fault', error: `${policy} is not a valid RetryPolicy` }
    if (!policyCovers(policy, phase, last.message ?? '', run.world.config.transientErrorPattern))
      return { kind: 'end', phase, message: last.message }
    const limit = strategy.limit === undefined ? null : Number(strategy.limit)
    if (limit !== null && attempts.length > limit) return { kind: 'end', phase, message: 'No more retries left' }
    if (!strategy.expression) return { kind: 'again' }
    const allowed = expressionAllows(run, strategy.expression, {
      retries: String(attempts.length - 1),
      exitCode: last.outputs?.exitCode ?? '-1',
      status: last.phase ?? '',
      duration: durationText(last),
      message: last.message ?? '',
    })
    if (!allowed.ok) return { kind: 'fault', error: allowed.error }
    return allowed.value
      ? { kind: 'again' }
      : { kind: 'end', phase, message: 'retryStrategy.expression evaluated to false' }
  }

  private backoff(
    backoff: Backoff,
    attempts: readonly NodeStatus[],
    last: NodeStatus,
    phase: 'Failed' | 'Error',
  ): Verdict | null {
    const first = instantOf(attempts[0]?.startedAt) ?? this.run.now
    const ended = instantOf(last.finishedAt) ?? this.run.now
    if (backoff.kind === 'error') return { kind: 'fault', error: backoff.error }
    const lastInstant = backoff.maxDurationMs === null ? null : first + backoff.maxDurationMs
    if (lastInstant !== null && this.run.now > lastInstant)
      return { kind: 'end', phase, message: 'Max duration limit exceeded' }
    if (backoff.waitMs === null) return { kind: 'fault', error: 'no base duration specified for retryStrategy' }
    const until = ended + backoff.waitMs
    if (lastInstant !== null && until > lastInstant)
      return { kind: 'end', phase, message: 'Backoff would exceed max duration limit' }
    const limit = this.strategy.limit
    if (limit === undefined || attempts.length > Number(limit) || this.run.now >= until) return null
    return { kind: 'wait', until, message: backoff.text }
  }

  private end(node: NodeStatus, last: NodeStatus | undefined, verdict: Extract<Verdict, { kind: 'end' }>): void {
    if (last?.outputs !== undefined) node.outputs = last.outputs
    delete node.daemoned
    this.run.setPhase(node, verdict.phase, verdict.message ?? '')
    if (!node.message) delete node.message
    this.run.sealChildren(node)
  }
}

/** One that had to wait for a lock, or was looked up in a cache, stays Pending until its end, as in Argo. */
const phaseOf = (node: NodeStatus): 'Pending' | 'Running' => (node.phase === 'Pending' ? 'Pending' : 'Running')

/** As Go prints a time of whole seconds in UTC. */
const goTime = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`

/** Whole seconds that the attempt took, as Go prints them. */
function durationText(node: NodeStatus): string {
  const started = instantOf(node.startedAt)
  const finished = instantOf(node.finishedAt)
  return started === null || finished === null ? '0' : String((finished - started) / 1000)
}
