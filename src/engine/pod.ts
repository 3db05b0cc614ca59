/** A container or script template: one pod (semantics-templates.md §2, semantics.md §3.3). */
import type { NodeStatus, PodState } from '../resources/index.ts'
import { instantOf } from '../resources/index.ts'
import { Body } from './body.ts'
import type { Effect, PodPlan } from './effects.ts'
import type { Observation, PodResult } from './observations.ts'
import { isEnded } from './phases.ts'
import { assessPod } from './pod-assessment.ts'
import { buildPodPlan } from './pod-plan.ts'
import { recordOutputs } from './pod-outputs.ts'
import { removalOf } from './pod-gc.ts'
import { isShutDown, shutdownOf } from './shutdown.ts'

export class PodBody extends Body {
  protected plan: PodPlan | null = null
  private wasAsked = false

  protected work(): void {
    const node = this.node
    if (node === undefined || node.phase === 'Pending') this.begin(node)
    else if (!isEnded(node)) this.ask()
  }

  private begin(known: NodeStatus | undefined): void {
    const { run } = this
    const { inExitHandler } = this.execution.call
    const strategy = shutdownOf(run)
    if (
      !this.wasAsked &&
      known?.taskResultSynced === undefined &&
      strategy !== null &&
      isShutDown(run, inExitHandler)
    ) {
      run.setPhase(this.ensureNode('Pending'), 'Failed', `workflow shutdown with strategy: ${strategy}`)
      return
    }
    this.ask()
  }

  /** Asks for the pod once a frame's lifetime: after a restart again, which finds what is there. */
  private ask(): void {
    if (this.wasAsked) return
    const { run } = this
    const timeoutLeftMs = this.timeoutLeftMs()
    // Not of one that an earlier life asked for: it may be running, and its own deadline ends it.
    const isNew = this.node?.taskResultSynced === undefined
    if (isNew && timeoutLeftMs !== null && timeoutLeftMs <= 1000)
      return this.failWith(`${this.nodeName} exceeded its deadline`)
    const plan = this.makePlan(this.limitMs())
    if (typeof plan === 'string') return this.failWith(plan)
    const node = this.ensureNode('Pending')
    if (isEnded(node)) return
    node.taskResultSynced ??= false
    run.touch(node)
    this.afterCreate(node)
    this.follow(node, plan)
  }

  private follow(node: NodeStatus, plan: PodPlan): void {
    const { run } = this
    this.wasAsked = true
    this.plan = plan
    run.frames.set(node.id, this)
    run.outstanding.set(node.id, plan.identity.id)
    run.effects.push({ kind: 'runPod', plan })
  }

  override underWay(): Effect | null {
    return this.plan === null || this.isSettled ? null : { kind: 'runPod', plan: this.plan }
  }

  override resume(node: NodeStatus, effect: Effect): void {
    if (effect.kind !== 'runPod') return
    this.follow(node, effect.plan)
    if (isEnded(node)) this.abandon()
  }

  protected makePlan(limitMs: number | null): PodPlan | string {
    const plan = buildPodPlan(this, limitMs)
    return plan.ok ? plan.value : plan.error
  }

  protected afterCreate(_node: NodeStatus): void {}

  /** Milliseconds left of `timeout` and of the attempts' maxDuration; null without either. */
  private limitMs(): number | null {
    const deadline = this.attempt?.deadline ?? null
    const left = Math.min(this.timeoutLeftMs() ?? Infinity, deadline === null ? Infinity : deadline - this.run.now)
    return left === Infinity ? null : Math.max(0, left)
  }

  private timeoutLeftMs(): number | null {
    const { run } = this
    const timeout = this.execution.timeoutMs()
    return timeout === null ? null : (instantOf(this.node?.startedAt) ?? run.now) + timeout - run.now
  }

  override observe(observation: Observation): void {
    const node = this.node
    if (node === undefined || this.plan === null) return
    switch (observation.kind) {
      case 'podChanged':
        if (observation.pod === this.plan.identity.id) this.changed(node, observation.state)
        return
      case 'podFinished':
        if (observation.pod === this.plan.identity.id) this.finished(node, observation.result)
        return
      case 'podProgress':
        if (!isEnded(node) && /^\d+\/\d+$/.test(observation.progress)) this.run.setProgress(node, observation.progress)
        return
      case 'podWaits':
        if (node.phase === 'Pending' && (node.message ?? '') !== observation.message)
          this.run.setPhase(node, 'Pending', observation.message)
        return
      case 'podRefused':
        this.settle(node)
        if (!isEnded(node)) this.run.setPhase(node, 'Error', observation.message)
        // It may have been created, though it never ran: there is nothing in it that podGC could keep.
        this.run.effects.push({ kind: 'removePod', pod: this.plan.identity.id, delayMs: 0 })
        this.membersLost(observation.message)
        return this.markDirty()
      case 'podGone':
        this.settle(node)
        if (!isEnded(node)) this.run.setPhase(node, 'Error', 'pod deleted')
        this.membersLost('pod deleted')
        return this.markDirty()
      default:
    }
  }

  protected changed(node: NodeStatus, state: PodState): void {
    if (isEnded(node)) return
    const { run } = this
    if (state.hostNodeName !== undefined && node.hostNodeName === undefined) {
      node.hostNodeName = state.hostNodeName
      run.touch(node)
    }
    const isRunning = state.containers.some(
      (container) => container.role === 'main' && container.startedAt !== undefined,
    )
    if (isRunning && node.phase === 'Pending') {
      run.setPhase(node, 'Running', '')
      delete node.message
      this.markDirty()
    }
    if (this.plan?.daemon === true && state.ready && node.daemoned !== true && node.phase === 'Running') {
      node.daemoned = true
      run.daemons.add(node.id)
      if (state.ip !== undefined) node.podIP = state.ip
      run.touch(node)
      this.markDirty()
    }
  }

  private finished(node: NodeStatus, result: PodResult): void {
    const { run, plan } = this
    if (plan === null) return
    if (this.isSettled) return
    this.settle(node)
    recordOutputs(run, node, this.template, result)
    const removal = removalOf(run, node, plan, result)
    if (removal !== null) run.effects.push(removal)
    if (!isEnded(node)) {
      const verdict = assessPod(result, plan)
      const wasDaemon = node.daemoned === true
      delete node.daemoned
      const phase = wasDaemon && verdict.phase === 'Succeeded' ? 'Failed' : verdict.phase
      this.memberResults(node, result)
      run.setPhase(node, phase, verdict.message)
      if (verdict.message === '') delete node.message
    } else this.memberResults(node, result)
    this.markDirty()
  }

  /** Of a containerSet: what its containers came to. */
  protected memberResults(_node: NodeStatus, _result: PodResult): void {}

  /** Of a containerSet: no container of it will end any more. */
  protected membersLost(_message: string): void {}

  private isSettled = false
  private settle(node: NodeStatus): void {
    this.isSettled = true
    node.taskResultSynced = true
    this.run.outstanding.delete(node.id)
    this.run.frames.delete(node.id)
    this.run.touch(node)
  }

  override abandon(): void {
    if (this.plan === null) return
    this.run.effects.push({ kind: 'stopPod', pod: this.plan.identity.id, graceMs: this.plan.terminationGraceMs })
  }
}
