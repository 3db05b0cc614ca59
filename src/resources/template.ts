/** A template: one unit of work, or a composition of others. */
import { AffinitySchema } from './affinity.ts'
import { ArgumentsSchema, InputsSchema, OutputsSchema } from './arguments.ts'
import { ArtifactSchema } from './artifact.ts'
import { ArtifactLocationSchema } from './artifact-location.ts'
import { ContainerSchema, ResourceRequirementsSchema, UserContainerSchema, containerFields } from './container.ts'
import { ContainerSetTemplateSchema } from './container-set.ts'
import { DataSchema } from './data.ts'
import { HTTPSchema } from './http.ts'
import { MemoizeSchema } from './memoize.ts'
import { MetadataSchema } from './meta.ts'
import { MetricsSchema } from './metrics.ts'
import { RetryStrategySchema } from './retry.ts'
import { HostAliasSchema, PodResourceClaimSchema, TolerationSchema } from './scheduling.ts'
import {
  type Static,
  bool,
  choice,
  described,
  int64,
  intOrText,
  json,
  list,
  map,
  object,
  recursive,
  text,
  typed,
} from './schema.ts'
import { PodSecurityContextSchema } from './security-context.ts'
import { ContinueOnSchema, LifecycleHookSchema, SequenceSchema, TemplateRefSchema } from './step.ts'
import { SynchronizationSchema } from './synchronization.ts'
import { VolumeSchema } from './volume.ts'

export const ExecutorConfigSchema = object('ExecutorConfig', { serviceAccountName: text() })
export type ExecutorConfig = Static<typeof ExecutorConfigSchema>

export const ScriptTemplateSchema = object(
  'ScriptTemplate',
  { ...containerFields, source: text('Text of the script.') },
  ['image', 'source'],
)
export type ScriptTemplate = Static<typeof ScriptTemplateSchema>

export const ManifestFromSchema = object('ManifestFrom', { artifact: ArtifactSchema }, ['artifact'])
export type ManifestFrom = Static<typeof ManifestFromSchema>

export const ResourceTemplateSchema = object(
  'ResourceTemplate',
  {
    action: choice(['get', 'create', 'apply', 'delete', 'replace', 'patch']),
    mergeStrategy: choice(['strategic', 'merge', 'json']),
    manifest: text('The object, as YAML or JSON text.'),
    manifestFrom: ManifestFromSchema,
    setOwnerReference: bool(),
    successCondition: text('Label-selector-like condition over the object for success.'),
    failureCondition: text(),
    flags: list(text()),
  },
  ['action'],
)
export type ResourceTemplate = Static<typeof ResourceTemplateSchema>

export const SuspendTemplateSchema = object('SuspendTemplate', {
  duration: text('Go on after this time, e.g. `30s`; without it, wait for approval.'),
})
export type SuspendTemplate = Static<typeof SuspendTemplateSchema>

/** What a step and a task have in common, in Argo's order around the fields of a task only. */
const targetFields = {
  name: text('Unique in the template.'),
  template: text('Template to run.'),
  inline: recursive('Template', 'A template in place.'),
  arguments: described(ArgumentsSchema, 'Values for the template’s inputs.'),
  templateRef: described(TemplateRefSchema, 'Template of another object to run.'),
}
const loopFields = {
  withItems: list(json(), 'Run once for each of these values.'),
  withParam: text('Run once for each value of a JSON list.'),
  withSequence: described(SequenceSchema, 'Run once for each number of a sequence.'),
  when: text('Condition; skipped where it is false.'),
  continueOn: described(ContinueOnSchema, 'Failures that are forgiven.'),
  onExit: text('Template run when this one has ended.'),
}
const hooks = map(LifecycleHookSchema, 'Templates run when an expression comes true.')

export const WorkflowStepSchema = object('WorkflowStep', { ...targetFields, ...loopFields, hooks }, ['name'])
export interface WorkflowStep extends Omit<Static<typeof WorkflowStepSchema>, 'inline'> {
  inline?: Template
}
export type ParallelSteps = WorkflowStep[]

export const DAGTaskSchema = object(
  'DAGTask',
  {
    ...targetFields,
    dependencies: list(text(), 'Tasks that must have succeeded before.'),
    ...loopFields,
    depends: text('Condition over the results of other tasks, e.g. `a.Succeeded && !b.Failed`.'),
    hooks,
  },
  ['name'],
)
export interface DAGTask extends Omit<Static<typeof DAGTaskSchema>, 'inline'> {
  inline?: Template
}

export const DAGTemplateSchema = object(
  'DAGTemplate',
  {
    target: text('Names of the tasks to reach, separated by a blank; all if absent.'),
    tasks: typed<DAGTask[]>(list(DAGTaskSchema, 'The tasks.')),
    failFast: bool('Begin nothing new once a task has failed (default true).'),
  },
  ['tasks'],
)
export type DAGTemplate = Static<typeof DAGTemplateSchema>

/** The one key is the plugin's name; its value is the plugin's own affair. */
export const PluginSchema = map(json(), 'Work done by a plugin, under the plugin’s name.')
export type Plugin = Static<typeof PluginSchema>

export const TemplateSchema = object('Template', {
  name: text('Unique in the spec; letters, digits and `-`.'),
  inputs: InputsSchema,
  outputs: OutputsSchema,
  nodeSelector: map(text()),
  affinity: AffinitySchema,
  metadata: MetadataSchema,
  daemon: bool('Run in the background until the enclosing template ends.'),
  steps: typed<ParallelSteps[]>(
    list(list(WorkflowStepSchema), 'Groups of steps: groups one after the other, steps of a group at once.'),
  ),
  container: ContainerSchema,
  containerSet: ContainerSetTemplateSchema,
  script: ScriptTemplateSchema,
  resource: ResourceTemplateSchema,
  dag: DAGTemplateSchema,
  suspend: SuspendTemplateSchema,
  data: DataSchema,
  http: HTTPSchema,
  plugin: PluginSchema,
  volumes: list(VolumeSchema, 'Volumes of this pod, beside those of the workflow.'),
  initContainers: list(UserContainerSchema, 'Containers that run before the main one.'),
  sidecars: list(UserContainerSchema, 'Containers that run beside the main one and end with it.'),
  archiveLocation: ArtifactLocationSchema,
  activeDeadlineSeconds: intOrText('Seconds the pod may run.'),
  retryStrategy: RetryStrategySchema,
  parallelism: int64('How many children may run at once.'),
  failFast: bool('End as soon as one child has failed.'),
  tolerations: list(TolerationSchema),
  schedulerName: text(),
  priorityClassName: text(),
  serviceAccountName: text(),
  automountServiceAccountToken: bool(),
  executor: ExecutorConfigSchema,
  hostAliases: list(HostAliasSchema),
  securityContext: PodSecurityContextSchema,
  podSpecPatch: text('Patch of the pod, as YAML or JSON.'),
  metrics: MetricsSchema,
  synchronization: SynchronizationSchema,
  memoize: MemoizeSchema,
  timeout: text('Time the pod may take from its creation, e.g. `5m`.'),
  annotations: map(text()),
  pendingTimeout: text('Time a pod may wait to start.'),
  podResources: ResourceRequirementsSchema,
  resourceClaims: list(PodResourceClaimSchema),
})
export type Template = Static<typeof TemplateSchema>
