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

export const NodeFlagSchema = object('NodeFlag', { hooked: bool(), retried: bool() })
export type NodeFlag = Static<typeof NodeFlagSchema>

export const NodeStatusSchema = object(
  'NodeStatus',
  {
    id: text(),
    name: text(),
    displayName: text(),
    type: NodeTypeSchema,
    templateName: text(),
    templateRef: TemplateRefSchema,
    templateScope: text(),
    phase: NodePhaseSchema,
    boundaryID: text(),
    message: text(),
    startedAt: time(),
    finishedAt: time(),
    estimatedDuration: int64(),
    progress: text(),
    resourcesDuration: map(int64()),
    podIP: text(),
    daemoned: bool(),
    nodeFlag: NodeFlagSchema,
    inputs: InputsSchema,
    outputs: OutputsSchema,
    children: list(text()),
    outboundNodes: list(text()),
    hostNodeName: text(),
    memoizationStatus: MemoizationStatusSchema,
    synchronizationStatus: NodeSynchronizationStatusSchema,
    taskResultSynced: bool(),
    failedPodRestarts: int32(),
    restartingPodUID: text(),
  },
  ['id', 'name', 'type'],
)
export type NodeStatus = Static<typeof NodeStatusSchema>

export const ArtGCStatusSchema = object('ArtGCStatus', {
  strategiesProcessed: map(bool()),
  podsRecouped: map(bool()),
  notSpecified: bool(),
})
export type ArtGCStatus = Static<typeof ArtGCStatusSchema>

export const WorkflowStatusSchema = object('WorkflowStatus', {
  phase: WorkflowPhaseSchema,
  startedAt: time(),
  finishedAt: time(),
  estimatedDuration: int64(),
  progress: text(),
  message: text(),
  compressedNodes: text(),
  nodes: map(NodeStatusSchema),
  offloadNodeStatusVersion: text(),
  storedTemplates: map(TemplateSchema),
  persistentVolumeClaims: list(VolumeSchema),
  outputs: OutputsSchema,
  conditions: list(ConditionSchema),
  resourcesDuration: map(int64()),
  storedWorkflowTemplateSpec: WorkflowSpecSchema,
  synchronization: SynchronizationStatusSchema,
  artifactRepositoryRef: ArtifactRepositoryRefStatusSchema,
  artifactGCStatus: ArtGCStatusSchema,
  taskResultsCompletionStatus: map(bool()),
})
export type WorkflowStatus = Static<typeof WorkflowStatusSchema>
