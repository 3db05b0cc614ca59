import { afterAll, beforeAll } from 'vitest'
import { startPostgres } from '../../../scripts/postgres.ts'
import type { PostgresServer } from '../../../scripts/postgres.ts'
import { sourceContract } from '../sources.contract.ts'
import type { SourceHarness } from '../sources.contract.ts'
import { TestTable } from './table.fixtures/table.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
}, 300_000)
afterAll(() => server.stop())

/** Places become ids in the order in which they are first written. */
async function harness(): Promise<SourceHarness> {
  const table = await TestTable.make(server.url)
  const ids = new Map<string, string>()
  const row = (place: string) => table.row(ids.get(place) ?? '0')
  return {
    controller: table.controller,
    async put(place, text) {
      const id = ids.get(place)
      if (id === undefined) ids.set(place, await table.submit(text))
      else await table.sql('UPDATE workflow_manifests SET manifest_yaml = $2 WHERE id = $1', id, text)
    },
    async remove(place) {
      await table.sql('DELETE FROM workflow_manifests WHERE id = $1', ids.get(place))
      ids.delete(place)
    },
    start: async () => void (await table.start()),
    state: row,
    error: async (place) => ((await row(place))['errors'] as Record<string, never>[] | undefined)?.[0] ?? {},
    dispose: () => table.dispose(),
  }
}

sourceContract('the table of manifests', harness)
