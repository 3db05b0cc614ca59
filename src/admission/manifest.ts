/** An object of a known kind. */
import type {
  ClusterWorkflowTemplate,
  ConfigMap,
  CronWorkflow,
  PersistentVolumeClaim,
  Secret,
  Workflow,
  WorkflowEventBinding,
  WorkflowTemplate,
} from '../resources/index.ts'

export type Manifest =
  | { readonly kind: 'Workflow'; readonly resource: Workflow }
  | { readonly kind: 'WorkflowTemplate'; readonly resource: WorkflowTemplate }
  | { readonly kind: 'ClusterWorkflowTemplate'; readonly resource: ClusterWorkflowTemplate }
  | { readonly kind: 'CronWorkflow'; readonly resource: CronWorkflow }
  | { readonly kind: 'WorkflowEventBinding'; readonly resource: WorkflowEventBinding }
  | { readonly kind: 'ConfigMap'; readonly resource: ConfigMap }
  | { readonly kind: 'Secret'; readonly resource: Secret }
  | { readonly kind: 'PersistentVolumeClaim'; readonly resource: PersistentVolumeClaim }

export type ManifestKind = Manifest['kind']
export type ResourceOf<K extends ManifestKind> = Extract<Manifest, { kind: K }>['resource']
