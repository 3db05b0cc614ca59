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

export const LabelValueFromSchema = object('LabelValueFrom', { expression: text() }, {})
export type LabelValueFrom = Static<typeof LabelValueFromSchema>

export const WorkflowMetadataSchema = object(
  'WorkflowMetadata',
  {},
  { annotations: map(text()), labels: map(text()), labelsFrom: map(LabelValueFromSchema) },
)
export type WorkflowMetadata = Static<typeof WorkflowMetadataSchema>

export const WorkflowTemplateRefSchema = object('WorkflowTemplateRef', {}, { clusterScope: bool(), name: text() })
export type WorkflowTemplateRef = Static<typeof WorkflowTemplateRefSchema>

export const ExecutorPluginSidecarSchema = object(
  'ExecutorPluginSidecar',
  { container: ContainerSchema },
  { automountServiceAccountToken: bool() },
)
export type ExecutorPluginSidecar = Static<typeof ExecutorPluginSidecarSchema>

export const ExecutorPluginSpecSchema = object('ExecutorPluginSpec', { sidecar: ExecutorPluginSidecarSchema }, {})
export type ExecutorPluginSpec = Static<typeof ExecutorPluginSpecSchema>

export const ExecutorPluginSchema = object(
  'ExecutorPlugin',
  { metadata: ObjectMetaSchema, spec: ExecutorPluginSpecSchema },
  {},
)
export type ExecutorPlugin = Static<typeof ExecutorPluginSchema>

export const WorkflowSpecSchema = object(
  'WorkflowSpec',
  {},
  {
    activeDeadlineSeconds: int64('Seconds the workflow may take; 0 ends it at once.'),
    affinity: AffinitySchema,
    archiveLogs: bool(),
    arguments: ArgumentsSchema,
    artifactGC: WorkflowLevelArtifactGCSchema,
    artifactRepositoryRef: ArtifactRepositoryRefSchema,
    automountServiceAccountToken: bool(),
    dnsConfig: PodDNSConfigSchema,
    dnsPolicy: text(),
    entrypoint: text('Name of the template that is run first.'),
    executor: ExecutorConfigSchema,
    executorPlugins: list(ExecutorPluginSchema),
    hooks: map(LifecycleHookSchema, 'Templates run when an expression comes true; `exit` at the end.'),
    hostAliases: list(HostAliasSchema),
    hostNetwork: bool(),
    imagePullSecrets: list(LocalObjectReferenceSchema),
    metrics: MetricsSchema,
    nodeSelector: map(text()),
    onExit: text('Name of the template that runs at the end, whatever the outcome.'),
    parallelism: int64('How many pods may run at once.'),
    podDisruptionBudget: PodDisruptionBudgetSpecSchema,
    podGC: PodGCSchema,
    podMetadata: MetadataSchema,
    podPriorityClassName: text(),
    podResources: ResourceRequirementsSchema,
    podSpecPatch: text('Patch of the pod, as YAML or JSON.'),
    priority: int32('Among waiting workflows the higher one goes first.'),
    resourceClaims: list(PodResourceClaimSchema),
    retryStrategy: RetryStrategySchema,
    schedulerName: text(),
    securityContext: PodSecurityContextSchema,
    serviceAccountName: text(),
    shutdown: choice(['Stop', 'Terminate'], 'Stop: run exit handlers. Terminate: run none.'),
    suspend: bool('Start nothing new while true.'),
    synchronization: SynchronizationSchema,
    templateDefaults: TemplateSchema,
    templates: list(TemplateSchema, 'The templates of this workflow.'),
    tolerations: list(TolerationSchema),
    ttlStrategy: TTLStrategySchema,
    volumeClaimGC: VolumeClaimGCSchema,
    volumeClaimTemplates: list(
      PersistentVolumeClaimSchema,
      'Claims made for this workflow; each is also a volume of the same name.',
    ),
    volumes: list(VolumeSchema, 'Volumes that templates may mount.'),
    workflowMetadata: WorkflowMetadataSchema,
    workflowTemplateRef: WorkflowTemplateRefSchema,
  },
)
export type WorkflowSpec = Static<typeof WorkflowSpecSchema>
