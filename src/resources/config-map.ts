/** Texts kept beside the manifests: limits of semaphores, parameters, files, environment. */
import { ObjectMetaSchema } from './meta.ts'
import { type Static, bool, bytes, map, object, text } from './schema.ts'

export const ConfigMapSchema = object(
  'ConfigMap',
  { metadata: ObjectMetaSchema },
  {
    apiVersion: text(),
    kind: text(),
    data: map(text(), 'Texts by key.'),
    binaryData: map(bytes(), 'Bytes by key, in base64.'),
    immutable: bool(),
  },
)
export type ConfigMap = Static<typeof ConfigMapSchema>
