/** Texts kept beside the manifests: limits of semaphores, parameters, files, environment. */
import { ObjectMetaSchema } from './meta.ts'
import { type Static, bool, bytes, map, kubernetesObject, text } from './schema.ts'

export const ConfigMapSchema = kubernetesObject(
  'ConfigMap',
  {
    kind: text(),
    apiVersion: text(),
    metadata: ObjectMetaSchema,
    data: map(text(), 'Texts by key.'),
    binaryData: map(bytes(), 'Bytes by key, in base64.'),
    immutable: bool(),
  },
  ['metadata'],
)
export type ConfigMap = Static<typeof ConfigMapSchema>
