/** The door of the room: every kind, the types of its parts, and their schemas. */
export type {
  NodeSelectorRequirement,
  NodeSelectorTerm,
  NodeSelector,
  PreferredSchedulingTerm,
  NodeAffinity,
  PodAffinityTerm,
  WeightedPodAffinityTerm,
  PodAffinity,
  PodAntiAffinity,
  Affinity,
} from './affinity.ts'
export {
  NodeSelectorRequirementSchema,
  NodeSelectorTermSchema,
  NodeSelectorSchema,
  PreferredSchedulingTermSchema,
  NodeAffinitySchema,
  PodAffinityTermSchema,
  WeightedPodAffinityTermSchema,
  PodAffinitySchema,
  PodAntiAffinitySchema,
  AffinitySchema,
} from './affinity.ts'
export type { Arguments, Inputs, Outputs } from './arguments.ts'
export { ArgumentsSchema, InputsSchema, OutputsSchema } from './arguments.ts'
export type {
  CreateS3BucketOptions,
  S3EncryptionOptions,
  S3Artifact,
  GCSArtifact,
  AzureArtifact,
  OSSLifecycleRule,
  OSSArtifact,
  HDFSArtifact,
  ArtifactoryArtifact,
  GitArtifact,
  BasicAuth,
  ClientCertAuth,
  OAuth2EndpointParam,
  OAuth2Auth,
  HTTPAuth,
  Header,
  HTTPArtifact,
  RawArtifact,
  PluginArtifact,
  ArtifactLocation,
} from './artifact-location.ts'
export {
  CreateS3BucketOptionsSchema,
  S3EncryptionOptionsSchema,
  S3ArtifactSchema,
  GCSArtifactSchema,
  AzureArtifactSchema,
  OSSLifecycleRuleSchema,
  OSSArtifactSchema,
  HDFSArtifactSchema,
  ArtifactoryArtifactSchema,
  GitArtifactSchema,
  BasicAuthSchema,
  ClientCertAuthSchema,
  OAuth2EndpointParamSchema,
  OAuth2AuthSchema,
  HTTPAuthSchema,
  HeaderSchema,
  HTTPArtifactSchema,
  RawArtifactSchema,
  PluginArtifactSchema,
  ArtifactLocationSchema,
} from './artifact-location.ts'
export type {
  S3ArtifactRepository,
  GCSArtifactRepository,
  AzureArtifactRepository,
  OSSArtifactRepository,
  HDFSArtifactRepository,
  ArtifactoryArtifactRepository,
  PluginArtifactRepository,
  ArtifactRepository,
  ArtifactRepositoryRef,
  ArtifactRepositoryRefStatus,
} from './artifact-repository.ts'
export {
  S3ArtifactRepositorySchema,
  GCSArtifactRepositorySchema,
  AzureArtifactRepositorySchema,
  OSSArtifactRepositorySchema,
  HDFSArtifactRepositorySchema,
  ArtifactoryArtifactRepositorySchema,
  PluginArtifactRepositorySchema,
  ArtifactRepositorySchema,
  ArtifactRepositoryRefSchema,
  ArtifactRepositoryRefStatusSchema,
} from './artifact-repository.ts'
export type {
  NoneStrategy,
  TarStrategy,
  ZipStrategy,
  ArchiveStrategy,
  ArtifactGC,
  Artifact,
  ArtifactPaths,
} from './artifact.ts'
export {
  NoneStrategySchema,
  TarStrategySchema,
  ZipStrategySchema,
  ArchiveStrategySchema,
  ArtifactGCSchema,
  ArtifactSchema,
  ArtifactPathsSchema,
} from './artifact.ts'
export type { Clock, Random } from './clock.ts'
export type { ConfigMap } from './config-map.ts'
export { ConfigMapSchema } from './config-map.ts'
export type { ContainerNode, ContainerSetRetryStrategy, ContainerSetTemplate } from './container-set.ts'
export { ContainerNodeSchema, ContainerSetRetryStrategySchema, ContainerSetTemplateSchema } from './container-set.ts'
export type {
  ContainerPort,
  ContainerResizePolicy,
  ContainerRestartRuleOnExitCodes,
  ContainerRestartRule,
  ResourceClaim,
  ResourceRequirements,
  VolumeDevice,
  VolumeMount,
  Container,
  UserContainer,
} from './container.ts'
export {
  ContainerPortSchema,
  ContainerResizePolicySchema,
  ContainerRestartRuleOnExitCodesSchema,
  ContainerRestartRuleSchema,
  ResourceClaimSchema,
  ResourceRequirementsSchema,
  VolumeDeviceSchema,
  VolumeMountSchema,
  ContainerSchema,
  UserContainerSchema,
} from './container.ts'
export type { StopStrategy, CronWorkflowSpec, CronWorkflowStatus, CronWorkflow } from './cron-workflow.ts'
export {
  StopStrategySchema,
  CronWorkflowSpecSchema,
  CronWorkflowStatusSchema,
  CronWorkflowSchema,
} from './cron-workflow.ts'
export type { DataSource, TransformationStep, Data } from './data.ts'
export { DataSourceSchema, TransformationStepSchema, DataSchema } from './data.ts'
export type {
  ObjectFieldSelector,
  ResourceFieldSelector,
  FileKeySelector,
  EnvVarSource,
  EnvVar,
  ConfigMapEnvSource,
  SecretEnvSource,
  EnvFromSource,
} from './env.ts'
export {
  ObjectFieldSelectorSchema,
  ResourceFieldSelectorSchema,
  FileKeySelectorSchema,
  EnvVarSourceSchema,
  EnvVarSchema,
  ConfigMapEnvSourceSchema,
  SecretEnvSourceSchema,
  EnvFromSourceSchema,
} from './env.ts'
export { goNetworkText } from './network-error.ts'
export type { Position } from './errors.ts'
export { UserError, WorldError, Bug, assert, unreachable } from './errors.ts'
export type { Event, Submit, WorkflowEventBindingSpec, WorkflowEventBinding } from './event-binding.ts'
export {
  EventSchema,
  SubmitSchema,
  WorkflowEventBindingSpecSchema,
  WorkflowEventBindingSchema,
} from './event-binding.ts'
export type { TTLStrategy, PodGC, VolumeClaimGC, WorkflowLevelArtifactGC } from './garbage.ts'
export { TTLStrategySchema, PodGCSchema, VolumeClaimGCSchema, WorkflowLevelArtifactGCSchema } from './garbage.ts'
export type { HTTPHeaderSource, HTTPHeader, HTTPBodySource, HTTP } from './http.ts'
export { HTTPHeaderSourceSchema, HTTPHeaderSchema, HTTPBodySourceSchema, HTTPSchema } from './http.ts'
export type { WorkflowUid, NodeId, PodId, Instant } from './ids.ts'
export { workflowUid, nodeIdOf, podIdOf, instant, rfc3339, instantOf } from './ids.ts'
export type { Cache, Memoize, MemoizationStatus } from './memoize.ts'
export { CacheSchema, MemoizeSchema, MemoizationStatusSchema } from './memoize.ts'
export type {
  OwnerReference,
  ObjectMeta,
  Metadata,
  LabelSelectorRequirement,
  LabelSelector,
  LocalObjectReference,
  ObjectReference,
  TypedLocalObjectReference,
  TypedObjectReference,
  SecretKeySelector,
  ConfigMapKeySelector,
  Condition,
} from './meta.ts'
export {
  OwnerReferenceSchema,
  ObjectMetaSchema,
  MetadataSchema,
  LabelSelectorRequirementSchema,
  LabelSelectorSchema,
  LocalObjectReferenceSchema,
  ObjectReferenceSchema,
  TypedLocalObjectReferenceSchema,
  TypedObjectReferenceSchema,
  SecretKeySelectorSchema,
  ConfigMapKeySelectorSchema,
  ConditionSchema,
} from './meta.ts'
export type { MetricLabel, Counter, Gauge, Histogram, Prometheus, Metrics } from './metrics.ts'
export {
  MetricLabelSchema,
  CounterSchema,
  GaugeSchema,
  HistogramSchema,
  PrometheusSchema,
  MetricsSchema,
} from './metrics.ts'
export type { SuppliedValueFrom, ValueFrom, Parameter } from './parameter.ts'
export { SuppliedValueFromSchema, ValueFromSchema, ParameterSchema } from './parameter.ts'
export type {
  PodIdentity,
  ContainerRole,
  ContainerRequest,
  ResourceAmounts,
  SecurityRequest,
  MountRequest,
  VolumeRequest,
  ClaimVolumeRequest,
  FileRequest,
  ProbeAction,
  ProbeRequest,
  PodRequest,
  NetworkRequest,
  ContainerState,
  PodState,
} from './pod.ts'
export type {
  ExecAction,
  ProbeHTTPHeader,
  HTTPGetAction,
  TCPSocketAction,
  GRPCAction,
  SleepAction,
  Probe,
  LifecycleHandler,
  Lifecycle,
} from './probe.ts'
export {
  ExecActionSchema,
  ProbeHTTPHeaderSchema,
  HTTPGetActionSchema,
  TCPSocketActionSchema,
  GRPCActionSchema,
  SleepActionSchema,
  ProbeSchema,
  LifecycleHandlerSchema,
  LifecycleSchema,
} from './probe.ts'
export type { Backoff, RetryNodeAntiAffinity, RetryAffinity, RetryStrategy } from './retry.ts'
export { BackoffSchema, RetryNodeAntiAffinitySchema, RetryAffinitySchema, RetryStrategySchema } from './retry.ts'
export type {
  Toleration,
  HostAlias,
  PodDNSConfigOption,
  PodDNSConfig,
  PodResourceClaim,
  PodDisruptionBudgetSpec,
} from './scheduling.ts'
export {
  TolerationSchema,
  HostAliasSchema,
  PodDNSConfigOptionSchema,
  PodDNSConfigSchema,
  PodResourceClaimSchema,
  PodDisruptionBudgetSpecSchema,
} from './scheduling.ts'
export type { Secret } from './secret.ts'
export { SecretSchema } from './secret.ts'
export type {
  Capabilities,
  SELinuxOptions,
  SeccompProfile,
  AppArmorProfile,
  WindowsSecurityContextOptions,
  SecurityContext,
  Sysctl,
  PodSecurityContext,
} from './security-context.ts'
export {
  CapabilitiesSchema,
  SELinuxOptionsSchema,
  SeccompProfileSchema,
  AppArmorProfileSchema,
  WindowsSecurityContextOptionsSchema,
  SecurityContextSchema,
  SysctlSchema,
  PodSecurityContextSchema,
} from './security-context.ts'
export type { WorkflowPhase, NodePhase, NodeType, NodeFlag, NodeStatus, ArtGCStatus, WorkflowStatus } from './status.ts'
export {
  WorkflowPhaseSchema,
  NodePhaseSchema,
  NodeTypeSchema,
  NodeFlagSchema,
  NodeStatusSchema,
  ArtGCStatusSchema,
  WorkflowStatusSchema,
} from './status.ts'
export type { TemplateRef, ContinueOn, LifecycleHook, Sequence } from './step.ts'
export { TemplateRefSchema, ContinueOnSchema, LifecycleHookSchema, SequenceSchema } from './step.ts'
export type {
  Mutex,
  SyncDatabaseRef,
  SemaphoreRef,
  Synchronization,
  MutexHolding,
  MutexStatus,
  SemaphoreHolding,
  SemaphoreStatus,
  SynchronizationStatus,
  NodeSynchronizationStatus,
} from './synchronization.ts'
export {
  MutexSchema,
  SyncDatabaseRefSchema,
  SemaphoreRefSchema,
  SynchronizationSchema,
  MutexHoldingSchema,
  MutexStatusSchema,
  SemaphoreHoldingSchema,
  SemaphoreStatusSchema,
  SynchronizationStatusSchema,
  NodeSynchronizationStatusSchema,
} from './synchronization.ts'
export type {
  ExecutorConfig,
  ScriptTemplate,
  ManifestFrom,
  ResourceTemplate,
  SuspendTemplate,
  WorkflowStep,
  ParallelSteps,
  DAGTask,
  DAGTemplate,
  Plugin,
  Template,
} from './template.ts'
export {
  ExecutorConfigSchema,
  ScriptTemplateSchema,
  ManifestFromSchema,
  ResourceTemplateSchema,
  SuspendTemplateSchema,
  WorkflowStepSchema,
  DAGTaskSchema,
  DAGTemplateSchema,
  PluginSchema,
  TemplateSchema,
} from './template.ts'
export type {
  VolumeResourceRequirements,
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimCondition,
  ModifyVolumeStatus,
  PersistentVolumeClaimStatus,
  PersistentVolumeClaim,
  PersistentVolumeClaimTemplate,
} from './volume-claim.ts'
export {
  VolumeResourceRequirementsSchema,
  PersistentVolumeClaimSpecSchema,
  PersistentVolumeClaimConditionSchema,
  ModifyVolumeStatusSchema,
  PersistentVolumeClaimStatusSchema,
  PersistentVolumeClaimSchema,
  PersistentVolumeClaimTemplateSchema,
} from './volume-claim.ts'
export type {
  AWSElasticBlockStoreVolumeSource,
  AzureDiskVolumeSource,
  AzureFileVolumeSource,
  CephFSVolumeSource,
  CinderVolumeSource,
  CSIVolumeSource,
  FCVolumeSource,
  FlexVolumeSource,
  FlockerVolumeSource,
  GCEPersistentDiskVolumeSource,
  GitRepoVolumeSource,
  GlusterfsVolumeSource,
  ISCSIVolumeSource,
  PhotonPersistentDiskVolumeSource,
  PortworxVolumeSource,
  QuobyteVolumeSource,
  RBDVolumeSource,
  ScaleIOVolumeSource,
  StorageOSVolumeSource,
  VsphereVirtualDiskVolumeSource,
} from './volume-cluster.ts'
export {
  AWSElasticBlockStoreVolumeSourceSchema,
  AzureDiskVolumeSourceSchema,
  AzureFileVolumeSourceSchema,
  CephFSVolumeSourceSchema,
  CinderVolumeSourceSchema,
  CSIVolumeSourceSchema,
  FCVolumeSourceSchema,
  FlexVolumeSourceSchema,
  FlockerVolumeSourceSchema,
  GCEPersistentDiskVolumeSourceSchema,
  GitRepoVolumeSourceSchema,
  GlusterfsVolumeSourceSchema,
  ISCSIVolumeSourceSchema,
  PhotonPersistentDiskVolumeSourceSchema,
  PortworxVolumeSourceSchema,
  QuobyteVolumeSourceSchema,
  RBDVolumeSourceSchema,
  ScaleIOVolumeSourceSchema,
  StorageOSVolumeSourceSchema,
  VsphereVirtualDiskVolumeSourceSchema,
} from './volume-cluster.ts'
export type {
  KeyToPath,
  ConfigMapVolumeSource,
  SecretVolumeSource,
  DownwardAPIVolumeFile,
  DownwardAPIVolumeSource,
  EmptyDirVolumeSource,
  EphemeralVolumeSource,
  HostPathVolumeSource,
  ImageVolumeSource,
  NFSVolumeSource,
  PersistentVolumeClaimVolumeSource,
  ClusterTrustBundleProjection,
  ConfigMapProjection,
  DownwardAPIProjection,
  PodCertificateProjection,
  SecretProjection,
  ServiceAccountTokenProjection,
  VolumeProjection,
  ProjectedVolumeSource,
  Volume,
} from './volume.ts'
export {
  KeyToPathSchema,
  ConfigMapVolumeSourceSchema,
  SecretVolumeSourceSchema,
  DownwardAPIVolumeFileSchema,
  DownwardAPIVolumeSourceSchema,
  EmptyDirVolumeSourceSchema,
  EphemeralVolumeSourceSchema,
  HostPathVolumeSourceSchema,
  ImageVolumeSourceSchema,
  NFSVolumeSourceSchema,
  PersistentVolumeClaimVolumeSourceSchema,
  ClusterTrustBundleProjectionSchema,
  ConfigMapProjectionSchema,
  DownwardAPIProjectionSchema,
  PodCertificateProjectionSchema,
  SecretProjectionSchema,
  ServiceAccountTokenProjectionSchema,
  VolumeProjectionSchema,
  ProjectedVolumeSourceSchema,
  VolumeSchema,
} from './volume.ts'
export type {
  LabelValueFrom,
  WorkflowMetadata,
  WorkflowTemplateRef,
  ExecutorPluginSidecar,
  ExecutorPluginSpec,
  ExecutorPlugin,
  WorkflowSpec,
} from './workflow-spec.ts'
export {
  LabelValueFromSchema,
  WorkflowMetadataSchema,
  WorkflowTemplateRefSchema,
  ExecutorPluginSidecarSchema,
  ExecutorPluginSpecSchema,
  ExecutorPluginSchema,
  WorkflowSpecSchema,
} from './workflow-spec.ts'
export type { WorkflowTemplate, ClusterWorkflowTemplate } from './workflow-template.ts'
export { WorkflowTemplateSchema, ClusterWorkflowTemplateSchema } from './workflow-template.ts'
export type { Workflow } from './workflow.ts'
export { WorkflowSchema } from './workflow.ts'
export type { ResourceKind } from './kinds.ts'
export { resourceKinds } from './kinds.ts'
export { jsonSchemaOfKind, jsonSchemaOfManifests } from './json-schema.ts'
export { executorPluginKind } from './executor-plugin.ts'
export { http } from './node-http.ts'
