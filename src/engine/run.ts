/** The live state of one workflow: its nodes, what changed since the last decision, and the counters kept along the way. */
import type {
  Instant,
  NodeId,
  NodePhase,
  NodeStatus,
  PodId,
  Workflow,
  WorkflowSpec,
  WorkflowStatus,
} from '../resources/index.ts'
import { instantOf, nodeIdOf, podIdOf, rfc3339 } from '../resources/index.ts'
import { fnv32a, type Outside } from '../expressions/index.ts'
import type { createBody } from './bodies.ts'
import { ChildLists } from './child-lists.ts'
import type { MetricEmission, MemoWrite, RunEvent } from './decision.ts'
import { DurationSum } from './duration-sum.ts'
import type { Effect } from './effects.ts'
import type { Forgotten } from './forgotten.ts'
import type { Frame } from './frame.ts'
import { FrameQueue } from './frame-queue.ts'
import { type NewNode, flagOf } from './new-node.ts'
import { displayNameOf } from './node-names.ts'
import { progressTypes } from './node-types.ts'
import { isActive, isCarried, isEnded, isFailedOrError } from './phases.ts'
import { progressParts, wholeOf } from './progress-text.ts'
import { Timers } from './timers.ts'
import { Transitions } from './transitions.ts'
import type { Estimate, MemoEntry, World } from './world.ts'

/** What must be remembered beside Argo's own fields. */
export type Internal = {
  /** Grows with each manual retry, so that a pod that is run again is another pod. */
  readonly generation: number
  /** By node: what is under way below nodes that failFast has ended. */
  readonly forgotten?: Readonly<Record<string, Forgotten>>
  /** Milliseconds since 1970: templates of others are as they were then; absent: as they are. */
  readonly templatesAt?: number
}

/** What is decided at once is written and begun at once: so many pass before the collector moves what they need meanwhile. */
const newNodesMax = 2_000

/** Types that count as children for parallelism and failFast. */
const counted: ReadonlySet<string> = new Set(['Pod', 'Steps', 'DAG'])

export type BoundaryCounts = { active: number; failed: number; activePods: number }

export class Run {
  readonly world: World
  /** What makes the body of a call, by type of template: handed in, since bodies call templates again. */
  readonly makeBody: typeof createBody
  readonly outside: Outside
  workflow: Workflow
  /** The executable spec: merged with template and defaults, globals replaced outside of `templates`. */
  spec: WorkflowSpec
  internal: Internal
  readonly nodes = new Map<string, NodeStatus>()
  readonly timers = new Timers()
  readonly globals = new Map<string, unknown>()
  /** `workflow.outputs.artifacts.*`: apart from texts, since only references to artifacts may see them. */
  readonly globalArtifacts = new Map<string, unknown>()
  readonly boundaries = new Map<string, BoundaryCounts>()
  /** Frames that were held back by spec.parallelism. */
  readonly heldBack = new FrameQueue()
  /** Frames held back by the parallelism of the template that encloses them, by boundary. */
  readonly waitingChildren = new Map<string, { limit: number; frames: FrameQueue }>()
  /** Boundaries where something waits and a slot may have become free. */
  readonly roomIn = new Set<string>()
  /** Pods asked for whose result has not come: node id → pod. */
  readonly outstanding = new Map<string, PodId>()
  /** Ended pods whose containers stay until the workflow's end. */
  readonly keptPods = new Map<string, PodId>()
  /** Nodes that are daemoned now, attempts and Retry nodes alike. */
  readonly daemons = new Set<string>()
  /** Cache entries of this run that may not be durable yet: `<cache>/<key>`. */
  readonly ownMemos = new Map<string, MemoEntry>()
  /** Why a claim could not be made; ends the workflow. */
  claimFault: string | null = null
  /** Frames that wait for a reference, perhaps in vain. */
  readonly referenceWaiters = new Set<Frame>()
  /** Frames that wait for a lock. */
  readonly lockWaiters = new Set<Frame>()
  readonly frames = new Map<string, Frame>()
  now: Instant
  /** Pods asked for and not ended. */
  activePods = 0
  progressDone = 0
  progressTotal = 0
  /** Nodes that are Failed or Error. */
  failedNodes = 0
  private readonly durations = new DurationSum()
  /** In the very first pass `workflow.status` is empty. */
  passes = 0

  readonly changed = new Map<string, NodeStatus>()
  readonly deleted = new Set<string>()
  /** Made since the last decision. */
  newNodes = 0
  /** Nodes whose end is news: it is told once, not again by a run that is opened anew. */
  justEnded = new Set<string>()
  workflowChanged = false
  effects: Effect[] = []
  events: RunEvent[] = []
  metrics: MetricEmission[] = []
  memos: MemoWrite[] = []
  wakes: string[] = []
  notes: { node: NodeId | null; text: string }[] = []
  /** Whoever keeps a history takes them after each decision. */
  readonly transitions = new Transitions()
  private readonly childLists = new ChildLists((parent) => this.touch(parent))

  constructor(workflow: Workflow, internal: Internal, world: World, now: Instant, makeBody: typeof createBody) {
    this.makeBody = makeBody
    this.workflow = workflow
    this.spec = workflow.spec ?? {}
    this.internal = internal
    this.world = world
    this.outside = {
      nowMs: () => this.now,
      randomBytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(world.random.next() * 256)),
    }
    this.now = now
  }

  get name(): string {
    return this.workflow.metadata?.name ?? ''
  }
  get namespace(): string {
    return this.workflow.metadata?.namespace ?? 'default'
  }
  get uid(): string {
    return this.workflow.metadata?.uid ?? ''
  }
  get key(): string {
    return `${this.namespace}/${this.name}`
  }
  get status(): WorkflowStatus {
    return (this.workflow.status ??= {})
  }

  private known: { readonly estimate: Estimate | null } | null = null
  /** Of an earlier run of the same origin, looked up once. */
  estimate(): Estimate | null {
    this.known ??= { estimate: this.world.estimate(this.workflow) }
    return this.known.estimate
  }

  patchStatus(patch: Partial<WorkflowStatus>): void {
    this.workflow = { ...this.workflow, status: { ...this.workflow.status, ...patch } }
    this.workflowChanged = true
  }

  patchMetadata(patch: Partial<NonNullable<Workflow['metadata']>>): void {
    this.workflow = { ...this.workflow, metadata: { ...this.workflow.metadata, ...patch } }
    this.workflowChanged = true
  }

  setLabel(key: string, value: string | null): void {
    const labels = { ...this.workflow.metadata?.labels }
    if (value === null) delete labels[key]
    else labels[key] = value
    this.patchMetadata({ labels })
  }

  // --- nodes

  /** The root's id is its name; two names with one hash are kept apart. */
  idOf(name: string): NodeId {
    if (name !== this.lastNamed.name) this.lastNamed = { name, id: this.freshIdOf(name) }
    return this.lastNamed.id
  }
  /** The same name is asked for several times in a row. Holds as long as no node comes or goes. */
  private lastNamed: { readonly name: string | null; readonly id: NodeId } = { name: null, id: nodeIdOf('') }

  private freshIdOf(name: string): NodeId {
    if (name === this.name) return nodeIdOf(name)
    for (let salt = 0; ; salt += 1) {
      const id = `${this.name}-${fnv32a(salt === 0 ? name : `${name}~${salt}`)}`
      const other = this.nodes.get(id)
      if (other === undefined || other.name === name) return nodeIdOf(id)
    }
  }

  podIdOf(nodeName: string): PodId {
    const generation = this.internal.generation === 0 ? '' : `.${this.internal.generation}`
    const id = this.idOf(nodeName)
    const part = id === this.name ? 'root' : id.slice(this.name.length + 1)
    return podIdOf(`${this.uid}.${part}${generation}`)
  }

  nodeNamed(name: string): NodeStatus | undefined {
    return this.nodes.get(this.idOf(name))
  }

  createNode(init: NewNode): NodeStatus {
    // Built piece by piece: this runs once a node.
    const node: NodeStatus = {
      id: this.idOf(init.name),
      name: init.name,
      displayName: displayNameOf(init.name, init.boundary),
      type: init.type,
    }
    if (init.templateRef !== undefined) node.templateRef = init.templateRef
    else if (init.template) node.templateName = init.template
    node.templateScope = init.scope
    if (init.boundary !== null) node.boundaryID = init.boundary.id
    node.startedAt = rfc3339(this.now)
    node.nodeFlag = flagOf(init)
    if (init.more !== undefined) Object.assign(node, init.more)
    const estimate = this.estimate()?.nodeSeconds.get(init.name.slice(this.name.length))
    if (estimate !== undefined) node.estimatedDuration = estimate
    this.nodes.set(node.id, node)
    this.newNodes += 1
    this.deleted.delete(node.id)
    if (progressTypes.has(node.type)) {
      const { progress = '0/1' } = node
      if (node.progress !== undefined) delete node.progress
      this.setProgress(node, progress)
    }
    this.setPhase(node, init.phase, init.message)
    return node
  }

  /** A loop makes no more nodes now: one decision is one commit, and others wait for it. */
  get isFull(): boolean {
    return this.newNodes >= (this.world.config.newNodesMax ?? newNodesMax)
  }

  touch(node: NodeStatus): void {
    this.changed.set(node.id, node)
  }

  /** The only place where a node's phase changes, so that counters and events follow. */
  setPhase(node: NodeStatus, phase: NodePhase, message?: string): void {
    const before = node.phase
    const isToldAnew = message !== undefined && message !== (node.message ?? '')
    // A field that comes only to go again makes the object slow, and large.
    if (message !== undefined && (message !== '' || node.message !== undefined)) node.message = message
    this.touch(node)
    if (before === phase) return isToldAnew ? this.transitions.add(node) : undefined
    this.count(node, -1)
    node.phase = phase
    this.count(node, +1)
    if (isEnded(node)) {
      this.justEnded.add(node.id)
      node.finishedAt ??= rfc3339(this.now)
      if (progressTypes.has(node.type) && (phase === 'Succeeded' || phase === 'Skipped' || phase === 'Omitted')) {
        this.setProgress(node, wholeOf(node.progress ?? '0/1'))
      }
    }
    this.transitions.add(node)
    this.reportPhase(node, before, phase)
  }

  setProgress(node: NodeStatus, progress: string): void {
    if (node.progress === progress) return
    this.countProgress(node, -1)
    node.progress = progress
    this.countProgress(node, 1)
    this.touch(node)
  }

  /** What a leaf has done goes into the workflow's sum. */
  private countProgress({ type, progress }: NodeStatus, by: 1 | -1): void {
    if (progress === undefined || !progressTypes.has(type)) return
    const [done, total] = progressParts(progress)
    this.progressDone += by * done
    this.progressTotal += by * total
  }

  /** How long a pod held what it asked for. */
  setDuration(node: NodeStatus, duration: Record<string, number>): void {
    this.durations.count(node, -1)
    node.resourcesDuration = duration
    this.durations.count(node, 1)
  }

  /** Of all pods together. */
  totalDuration(): Record<string, number> {
    return this.durations.total
  }

  /** Links idempotently. */
  addChild(parent: NodeStatus, childId: string): void {
    this.childLists.add(parent, childId)
  }

  /** Nothing more is added. */
  sealChildren(parent: NodeStatus): void {
    this.childLists.forget(parent.id)
    this.touch(parent)
  }

  deleteNode(id: string): void {
    const node = this.nodes.get(id)
    if (node === undefined) return
    this.count(node, -1)
    this.countProgress(node, -1)
    this.durations.count(node, -1)
    this.nodes.delete(id)
    this.lastNamed = { name: null, id: nodeIdOf('') }
    this.changed.delete(id)
    this.childLists.forget(id)
    this.deleted.add(id)
  }

  /** Takes a node as the store has it. */
  adoptNode(node: NodeStatus): void {
    this.lastNamed = { name: null, id: nodeIdOf('') }
    this.nodes.set(node.id, node)
    if (node.daemoned === true) this.daemons.add(node.id)
    this.count(node, +1)
    this.countProgress(node, 1)
    this.durations.count(node, 1)
  }

  countsOf(boundaryId: string): BoundaryCounts {
    let counts = this.boundaries.get(boundaryId)
    if (counts === undefined) {
      counts = { active: 0, failed: 0, activePods: 0 }
      this.boundaries.set(boundaryId, counts)
    }
    return counts
  }

  private count(node: NodeStatus, by: 1 | -1): void {
    if (isFailedOrError(node.phase)) this.failedNodes += by
    if (node.phase === undefined || !counted.has(node.type)) return
    const active = isActive(node) && !isCarried(node)
    if (node.type === 'Pod' && active && node.synchronizationStatus?.waiting === undefined) this.activePods += by
    if (node.boundaryID === undefined) return
    const counts = this.countsOf(node.boundaryID)
    if (active) counts.active += by
    if (active && by < 0 && this.waitingChildren.has(node.boundaryID)) this.roomIn.add(node.boundaryID)
    if (active && node.type === 'Pod') counts.activePods += by
    if (isFailedOrError(node.phase)) counts.failed += by
  }

  /** A pod that was carried along runs again now. */
  begin(node: NodeStatus): void {
    this.count(node, -1)
    node.startedAt = rfc3339(this.now)
    this.count(node, +1)
    this.touch(node)
  }

  /** Sets or clears what a node waits for; a pod that waits for a lock is not an active one. */
  setWaiting(node: NodeStatus, lock: string | null, message: string): void {
    this.count(node, -1)
    if (lock === null) delete node.synchronizationStatus
    else node.synchronizationStatus = { waiting: lock }
    node.message = message
    if (message === '') delete node.message
    this.count(node, +1)
    this.touch(node)
    this.transitions.add(node)
  }

  // --- events

  event(reason: string, message: string, node?: NodeId): void {
    const isBad = reason.includes('Failed') || reason.includes('Error') || reason.includes('TimedOut')
    const type = isBad ? 'Warning' : 'Normal'
    this.events.push(node === undefined ? { reason, type, message } : { reason, type, message, node })
  }

  note(node: NodeStatus | null, text: string): void {
    this.notes.push({ node: node === null ? null : nodeIdOf(node.id), text })
  }

  private reportPhase(node: NodeStatus, before: NodePhase | undefined, phase: NodePhase): void {
    if (phase !== 'Running' && phase !== 'Succeeded' && phase !== 'Failed' && phase !== 'Error') return
    const which = ` node ${node.name}${node.message ? `: ${node.message}` : ''}`
    if (phase !== 'Running' && before !== 'Running')
      this.event('WorkflowNodeRunning', `Running${which}`, nodeIdOf(node.id))
    this.event(reasons[phase], `${phase}${which}`, nodeIdOf(node.id))
  }

  // --- times

  startedAt(): Instant | null {
    return instantOf(this.status.startedAt)
  }

  /** The instant at which activeDeadlineSeconds is over, or null. */
  deadline(): Instant | null {
    const seconds = this.spec.activeDeadlineSeconds
    const started = this.startedAt()
    if (seconds === undefined || seconds === null || started === null) return null
    return (started + seconds * 1000) as Instant
  }
}

const reasons = {
  Running: 'WorkflowNodeRunning',
  Succeeded: 'WorkflowNodeSucceeded',
  Failed: 'WorkflowNodeFailed',
  Error: 'WorkflowNodeError',
} as const
