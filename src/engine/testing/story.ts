/** A run told as a story: pods end as the teller says, time passes as the teller says. For tests. */
import type {
  ConfigMap,
  ContainerState,
  Instant,
  NodeStatus,
  Parameter,
  Workflow,
  WorkflowTemplate,
} from '../../resources/index.ts'
import { instant } from '../../resources/index.ts'
import { advance, openRun, workflowOf } from '../advance.ts'
import type { Decision, Operation, Refusal } from '../decision.ts'
import type { Effect, PodPlan } from '../effects.ts'
import { lockTable } from '../lock-table.ts'
import type { Locks } from '../locks.ts'
import type { Observation, PodResult } from '../observations.ts'
import { operate } from '../operations/operate.ts'
import { resubmitted } from '../operations/resubmit.ts'
import type { Run } from '../run.ts'
import type { World } from '../world.ts'

/** What a pod comes to. */
export type PodEnd = {
  readonly exitCode?: number
  readonly result?: string
  readonly parameters?: Readonly<Record<string, string>>
  readonly collectError?: string
  readonly stageError?: string
  readonly afterMs?: number
}

export type Oracle = (plan: PodPlan) => PodEnd

export type StoryWorld = {
  readonly templates?: readonly WorkflowTemplate[]
  readonly configMaps?: readonly ConfigMap[]
  readonly locks?: Locks
  readonly limits?: Readonly<Record<string, number>>
}

const start = Date.parse('2026-01-02T03:04:05Z')

export function storyWorld({ templates = [], configMaps = [], locks, limits = {} }: StoryWorld = {}): World {
  return {
    config: {
      artifactRepository: { s3: { bucket: 'b', endpoint: 'local' } },
      controllerNamespace: 'argo',
      timezone: 'UTC',
      podNameFormat: 'v2',
      podGCDeleteDelayMs: 5000,
      hostNodeName: 'host',
      newNodesMax: Infinity,
    },
    locks:
      locks ??
      lockTable((lock) =>
        limits[lock.name] === undefined ? { error: `no limit for ${lock.name}` } : { limit: limits[lock.name] ?? 0 },
      ),
    random: { next: () => 0.5, uuid: () => '00000000-0000-4000-8000-000000000000' },
    workflowTemplate: (_namespace, name) => templates.find((template) => template.metadata?.name === name) ?? null,
    clusterWorkflowTemplate: () => null,
    configMap: (_namespace, name) => configMaps.find((map) => map.metadata?.name === name) ?? null,
    memo: () => null,
    estimate: () => null,
    validate: () => null,
  }
}

export class Story {
  readonly run: Run
  readonly world: World
  now: Instant = instant(start)
  /** Pods that were asked for and have not ended, by node name. */
  readonly pods = new Map<string, PodPlan>()
  readonly effects: Effect[] = []
  last: Decision | null = null

  constructor(spec: Workflow['spec'], world: World = storyWorld(), metadata: Workflow['metadata'] = {}) {
    this.world = world
    const workflow: Workflow = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Workflow',
      metadata: {
        name: 'wf',
        namespace: 'default',
        uid: 'uid',
        creationTimestamp: '2026-01-02T03:04:05Z',
        ...metadata,
      },
      spec,
    }
    this.run = openRun({ workflow, nodes: [], internal: null }, world)
    this.take(advance(this.run, [], this.now))
  }

  tell(...observations: Observation[]): Decision {
    return this.take(advance(this.run, observations, this.now))
  }

  ask(operation: Operation): Refusal | Decision {
    const answer = operate(this.run, operation, this.now)
    return 'refused' in answer ? answer : this.take(answer)
  }

  /** Lets time pass; the engine is woken as it asked to be. */
  pass(ms: number): void {
    const end = this.now + ms
    for (let wake = this.last?.wakeAt ?? null; wake !== null && wake <= end; wake = this.last?.wakeAt ?? null) {
      this.now = instant(Math.max(wake, this.now))
      this.tell()
    }
    this.now = instant(end)
    this.tell()
  }

  /** The pod of the node starts. */
  begin(nodeName: string): void {
    const plan = this.plan(nodeName)
    this.tell({
      kind: 'podChanged',
      node: plan.identity.nodeId,
      pod: plan.identity.id,
      state: {
        identity: plan.identity,
        phase: 'running',
        ready: true,
        hostNodeName: 'host',
        ip: '10.0.0.9',
        containers: this.containers(plan, null),
      },
    })
  }

  end(nodeName: string, how: PodEnd = {}): void {
    const plan = this.plan(nodeName)
    if (how.afterMs !== undefined) this.pass(how.afterMs)
    this.pods.delete(nodeName)
    const parameters: Parameter[] = Object.entries(how.parameters ?? {}).map(([name, value]) => ({ name, value }))
    const result: PodResult = {
      state: {
        identity: plan.identity,
        phase: 'ended',
        ready: false,
        hostNodeName: 'host',
        containers: this.containers(plan, how.exitCode ?? 0),
      },
      parameters,
      artifacts: plan.outputArtifacts,
      ...(plan.captureResult && how.result !== undefined ? { result: how.result } : {}),
      ...(how.collectError === undefined ? {} : { collectError: how.collectError }),
      ...(how.stageError === undefined ? {} : { stageError: how.stageError }),
    }
    this.tell({ kind: 'podFinished', node: plan.identity.nodeId, pod: plan.identity.id, result })
  }

  /** Ends pods as the oracle says until nothing runs any more. */
  play(oracle: Oracle = () => ({})): this {
    for (let rounds = 0; rounds < 100_000; rounds += 1) {
      const [next] = this.pods
      if (next === undefined) {
        const wake = this.last?.wakeAt ?? null
        if (wake === null || this.phase !== 'Running') return this
        this.pass(Math.max(0, wake - this.now))
        continue
      }
      this.begin(next[0])
      if (this.pods.has(next[0])) this.end(next[0], oracle(next[1]))
    }
    return this
  }

  get phase(): string {
    return this.run.status.phase ?? ''
  }
  get message(): string {
    return this.run.status.message ?? ''
  }
  node(name: string): NodeStatus {
    const node = this.run.nodeNamed(name)
    if (node === undefined)
      throw new Error(`no node ${name}; there are ${[...this.run.nodes.values()].map((one) => one.name).join(', ')}`)
    return node
  }
  /** Name → phase of every node, for a whole picture. */
  get phases(): Record<string, string> {
    return Object.fromEntries([...this.run.nodes.values()].map((node) => [node.name, node.phase ?? '']))
  }

  /** The same run, opened anew from what would be stored. */
  reopened(world: World = this.world): Story {
    const copy = Object.create(Story.prototype) as Story
    const workflow = structuredClone(workflowOf(this.run, { nodes: false }))
    const run = openRun(
      {
        workflow,
        nodes: [...this.run.nodes.values()].map((node) => structuredClone(node)),
        internal: structuredClone(this.run.internal),
      },
      world,
    )
    Object.assign(copy, { run, world, now: this.now, pods: new Map(), effects: [], last: null })
    copy.tell()
    return copy
  }

  /** A workflow as it is stored, with its nodes. */
  static resumed(workflow: Workflow, world: World, now: Instant): Story {
    const story = Object.create(Story.prototype) as Story
    const run = openRun({ workflow, nodes: Object.values(workflow.status?.nodes ?? {}), internal: null }, world)
    Object.assign(story, { run, world, now, pods: new Map(), effects: [], last: null })
    story.tell()
    return story
  }

  /** The memoized resubmission of a run that has failed, from its beginning. */
  static resubmitted(
    { run, now, world }: Pick<Story, 'run' | 'now' | 'world'>,
    more: { readonly spec?: Workflow['spec']; readonly world?: World } = {},
  ): Story {
    const old = workflowOf(run, { nodes: true })
    const next = resubmitted(
      more.spec === undefined ? old : { ...old, spec: more.spec },
      { memoized: true, parameters: [] },
      world.random,
      now,
    )
    if ('refused' in next) throw new Error(next.message)
    return Story.resumed({ ...next, metadata: { ...next.metadata, uid: 'uid' } }, more.world ?? world, now)
  }

  private plan(nodeName: string): PodPlan {
    const plan = this.pods.get(nodeName)
    if (plan === undefined) throw new Error(`no pod of ${nodeName} runs; running: ${[...this.pods.keys()].join(', ')}`)
    return plan
  }

  private containers(plan: PodPlan, exitCode: number | null): ContainerState[] {
    return plan.mains.map((name) => ({
      name,
      role: 'main',
      state: exitCode === null ? 'running' : 'exited',
      startedAt: this.now,
      ...(exitCode === null ? {} : { exitCode, finishedAt: this.now, reason: exitCode === 0 ? 'Completed' : 'Error' }),
    }))
  }

  private take(decision: Decision): Decision {
    this.last = decision
    for (const effect of decision.effects) {
      this.effects.push(effect)
      if (effect.kind === 'runPod') this.pods.set(effect.plan.identity.nodeName, effect.plan)
      if (effect.kind === 'stopPod')
        for (const [name, plan] of this.pods) if (plan.identity.id === effect.pod) this.stopped(name)
    }
    return decision
  }

  private stopped(name: string): void {
    queueMicrotask(() => {
      if (this.pods.has(name)) this.end(name, { exitCode: 143 })
    })
  }
}
