/** The table that manifests are taken from: any database, whatever the store is in. */
import { resolve } from 'node:path'
import Type from 'typebox'
import type { Static } from 'typebox'
import type { SslMode } from '../postgres/index.ts'
import { connectionSettings, optionalText } from './connection-settings.ts'

const fields = Type.Object(
  {
    url: optionalText(
      'Postgres with the table `workflow_manifests`, as `postgres://user@host/database`; none: no table.',
    ),
    ...connectionSettings,
    schema: optionalText('Schema of the table; default `public`.'),
    pollMs: Type.Optional(
      Type.Integer({ minimum: 100, description: 'How often is looked for rows that nobody told of.' }),
    ),
    templateWaitMs: Type.Optional(
      Type.Integer({ minimum: 0, description: 'How long a workflow waits for a template that is not there yet.' }),
    ),
    install: Type.Optional(
      Type.Boolean({
        description: 'Make the table at the start where it is missing; else `drydock table install` does.',
      }),
    ),
  },
  { additionalProperties: false },
)
export const tableSettings = Type.Optional(fields)

export type TableConfig = {
  /** `null`: there is no table. */
  readonly url: string | null
  /** Absolute. */
  readonly passwordFile: string | null
  readonly sslMode: SslMode | null
  readonly caFile: string | null
  readonly schema: string
  readonly pollMs: number
  readonly templateWaitMs: number
  readonly install: boolean
}

/** @param base folder that relative paths are relative to */
export function tableConfigOf(settings: Static<typeof fields> | undefined, base: string): TableConfig {
  const { url, passwordFile, sslMode, caFile, schema, pollMs, templateWaitMs, install } = settings ?? {}
  return {
    url: url === undefined || url === '' ? null : url,
    passwordFile: passwordFile === undefined ? null : resolve(base, passwordFile),
    sslMode: sslMode ?? null,
    caFile: caFile === undefined ? null : resolve(base, caFile),
    schema: schema ?? 'public',
    pollMs: pollMs ?? 5000,
    templateWaitMs: templateWaitMs ?? 5000,
    install: install ?? true,
  }
}
