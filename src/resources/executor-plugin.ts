/** An executor plugin as a manifest of its own; in the store it is a ConfigMap, as in Argo. */
import type { ResourceKind } from './kinds.ts'
import { ObjectMetaSchema } from './meta.ts'
import { kubernetesObject, text } from './schema.ts'
import { ExecutorPluginSpecSchema } from './workflow-spec.ts'

const ExecutorPluginManifestSchema = kubernetesObject(
  'ExecutorPluginManifest',
  { kind: text(), apiVersion: text(), metadata: ObjectMetaSchema, spec: ExecutorPluginSpecSchema },
  ['metadata', 'spec'],
)

/** Not among the kinds that are stored: it becomes a ConfigMap when it is read. */
export const executorPluginKind: ResourceKind = {
  kind: 'ExecutorPlugin',
  apiVersion: 'argoproj.io/v1alpha1',
  plural: 'executorplugins',
  schema: ExecutorPluginManifestSchema,
  schemaFile: 'executor-plugin.schema.json',
}
