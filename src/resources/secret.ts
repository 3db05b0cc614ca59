/** Values that must not be seen: no log, label, status or error may hold them. */
import { ObjectMetaSchema } from './meta.ts'
import { type Static, bool, bytes, map, object, text } from './schema.ts'

export const SecretSchema = object(
  'Secret',
  { metadata: ObjectMetaSchema },
  {
    apiVersion: text(),
    kind: text(),
    data: map(bytes(), 'Values by key, in base64.'),
    stringData: map(text(), 'Values by key, as plain text; they win over `data`.'),
    immutable: bool(),
    type: text('Usually `Opaque`.'),
  },
)
export type Secret = Static<typeof SecretSchema>
