/** The http template. */
import { SecretKeySelectorSchema } from './meta.ts'
import { type Static, bool, bytes, int64, list, object, text } from './schema.ts'

export const HTTPHeaderSourceSchema = object('HTTPHeaderSource', {}, { secretKeyRef: SecretKeySelectorSchema })
export type HTTPHeaderSource = Static<typeof HTTPHeaderSourceSchema>

export const HTTPHeaderSchema = object(
  'HTTPHeader',
  { name: text() },
  { value: text(), valueFrom: HTTPHeaderSourceSchema },
)
export type HTTPHeader = Static<typeof HTTPHeaderSchema>

export const HTTPBodySourceSchema = object('HTTPBodySource', {}, { bytes: bytes() })
export type HTTPBodySource = Static<typeof HTTPBodySourceSchema>

export const HTTPSchema = object(
  'HTTP',
  { url: text('Address of the request.') },
  {
    body: text(),
    bodyFrom: HTTPBodySourceSchema,
    headers: list(HTTPHeaderSchema),
    insecureSkipVerify: bool(),
    method: text('GET if absent.'),
    successCondition: text('Expression over `response` that makes it a success.'),
    timeoutSeconds: int64(),
  },
)
export type HTTP = Static<typeof HTTPSchema>
