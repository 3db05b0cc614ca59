/** The kinds of object a manifest may hold. */
import type { TSchema } from 'typebox'
import { ConfigMapSchema } from './config-map.ts'
import { CronWorkflowSchema } from './cron-workflow.ts'
import { WorkflowEventBindingSchema } from './event-binding.ts'
import { SecretSchema } from './secret.ts'
import { PersistentVolumeClaimSchema } from './volume-claim.ts'
import { ClusterWorkflowTemplateSchema, WorkflowTemplateSchema } from './workflow-template.ts'
import { WorkflowSchema } from './workflow.ts'

export type ResourceKind = {
  readonly kind: string
  readonly apiVersion: string
  /** Lower case, as in REST paths. */
  readonly plural: string
  readonly schema: TSchema
  /** Name of its file in `crds-compat/`. */
  readonly schemaFile: string
}

const argo = 'argoproj.io/v1alpha1'

export const resourceKinds: readonly ResourceKind[] = [
  {
    kind: 'Workflow',
    apiVersion: argo,
    plural: 'workflows',
    schema: WorkflowSchema,
    schemaFile: 'workflow.schema.json',
  },
  {
    kind: 'WorkflowTemplate',
    apiVersion: argo,
    plural: 'workflowtemplates',
    schema: WorkflowTemplateSchema,
    schemaFile: 'workflow-template.schema.json',
  },
  {
    kind: 'ClusterWorkflowTemplate',
    apiVersion: argo,
    plural: 'clusterworkflowtemplates',
    schema: ClusterWorkflowTemplateSchema,
    schemaFile: 'cluster-workflow-template.schema.json',
  },
  {
    kind: 'CronWorkflow',
    apiVersion: argo,
    plural: 'cronworkflows',
    schema: CronWorkflowSchema,
    schemaFile: 'cron-workflow.schema.json',
  },
  {
    kind: 'WorkflowEventBinding',
    apiVersion: argo,
    plural: 'workfloweventbindings',
    schema: WorkflowEventBindingSchema,
    schemaFile: 'workflow-event-binding.schema.json',
  },
  {
    kind: 'ConfigMap',
    apiVersion: 'v1',
    plural: 'configmaps',
    schema: ConfigMapSchema,
    schemaFile: 'config-map.schema.json',
  },
  { kind: 'Secret', apiVersion: 'v1', plural: 'secrets', schema: SecretSchema, schemaFile: 'secret.schema.json' },
  {
    kind: 'PersistentVolumeClaim',
    apiVersion: 'v1',
    plural: 'persistentvolumeclaims',
    schema: PersistentVolumeClaimSchema,
    schemaFile: 'persistent-volume-claim.schema.json',
  },
]
