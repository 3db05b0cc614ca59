/** The table of manifests, where the settings name one. */
import type { Config } from '../config/index.ts'
import type { RunningController } from '../controller/index.ts'
import type { Log } from '../controller/telemetry.ts'
import { redactedUrl } from '../postgres/index.ts'
import type { PostgresOptions } from '../postgres/index.ts'
import { TableSource } from '../sources/index.ts'
import type { Fleet, Store } from '../store/index.ts'
import type { Readings } from '../telemetry/index.ts'
import type { SourceCheck } from './health.ts'

export type TableParts = {
  readonly config: Pick<Config, 'table' | 'namespace' | 'controller'>
  readonly controller: RunningController
  readonly store: Store
  readonly log: Log
}

/** `null` where there is none. @throws UserError BAD_DATABASE_URL, BAD_TABLE_SCHEMA */
export async function openTable({ config, controller, store, log }: TableParts): Promise<TableSource | null> {
  const { schema, pollMs, templateWaitMs, install } = config.table
  const postgres = tablePostgres(config.table)
  if (postgres === null) return null
  return TableSource.open({
    postgres,
    schema,
    controller,
    store,
    log,
    namespace: config.namespace,
    pollMs,
    templateWaitMs,
    install,
    silentMs: config.controller.silentAfterMs,
  })
}

/** Where several controllers share the table: one of them at a time serves it. */
export function shareTable(
  fleet: Fleet,
  { parts, onChange }: { readonly parts: TableParts; readonly onChange: (source: TableSource | null) => void },
): { close(): Promise<void> } | null {
  const postgres = tablePostgres(parts.config.table)
  if (postgres === null) return null
  let source: TableSource | null = null
  let isWanted = false
  let last: Promise<void> = Promise.resolve()
  const settle = async () => {
    if (isWanted === (source !== null)) return
    if (isWanted) source = await openTable(parts)
    else {
      const closing = source
      source = null
      onChange(null)
      await closing?.close()
    }
    if (source !== null) onChange(source)
    parts.log.info({}, source === null ? 'the table is served elsewhere' : 'the table is served here')
  }
  const follow = (isOurs: boolean) => {
    isWanted = isOurs
    last = last.then(settle).catch((error: unknown) => {
      parts.log.error({ error: String(error) }, 'the table could not be served')
    })
  }
  const role = fleet.role(`table/${redactedUrl(postgres.url)}/${parts.config.table.schema}`, follow)
  if (role.isOurs) follow(true)
  return {
    close: async () => {
      follow(false)
      await last
      await role.close()
    },
  }
}

export function tablePostgres({ url, passwordFile, sslMode, caFile }: Config['table']): PostgresOptions | null {
  if (url === null) return null
  return {
    url,
    ...(passwordFile === null ? {} : { passwordFile }),
    ...(sslMode === null ? {} : { sslMode }),
    ...(caFile === null ? {} : { caFile }),
  }
}

export const tableCheck = (source: TableSource): SourceCheck => ({
  name: 'table',
  problem: () => Promise.resolve(source.reasons().join('; ') || null),
})

export const tableReadings = (source: TableSource): Readings => ({ table: () => source.readings() })
