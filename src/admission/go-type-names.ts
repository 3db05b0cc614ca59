/** Names of Go's types, as Argo's decoding errors use them. */

/** The parts of a schema that decoding looks at. */
export type SchemaNode = {
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly title?: string
  readonly $comment?: string
  readonly $ref?: string
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly required?: readonly string[]
  readonly items?: SchemaNode
  readonly additionalProperties?: boolean | SchemaNode
}

/** Lists that have a type of their own, or one that cannot be seen in the schema: `Struct.field`. */
const ownNames: Readonly<Record<string, string>> = {
  'Inputs.artifacts': 'v1alpha1.Artifacts',
  'Outputs.artifacts': 'v1alpha1.Artifacts',
  'Arguments.artifacts': 'v1alpha1.Artifacts',
  'HTTP.headers': 'v1alpha1.HTTPHeaders',
  'WorkflowSpec.hooks': 'v1alpha1.LifecycleHooks',
  'WorkflowStep.hooks': 'v1alpha1.LifecycleHooks',
  'DAGTask.hooks': 'v1alpha1.LifecycleHooks',
  'WorkflowStep.withItems': '[]v1alpha1.Item',
  'DAGTask.withItems': '[]v1alpha1.Item',
  'Template.steps': '[]v1alpha1.ParallelSteps',
  'Data.transformation': 'v1alpha1.Transformation',
  'Synchronization.mutexes': '[]*v1alpha1.Mutex',
  'Synchronization.semaphores': '[]*v1alpha1.SemaphoreRef',
  'Metrics.prometheus': '[]*v1alpha1.Prometheus',
  'WorkflowStatus.phase': 'v1alpha1.WorkflowPhase',
  'NodeStatus.phase': 'v1alpha1.NodePhase',
  'GitArtifact.depth': 'uint64',
  'Template.plugin': 'map[string]interface {}',
  'Container.imagePullPolicy': 'v1.PullPolicy',
  'CronWorkflowSpec.concurrencyPolicy': 'v1alpha1.ConcurrencyPolicy',
  'VolumeClaimGC.strategy': 'v1alpha1.VolumeClaimGCStrategy',
  'PodGC.strategy': 'v1alpha1.PodGCStrategy',
  'RetryStrategy.retryPolicy': 'v1alpha1.RetryPolicy',
  'WorkflowSpec.shutdown': 'v1alpha1.ShutdownStrategy',
}

const locations = new Set([
  's3',
  'git',
  'http',
  'artifactory',
  'hdfs',
  'raw',
  'oss',
  'gcs',
  'azure',
  'plugin',
  'archiveLogs',
])
const probeHandlers = new Set(['exec', 'httpGet', 'tcpSocket', 'grpc'])
const ownOfContainer: Readonly<Record<string, string>> = {
  UserContainer: 'mirrorVolumeMounts',
  ScriptTemplate: 'source',
  ContainerNode: 'dependencies',
}

/** The struct that Go embeds for a field and names in its path; `undefined` for a field of the struct's own. */
export function embeddedIn(struct: string, field: string): string | undefined {
  if (field === 'apiVersion' || field === 'kind') return rootKinds.has(struct) ? 'TypeMeta' : undefined
  if (struct === 'Artifact' || struct === 'ArtifactPaths') return locations.has(field) ? 'ArtifactLocation' : undefined
  if (struct in ownOfContainer) return ownOfContainer[struct] === field ? undefined : 'Container'
  if (struct === 'Probe') return probeHandlers.has(field) ? 'ProbeHandler' : undefined
  if (struct === 'Volume') return field === 'name' ? undefined : 'VolumeSource'
  const bucket = buckets[struct]
  return bucket !== undefined && field !== 'key' ? bucket : undefined
}

const rootKinds = new Set([
  'Workflow',
  'WorkflowTemplate',
  'ClusterWorkflowTemplate',
  'CronWorkflow',
  'WorkflowEventBinding',
])
const buckets: Readonly<Record<string, string>> = {
  S3Artifact: 'S3Bucket',
  GCSArtifact: 'GCSBucket',
  OSSArtifact: 'OSSBucket',
}

export function goTypeName(schema: SchemaNode, field: string): string {
  const own = ownNames[field]
  if (own !== undefined) return own
  if (schema.$ref) return 'v1alpha1.Template'
  if (schema.title) return `${schema.$comment ?? 'v1alpha1'}.${schema.title}`
  switch (schema.format) {
    case 'int32':
    case 'int64':
      return schema.format
    case 'int-or-text':
      return 'int32'
    case 'any-text':
      return 'v1alpha1.AnyString'
    default:
      return plainTypeName(schema)
  }
}

function plainTypeName(schema: SchemaNode): string {
  if (schema.type === 'boolean') return 'bool'
  if (schema.type === 'array') return `[]${goTypeName(schema.items ?? {}, '')}`
  if (schema.type === 'object') {
    return typeof schema.additionalProperties === 'object'
      ? `map[string]${goTypeName(schema.additionalProperties, '')}`
      : 'map[string]interface {}'
  }
  return 'string'
}
