/** How a Postgres is reached, as the sections say it that name one. */
import Type from 'typebox'
import { sslModes } from '../postgres/index.ts'
import type { SslMode } from '../postgres/index.ts'

export const optionalText = (description: string) => Type.Optional(Type.String({ description }))

export const connectionSettings = {
  passwordFile: optionalText('File with the password, instead of one in the URL; read for each connection.'),
  sslMode: Type.Optional(
    Type.Unsafe<SslMode>({
      type: 'string',
      enum: [...sslModes],
      description: 'How TLS is used, as in libpq; over what the URL says.',
    }),
  ),
  caFile: optionalText('File with the certificates of the authorities that the server’s is held against.'),
}
