/** What `advance` and `operate` answer: what changed (to be committed first), then what to do. */
import type { Instant, NodeId, NodeStatus, Outputs, Parameter } from '../resources/index.ts'
import type { Effect } from './effects.ts'

/** A custom metric of the spec, ready to be recorded. */
export type MetricEmission = {
  readonly name: string
  readonly help: string
  readonly labels: readonly { readonly key: string; readonly value: string }[]
  readonly metric:
    | { readonly kind: 'counter'; readonly value: number }
    | { readonly kind: 'gauge'; readonly value: number; readonly operation: 'Set' | 'Add' | 'Sub' }
    | { readonly kind: 'histogram'; readonly value: number; readonly buckets: readonly number[] }
    /** Computed at scrape time: seconds since the instant, until `until`. */
    | { readonly kind: 'realtime'; readonly since: Instant; readonly node: NodeId | null }
}

/** A Kubernetes-like event: `WorkflowRunning`, `WorkflowNodeFailed`, … */
export type RunEvent = {
  readonly reason: string
  readonly type: 'Normal' | 'Warning'
  readonly message: string
  readonly node?: NodeId
}

export type MemoWrite = {
  readonly cacheName: string
  readonly key: string
  readonly nodeID: string
  readonly outputs?: Outputs
  /** Only the time of the last hit changes. */ readonly hitOnly?: boolean
}

export type Decision = {
  /** New or changed nodes; each is complete, and a snapshot unless the run lends its own (`advance`). */
  readonly changed: readonly NodeStatus[]
  readonly deleted: readonly NodeId[]
  /** Of those that changed: whose end is news. */
  readonly ended: ReadonlySet<string>
  /** Metadata, spec or status (beside nodes) changed: store the workflow too. */
  readonly workflowChanged: boolean
  /** In order. To be carried out only after the changes are durable. */
  readonly effects: readonly Effect[]
  /** The next instant at which time alone changes something, or `null`. */
  readonly wakeAt: Instant | null
  readonly metrics: readonly MetricEmission[]
  readonly events: readonly RunEvent[]
  readonly memos: readonly MemoWrite[]
  /** Workflow UIDs (of this or other runs) that wait for a lock which this decision released. */
  readonly wakes: readonly string[]
  /** One line per decision worth telling a person, for history and `explain`. */
  readonly notes: readonly { readonly node: NodeId | null; readonly text: string }[]
}

/** What a person (or a client) asks of a live or finished workflow. */
export type Operation =
  | { readonly kind: 'suspend' }
  | { readonly kind: 'resume'; readonly nodeFieldSelector?: string; readonly by?: string }
  | { readonly kind: 'stop'; readonly nodeFieldSelector?: string; readonly message?: string }
  | { readonly kind: 'terminate' }
  | {
      readonly kind: 'set'
      readonly nodeFieldSelector: string
      readonly phase?: string
      readonly message?: string
      readonly outputParameters?: Readonly<Record<string, string>>
    }
  | {
      readonly kind: 'retry'
      readonly restartSuccessful?: boolean
      readonly nodeFieldSelector?: string
      readonly parameters?: readonly string[]
    }
  /** Fields that may change while it runs. */
  | {
      readonly kind: 'edit'
      readonly suspend?: boolean | null
      readonly shutdown?: 'Stop' | 'Terminate'
      readonly parallelism?: number | null
      readonly priority?: number | null
      readonly activeDeadlineSeconds?: number | null
      /** Beside the others; also of a workflow that has ended. */
      readonly labels?: Readonly<Record<string, string | null>>
      readonly annotations?: Readonly<Record<string, string | null>>
    }

/** Refusals, with the status that Argo's server gives them. */
export type Refusal = {
  readonly refused: true
  readonly code: 'INVALID' | 'INTERNAL' | 'NOT_FOUND'
  readonly message: string
}

export type { Parameter }
