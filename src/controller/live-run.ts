/** One unfinished workflow in memory: the engine's run and what waits to be told to it. */
import type { Decision, Observation, Operation, Refusal, Run } from '../engine/index.ts'
import { workflowOf } from '../engine/index.ts'
import type { NodeId, Workflow, WorkflowUid } from '../resources/index.ts'
import { workflowUid } from '../resources/index.ts'
import { StoredLists } from './long-lists.ts'
import { nodesShownMax, withoutNodes } from './many-nodes.ts'
import type { PodRecord } from './pod-records.ts'
import { PodRecords } from './pod-records.ts'
import { withArchivedLabel } from './archive/policy.ts'

export type OperationRequest = {
  readonly operation: Operation
  readonly resolve: (workflow: Workflow) => void
  readonly reject: (error: unknown) => void
}

export type LiveRun = {
  readonly uid: WorkflowUid
  readonly namespace: string
  readonly name: string
  run: Run
  inbox: Observation[]
  requests: OperationRequest[]
  /** The parallelism of the controller does not let it begin yet. */
  held: boolean
  /** A decision is being committed: nothing else is decided until that is over. */
  busy: boolean
  /** While a decision is not stored: the workflow as it was before; `null` when what is in memory is stored. */
  stored: Workflow | null
  /** Resolves when the step under way is over. */
  settling: Promise<void>
  /** It is being deleted: nothing more is decided. */
  deleting: boolean
  resourceVersion: number
  /** How watches read it: the run while it lives, the last picture afterwards. */
  readonly cell: { read: () => Workflow }
  readonly pods: PodRecords
  /** Which long lists the store has. */
  lists: StoredLists
  /** Effects whose outcome the engine must still hear before the run may leave memory. */
  readonly outstanding: Set<string>
  /** The row in the store says that it has ended. */
  storedFinished: boolean
  /** It has ended and the archive keeps it: a label says so. */
  isArchived: boolean
  commitFailures: number
  /** Monotonic milliseconds at which the oldest end of a container in the inbox was reported; `null` without one. */
  endSeenAt: number | null
  /** Phases of pods as last told to telemetry. */
  readonly podPhases: Map<string, string>
  /** It has metrics whose value is computed when they are read. */
  hasRealtime: boolean
  /** Phase as last told to telemetry and committed. */
  phase: string
  /** Milliseconds since 1970 of the last decision that changed something; `null`: nothing has since the daemon began. */
  changedAt: number | null
}

/** Names it in a log line. */
export const whereOf = ({ name, namespace, uid }: Pick<LiveRun, 'name' | 'namespace' | 'uid'>) => ({
  workflow: name,
  namespace,
  uid,
})

const postponedMessage = 'Workflow processing has been postponed because too many workflows are already running'

/** The workflow as it is in memory, its last decision included. `nodes: false` is cheap. */
export const viewOf = (live: LiveRun, options: { readonly nodes: boolean }): Workflow =>
  dressed(live, workflowOf(live.run, options))

/** As clients get it. */
export const shownOf = (live: LiveRun): Workflow =>
  live.run.nodes.size > nodesShownMax ? withoutNodes(viewOf(live, { nodes: false })) : viewOf(live, { nodes: true })

/** Without nodes, and only what is stored: a decision whose commit is under way may never come to be. */
export const storedHeadOf = (live: LiveRun): Workflow => dressed(live, live.stored ?? live.run.workflow)

function dressed(live: LiveRun, workflow: Workflow): Workflow {
  const metadata = { ...workflow.metadata, resourceVersion: String(live.resourceVersion) }
  if (live.isArchived) return withArchivedLabel({ ...workflow, metadata })
  // What is to be shut down waits for no turn.
  if (!live.held || workflow.spec?.shutdown !== undefined) return { ...workflow, metadata }
  const labels = {
    ...metadata.labels,
    'workflows.argoproj.io/phase': 'Pending',
    'workflows.argoproj.io/completed': 'false',
  }
  return {
    ...workflow,
    metadata: { ...metadata, labels },
    status: { ...workflow.status, phase: 'Pending', message: postponedMessage },
  }
}

/** What is stored of one that waited for its turn, as the engine knows it: it has not begun. */
export function withoutPostponement(workflow: Workflow): Workflow {
  if (workflow.status?.phase !== 'Pending' || workflow.status.message !== postponedMessage) return workflow
  const { phase: _phase, message: _message, ...status } = workflow.status
  return { ...workflow, status }
}

export const isRefusal = (answer: Decision | Refusal): answer is Refusal => 'refused' in answer

export function newLiveRun(init: {
  readonly workflow: Workflow
  readonly run: Run
  readonly resourceVersion: number
  readonly pods?: Iterable<readonly [NodeId, PodRecord]>
  readonly lists?: StoredLists
  readonly storedFinished?: boolean
}): LiveRun {
  const { metadata, status } = init.workflow
  const live: LiveRun = {
    uid: workflowUid(metadata?.uid ?? ''),
    namespace: metadata?.namespace ?? '',
    name: metadata?.name ?? '',
    run: init.run,
    inbox: [],
    requests: [],
    held: false,
    busy: false,
    stored: null,
    settling: Promise.resolve(),
    deleting: false,
    resourceVersion: init.resourceVersion,
    cell: { read: () => shownOf(live) },
    pods: new PodRecords(metadata?.name ?? '', init.pods),
    lists: init.lists ?? new StoredLists(),
    outstanding: new Set(),
    storedFinished: init.storedFinished === true,
    isArchived: false,
    commitFailures: 0,
    endSeenAt: null,
    podPhases: new Map(),
    hasRealtime: false,
    phase: status?.phase ?? '',
    changedAt: null,
  }
  return live
}
