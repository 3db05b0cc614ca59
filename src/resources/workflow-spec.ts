/** The spec of a workflow. */
import { AffinitySchema } from './affinity.ts'
import { ArgumentsSchema } from './arguments.ts'
import { ArtifactRepositoryRefSchema } from './artifact-repository.ts'
import { ContainerSchema, ResourceRequirementsSchema } from './container.ts'
import { PodGCSchema, TTLStrategySchema, VolumeClaimGCSchema, WorkflowLevelArtifactGCSchema } from './garbage.ts'
import { LocalObjectReferenceSchema, MetadataSchema, ObjectMetaSchema } from './meta.ts'
import { MetricsSchema } from './metrics.ts'
import { RetryStrategySchema } from './retry.ts'
import {
  HostAliasSchema,
  PodDNSConfigSchema,
  PodDisruptionBudgetSpecSchema,
  PodResourceClaimSchema,
  TolerationSchema,
} from './scheduling.ts'
import { type Static, bool, choice, int32, int64, list, map, object, text } from './schema.ts'
import { PodSecurityContextSchema } from './security-context.ts'
import { LifecycleHookSchema } from './step.ts'
import { SynchronizationSchema } from './synchronization.ts'
import { ExecutorConfigSchema, TemplateSchema } from './template.ts'
import { VolumeSchema } from './volume.ts'
import { PersistentVolumeClaimSchema } from './volume-claim.ts'

export const LabelValueFromSchema = object('LabelValueFrom', { expression: text() }, ['expression'])
export type LabelValueFrom = Static<typeof LabelValueFromSchema>

export const WorkflowMetadataSchema = object('WorkflowMetadata', {
  labels: map(text()),
  annotations: map(text()),
  labelsFrom: map(LabelValueFromSchema),
})
export type WorkflowMetadata = Static<typeof WorkflowMetadataSchema>

export const WorkflowTemplateRefSchema = object('WorkflowTemplateRef', { name: text(), clusterScope: bool() })
export type WorkflowTemplateRef = Static<typeof WorkflowTemplateRefSchema>

export const ExecutorPluginSidecarSchema = object(
  'ExecutorPluginSidecar',
  { automountServiceAccountToken: bool(), container: ContainerSchema },
  ['container'],
)
export type ExecutorPluginSidecar = Static<typeof ExecutorPluginSidecarSchema>

export const ExecutorPluginSpecSchema = object('ExecutorPluginSpec', { sidecar: ExecutorPluginSidecarSchema }, [
  'sidecar',
])
export type ExecutorPluginSpec = Static<typeof ExecutorPluginSpecSchema>

export const ExecutorPluginSchema = object(
  'ExecutorPlugin',
  { metadata: ObjectMetaSchema, spec: ExecutorPluginSpecSchema },
  ['metadata', 'spec'],
)
export type ExecutorPlugin = Static<typeof ExecutorPluginSchema>

export const WorkflowSpecSchema = object('WorkflowSpec', {
  templates: list(TemplateSchema, 'The templates of this workflow.'),
  entrypoint: text('Name of the template that is run first.'),
  arguments: ArgumentsSchema,
  serviceAccountName: text(),
  automountServiceAccountToken: bool(),
  executor: ExecutorConfigSchema,
  volumes: list(VolumeSchema, 'Volumes that templates may mount.'),
  volumeClaimTemplates: list(
    PersistentVolumeClaimSchema,
    'Claims made for this workflow; each is also a volume of the same name.',
  ),
  parallelism: int64('How many pods may run at once.'),
  artifactRepositoryRef: ArtifactRepositoryRefSchema,
  suspend: bool('Start nothing new while true.'),
  nodeSelector: map(text()),
  affinity: AffinitySchema,
  tolerations: list(TolerationSchema),
  imagePullSecrets: list(LocalObjectReferenceSchema),
  hostNetwork: bool(),
  dnsPolicy: text(),
  dnsConfig: PodDNSConfigSchema,
  onExit: text('Name of the template that runs at the end, whatever the outcome.'),
  ttlStrategy: TTLStrategySchema,
  activeDeadlineSeconds: int64('Seconds the workflow may take; 0 ends it at once.'),
  priority: int32('Among waiting workflows the higher one goes first.'),
  schedulerName: text(),
  podGC: PodGCSchema,
  podPriorityClassName: text(),
  hostAliases: list(HostAliasSchema),
  securityContext: PodSecurityContextSchema,
  podSpecPatch: text('Patch of the pod, as YAML or JSON.'),
  podDisruptionBudget: PodDisruptionBudgetSpecSchema,
  metrics: MetricsSchema,
  shutdown: choice(['Stop', 'Terminate'], 'Stop: run exit handlers. Terminate: run none.'),
  workflowTemplateRef: WorkflowTemplateRefSchema,
  synchronization: SynchronizationSchema,
  volumeClaimGC: VolumeClaimGCSchema,
  retryStrategy: RetryStrategySchema,
  podMetadata: MetadataSchema,
  templateDefaults: TemplateSchema,
  archiveLogs: bool(),
  hooks: map(LifecycleHookSchema, 'Templates run when an expression comes true; `exit` at the end.'),
  workflowMetadata: WorkflowMetadataSchema,
  artifactGC: WorkflowLevelArtifactGCSchema,
  executorPlugins: list(ExecutorPluginSchema),
  podResources: ResourceRequirementsSchema,
  resourceClaims: list(PodResourceClaimSchema),
})
export type WorkflowSpec = Static<typeof WorkflowSpecSchema>
