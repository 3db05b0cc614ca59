/** The http template. */
import { SecretKeySelectorSchema } from './meta.ts'
import { type Static, bool, bytes, int64, list, object, text } from './schema.ts'

export const HTTPHeaderSourceSchema = object('HTTPHeaderSource', { secretKeyRef: SecretKeySelectorSchema })
export type HTTPHeaderSource = Static<typeof HTTPHeaderSourceSchema>

export const HTTPHeaderSchema = object(
  'HTTPHeader',
  { name: text(), value: text(), valueFrom: HTTPHeaderSourceSchema },
  ['name'],
)
export type HTTPHeader = Static<typeof HTTPHeaderSchema>

export const HTTPBodySourceSchema = object('HTTPBodySource', { bytes: bytes() })
export type HTTPBodySource = Static<typeof HTTPBodySourceSchema>

export const HTTPSchema = object(
  'HTTP',
  {
    method: text('GET if absent.'),
    url: text('Address of the request.'),
    headers: list(HTTPHeaderSchema),
    timeoutSeconds: int64(),
    successCondition: text('Expression over `response` that makes it a success.'),
    body: text(),
    bodyFrom: HTTPBodySourceSchema,
    insecureSkipVerify: bool(),
  },
  ['url'],
)
export type HTTP = Static<typeof HTTPSchema>
