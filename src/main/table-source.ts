/** The table of manifests, where the settings name one. */
import type { Config } from '../config/index.ts'
import type { RunningController } from '../controller/index.ts'
import type { Log } from '../controller/telemetry.ts'
import type { PostgresOptions } from '../postgres/index.ts'
import { TableSource } from '../sources/index.ts'
import type { Store } from '../store/index.ts'
import type { Readings } from '../telemetry/index.ts'
import type { SourceCheck } from './health.ts'

export type TableParts = {
  readonly config: Pick<Config, 'table' | 'namespace'>
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
  })
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
