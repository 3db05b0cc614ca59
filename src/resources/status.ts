/** What has happened to a workflow and its nodes so far. */
import { InputsSchema, OutputsSchema } from './arguments.ts'
import { ArtifactRepositoryRefStatusSchema } from './artifact-repository.ts'
import { MemoizationStatusSchema } from './memoize.ts'
import { ConditionSchema } from './meta.ts'
import { type Static, bool, int32, int64, list, map, object, oneOf, text, time } from './schema.ts'
import { TemplateRefSchema } from './step.ts'
import { NodeSynchronizationStatusSchema, SynchronizationStatusSchema } from './synchronization.ts'
import { TemplateSchema } from './template.ts'
import { VolumeSchema } from './volume.ts'
import { WorkflowSpecSchema } from './workflow-spec.ts'

export const WorkflowPhaseSchema = oneOf(['', 'Pending', 'Running', 'Succeeded', 'Failed', 'Error'])
export type WorkflowPhase = Static<typeof WorkflowPhaseSchema>

export const NodePhaseSchema = oneOf(['Pending', 'Running', 'Succeeded', 'Skipped', 'Failed', 'Error', 'Omitted'])
export type NodePhase = Static<typeof NodePhaseSchema>

export const NodeTypeSchema = oneOf([
  'Pod',
  'Container',
  'Steps',
  'StepGroup',
  'DAG',
  'TaskGroup',
  'Retry',
  'Skipped',
  'Suspend',
  'HTTP',
  'Plugin',
])
export type NodeType = Static<typeof NodeTypeSchema>

export const NodeFlagSchema = object('NodeFlag', {}, { hooked: bool(), retried: bool() })
export type NodeFlag = Static<typeof NodeFlagSchema>

export const NodeStatusSchema = object(
  'NodeStatus',
  { id: text(), name: text(), type: NodeTypeSchema },
  {
    boundaryID: text(),
    children: list(text()),
    daemoned: bool(),
    displayName: text(),
    estimatedDuration: int64(),
    failedPodRestarts: int32(),
    finishedAt: time(),
    hostNodeName: text(),
    inputs: InputsSchema,
    memoizationStatus: MemoizationStatusSchema,
    message: text(),
    nodeFlag: NodeFlagSchema,
    outboundNodes: list(text()),
    outputs: OutputsSchema,
    phase: NodePhaseSchema,
    podIP: text(),
    progress: text(),
    resourcesDuration: map(int64()),
    restartingPodUID: text(),
    startedAt: time(),
    synchronizationStatus: NodeSynchronizationStatusSchema,
    taskResultSynced: bool(),
    templateName: text(),
    templateRef: TemplateRefSchema,
    templateScope: text(),
  },
)
export type NodeStatus = Static<typeof NodeStatusSchema>

export const ArtGCStatusSchema = object(
  'ArtGCStatus',
  {},
  { notSpecified: bool(), podsRecouped: map(bool()), strategiesProcessed: map(bool()) },
)
export type ArtGCStatus = Static<typeof ArtGCStatusSchema>

export const WorkflowStatusSchema = object(
  'WorkflowStatus',
  {},
  {
    artifactGCStatus: ArtGCStatusSchema,
    artifactRepositoryRef: ArtifactRepositoryRefStatusSchema,
    compressedNodes: text(),
    conditions: list(ConditionSchema),
    estimatedDuration: int64(),
    finishedAt: time(),
    message: text(),
    nodes: map(NodeStatusSchema),
    offloadNodeStatusVersion: text(),
    outputs: OutputsSchema,
    persistentVolumeClaims: list(VolumeSchema),
    phase: WorkflowPhaseSchema,
    progress: text(),
    resourcesDuration: map(int64()),
    startedAt: time(),
    storedTemplates: map(TemplateSchema),
    storedWorkflowTemplateSpec: WorkflowSpecSchema,
    synchronization: SynchronizationStatusSchema,
    taskResultsCompletionStatus: map(bool()),
  },
)
export type WorkflowStatus = Static<typeof WorkflowStatusSchema>
