/** Facts from outside that the engine is told. They may be doubled, late or out of order. */
import type { Artifact, Instant, NodeId, Parameter, PodId, PodState } from '../resources/index.ts'
import type { TaskResult } from './effects.ts'

/** What a pod came to, after its outputs were collected and stored. */
export type PodResult = {
  readonly state: PodState
  readonly parameters: readonly Parameter[]
  readonly artifacts: readonly Artifact[]
  /** At most the last 256 KiB of stdout, without one trailing newline; only if captureResult. */
  readonly result?: string
  /** Why inputs could not be staged (Argo's `init` container failed); main never started. */
  readonly stageError?: string
  /** Why outputs could not be collected (Argo's `wait` container failed). */
  readonly collectError?: string
  readonly progress?: string
}

export type Observation =
  /** Containers exist, run, become ready; never the end. */
  | { readonly kind: 'podChanged'; readonly node: NodeId; readonly pod: PodId; readonly state: PodState }
  | { readonly kind: 'podFinished'; readonly node: NodeId; readonly pod: PodId; readonly result: PodResult }
  /** `n/m` from ARGO_PROGRESS_FILE. */
  | { readonly kind: 'podProgress'; readonly node: NodeId; readonly pod: PodId; readonly progress: string }
  /** Why it still waits to start: `ImagePullBackOff: …`, `waiting for capacity: …`; empty clears it. */
  | { readonly kind: 'podWaits'; readonly node: NodeId; readonly pod: PodId; readonly message: string }
  /** It cannot be created at all (a request that can never work). */
  | { readonly kind: 'podRefused'; readonly node: NodeId; readonly pod: PodId; readonly message: string }
  /** Containers vanished without our doing. */
  | { readonly kind: 'podGone'; readonly node: NodeId; readonly pod: PodId }
  | { readonly kind: 'taskFinished'; readonly node: NodeId; readonly result: TaskResult }
  | { readonly kind: 'claimCreated'; readonly claimName: string }
  | { readonly kind: 'claimFailed'; readonly claimName: string; readonly message: string; readonly transient: boolean }
  | { readonly kind: 'artifactsDeleted'; readonly node: NodeId; readonly name: string; readonly error: string | null }
  /** A lock that this workflow waits for may be free now; a limit, template or ConfigMap changed; or simply: look again. */
  | { readonly kind: 'lookAgain' }

export type { Instant }
