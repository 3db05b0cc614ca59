/** A workflow from its start to its end on the engine alone: mocked pods, a clock that jumps to what happens next. */
import type { Manifest } from '../admission/index.ts'
import {
  type Decision,
  type Effect,
  type Observation,
  type Operation,
  type Run,
  advance,
  isFinished,
  openRun,
  operate,
  workflowOf,
} from '../engine/index.ts'
import type { Instant, NodeId, NodeStatus, Template, Workflow } from '../resources/index.ts'
import { instant, nodeIdOf, rfc3339 } from '../resources/index.ts'
import { MockBook, type Mocks, durationMs, relativeName } from './mocks.ts'
import { endedResult, runningState, stoppedResult } from './pod-end.ts'
import { taskResult } from './task-end.ts'
import { type KitWorld, kitWorld } from './world.ts'

/** Something that a person does while it runs. */
export type Intervention = { readonly afterMs: number; readonly operation: Operation }

export type WalkInput = {
  readonly workflow: Workflow
  /** Templates, ConfigMaps and the like that it needs. */
  readonly manifests?: readonly Manifest[]
  readonly mocks?: Mocks
  readonly interventions?: readonly Intervention[]
}

export type Start = { readonly node: string; readonly atMs: number }

export type WalkResult = {
  /** With its nodes, as `drydock get` shows it. */
  readonly workflow: Workflow
  /** Leaves in the order in which they were started, milliseconds after the workflow; names without the workflow's. */
  readonly starts: readonly Start[]
  /** Why it did not come to an end, or null. */
  readonly stuck: string | null
  readonly nowMs: number
}

export function walk(input: WalkInput): WalkResult {
  return new Walk(input).toTheEnd()
}

type Happening = { readonly at: Instant; readonly key: string; readonly happen: () => void }
const startOfTime = instant(Date.UTC(2026, 0, 1))
const happeningsMost = 500_000
const leafTypes: ReadonlySet<string> = new Set(['Suspend', 'HTTP', 'Plugin'])

class Walk {
  readonly #run: Run
  readonly #world: KitWorld
  readonly #book: MockBook
  readonly #starts: Start[] = []
  readonly #seen = new Set<string>()
  readonly #pods = new Map<string, Extract<Effect, { kind: 'runPod' }>['plan']>()
  #happenings: Happening[] = []
  #now = startOfTime
  #wakeAt: Instant | null = null

  constructor({ workflow, manifests = [], mocks = {}, interventions = [] }: WalkInput) {
    this.#world = kitWorld(manifests)
    const named = started(workflow)
    this.#book = new MockBook(mocks, named.metadata.name ?? '')
    this.#run = openRun({ workflow: named, nodes: [], internal: null }, this.#world)
    for (const { afterMs, operation } of interventions)
      this.#later(afterMs, 'intervention', () => this.#operate(operation))
  }

  toTheEnd(): WalkResult {
    this.#tell()
    for (let count = 0; count < happeningsMost && !isFinished(this.#run); count += 1) if (!this.#next()) break
    const stuck = isFinished(this.#run) ? null : this.#whyStuck()
    return { workflow: workflowOf(this.#run, { nodes: true }), starts: this.#starts, stuck, nowMs: this.#now }
  }

  /** @returns false where nothing will ever happen again */
  #next(): boolean {
    const first = this.#happenings[0]
    if (first !== undefined && (this.#wakeAt === null || first.at <= this.#wakeAt)) {
      this.#happenings.shift()
      this.#now = instant(Math.max(this.#now, first.at))
      first.happen()
      return true
    }
    if (this.#wakeAt !== null) {
      this.#now = instant(Math.max(this.#now, this.#wakeAt))
      this.#tell()
      return true
    }
    return this.#resume()
  }

  /** Nobody else comes: what is suspended goes on by its defaults. */
  #resume(): boolean {
    const isWaiting = [...this.#run.nodes.values()].some(isSuspended) || this.#run.workflow.spec.suspend === true
    return isWaiting && this.#operate({ kind: 'resume' })
  }

  #whyStuck(): string {
    const waiting = [...this.#run.nodes.values()].filter(isSuspended)
    if (waiting.length > 0)
      return `${waiting.map(({ name }) => name).join(', ')} wait for outputs that no mock supplies`
    const pending = [...this.#run.nodes.values()].filter(({ phase }) => phase === 'Pending')
    const told = pending.map(({ name, message }) => `${name}: ${message ?? 'Pending'}`)
    return `nothing happens any more${told.length === 0 ? '' : `; ${told.join('; ')}`}`
  }

  #later(delayMs: number, key: string, happen: () => void): void {
    const at = instant(this.#now + delayMs)
    const index = this.#happenings.findIndex((other) => other.at > at)
    this.#happenings.splice(index < 0 ? this.#happenings.length : index, 0, { at, key, happen })
  }

  #tell(...observations: Observation[]): void {
    this.#take(advance(this.#run, observations, this.#now))
  }

  #operate(operation: Operation): boolean {
    const answer = operate(this.#run, operation, this.#now)
    if ('refused' in answer) return false
    this.#take(answer)
    return true
  }

  #take(decision: Decision): void {
    this.#wakeAt = decision.wakeAt
    this.#world.remember(decision.memos, this.#now)
    for (const node of decision.changed) this.#notice(node)
    for (const effect of decision.effects) this.#perform(effect)
    if (decision.wakes.includes(this.#run.uid)) this.#later(0, 'wake', () => this.#tell({ kind: 'lookAgain' }))
  }

  #started(nodeName: string): void {
    if (this.#seen.has(nodeName)) return
    this.#seen.add(nodeName)
    this.#starts.push({ node: relativeName(nodeName, this.#run.name), atMs: this.#now - startOfTime })
  }

  #notice(node: NodeStatus): void {
    if (leafTypes.has(node.type)) this.#started(node.name)
    if (!isSuspended(node) || this.#seen.has(`suspended ${node.id}`)) return
    this.#seen.add(`suspended ${node.id}`)
    const mock = this.#book.find({ nodeName: node.name, templateName: templateOf(node) })
    if (mock === undefined) return
    const nodeFieldSelector = `id=${node.id}`
    this.#later(mock.duration === undefined ? 0 : durationMs(mock.duration), node.id, () => {
      const supplied = Object.entries(mock.outputs?.parameters ?? {}).flatMap(([name, value]) =>
        value === null ? [] : [[name, String(value)]],
      )
      if (supplied.length > 0)
        this.#operate({
          kind: 'set',
          nodeFieldSelector,
          outputParameters: Object.fromEntries(supplied) as Record<string, string>,
        })
      if ((mock.exitCode ?? 0) === 0) this.#operate({ kind: 'resume', nodeFieldSelector })
      else this.#operate({ kind: 'stop', nodeFieldSelector, message: mock.message ?? '' })
    })
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case 'runPod':
        return this.#runPod(effect.plan)
      case 'stopPod':
        return this.#stopPod(effect.pod)
      case 'http':
      case 'plugin':
      case 'resource':
        return this.#runTask(effect.node, effect.template)
      case 'listArtifacts':
        return this.#runTask(effect.node, null)
      case 'cancel':
        this.#happenings = this.#happenings.filter(({ key }) => key !== effect.node)
        return
      case 'createClaim':
        return this.#later(0, effect.claimName, () => this.#tell({ kind: 'claimCreated', claimName: effect.claimName }))
      case 'deleteArtifacts':
        for (const { node, artifact } of effect.artifacts)
          this.#later(0, node, () => this.#tell({ kind: 'artifactsDeleted', node, name: artifact.name, error: null }))
        return
      case 'preparePod':
      case 'removePod':
      case 'deleteClaim':
      case 'keepLog':
    }
  }

  #runPod(plan: Extract<Effect, { kind: 'runPod' }>['plan']): void {
    const { nodeId: node, id: pod, nodeName } = plan.identity
    this.#started(nodeName)
    this.#pods.set(pod, plan)
    const templateName = templateOf(this.#run.nodes.get(node))
    this.#later(0, pod, () => this.#tell({ kind: 'podChanged', node, pod, state: runningState(plan, this.#now) }))
    const mock = this.#book.find({ nodeName, templateName })
    if (plan.daemon && mock?.duration === undefined) return
    const runMs = durationMs(mock?.duration)
    const isTooLong = plan.activeDeadlineMs !== null && runMs > plan.activeDeadlineMs
    this.#later(isTooLong ? (plan.activeDeadlineMs ?? 0) : runMs, pod, () => {
      this.#pods.delete(pod)
      const ended = isTooLong
        ? stoppedResult({ plan, templateName }, this.#now)
        : endedResult({ plan, templateName }, this.#book, this.#now)
      const result = isTooLong ? { ...ended, state: { ...ended.state, deadlineExceeded: true } } : ended
      this.#tell({ kind: 'podFinished', node, pod, result })
    })
  }

  #stopPod(pod: string): void {
    const plan = this.#pods.get(pod)
    if (plan === undefined) return
    this.#pods.delete(pod)
    this.#happenings = this.#happenings.filter(({ key }) => key !== pod)
    const templateName = templateOf(this.#run.nodes.get(plan.identity.nodeId))
    this.#later(0, `stopped ${pod}`, () =>
      this.#tell({
        kind: 'podFinished',
        node: plan.identity.nodeId,
        pod: plan.identity.id,
        result: stoppedResult({ plan, templateName }, this.#now),
      }),
    )
  }

  #runTask(id: NodeId, template: Template | null): void {
    const node = this.#run.nodes.get(id)
    const asked = { nodeName: node?.name ?? '', templateName: templateOf(node) }
    const mock = this.#book.find(asked) ?? {}
    if (node?.type === 'Pod') this.#started(asked.nodeName)
    this.#later(durationMs(mock.duration), id, () => {
      const isGood = this.#book.exitCode(asked) === 0
      this.#tell({ kind: 'taskFinished', node: nodeIdOf(id), result: taskResult(mock, template, isGood) })
    })
  }
}

const isSuspended = (node: NodeStatus): boolean => node.type === 'Suspend' && node.phase === 'Running'
const templateOf = (node: NodeStatus | undefined): string => node?.templateRef?.template ?? node?.templateName ?? ''

/** As the API would store it: a name, a namespace, an identity. */
function started(workflow: Workflow): Workflow {
  const { metadata } = workflow
  const name = metadata.name || `${metadata.generateName ?? 'workflow-'}test`
  return {
    ...workflow,
    metadata: { namespace: 'default', ...metadata, name, uid: 'simulated', creationTimestamp: rfc3339(startOfTime) },
  }
}
