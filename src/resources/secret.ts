/** Values that must not be seen: no log, label, status or error may hold them. */
import { ObjectMetaSchema } from './meta.ts'
import { type Static, bool, bytes, map, kubernetesObject, text } from './schema.ts'

export const SecretSchema = kubernetesObject(
  'Secret',
  {
    kind: text(),
    apiVersion: text(),
    metadata: ObjectMetaSchema,
    data: map(bytes(), 'Values by key, in base64.'),
    stringData: map(text(), 'Values by key, as plain text; they win over `data`.'),
    immutable: bool(),
    type: text('Usually `Opaque`.'),
  },
  ['metadata'],
)
export type Secret = Static<typeof SecretSchema>
