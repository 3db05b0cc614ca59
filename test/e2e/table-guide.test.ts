/** The commands of docs/table.md, one after the other, as somebody would type them. */
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startPostgres } from '../../scripts/postgres.ts'
import type { PostgresServer } from '../../scripts/postgres.ts'
import { Guide } from '../guide.ts'

const guideUrl = 'postgres://postgres@127.0.0.1:5432/postgres'
let server: PostgresServer
let guide: Guide

beforeAll(async () => {
  server = await startPostgres()
  guide = await Guide.open('table')
  guide.environment['DRYDOCK_TABLE_URL'] = server.url
})
afterAll(async () => {
  await guide.remove()
  server.stop()
})

it('are fine', async () => {
  const client = new pg.Client(server.url)
  client.on('error', () => undefined)
  await client.connect()
  const value = async (sql: string) =>
    Object.values((await client.query<Record<string, unknown>>(sql)).rows[0] ?? {})[0]
  const phaseOf = (id: number) => () => value(`SELECT phase FROM workflow_manifests WHERE id = ${id}`)
  let log = ''
  for (const { language, text } of guide.blocks) {
    if (language === 'sql') {
      await client.query(text)
      if (text.includes('drydock_submit(')) await expect.poll(phaseOf(1)).toBe('Succeeded')
      if (text.includes('INSERT INTO')) await expect.poll(phaseOf(2)).toBe('Running')
      if (text.includes('drydock_stop')) await expect.poll(phaseOf(2)).toBe('Failed')
    } else if (text.startsWith('drydock up')) log = await guide.up(text)
    else if (language === 'sh') {
      if (text.includes('uninstall')) {
        await client.end()
        await guide.down()
      }
      const said = await guide.type(text.replaceAll(guideUrl, server.url))
      if (text.includes('install\n')) expect(said).toContain('installed version 1 in schema public')
      if (text.includes('uninstall')) expect(said).toContain('removed from schema public')
    }
    if (text.includes('drydock_submit(')) {
      const [, api = ''] = /"api":"([^"]+)"/.exec(log) ?? []
      const { parts } = (await (await fetch(`${api}/readyz`)).json()) as { parts: Record<string, { ok: boolean }> }
      expect(parts['sources']).toMatchObject({ ok: true })
      const [, metrics = ''] = /"metrics":"([^"]+)"/.exec(log) ?? []
      const figures = await (await fetch(metrics)).text()
      expect(figures).toContain('drydock_table_up 1')
      expect(figures).toContain('drydock_table_rows{state="Admitted"} 1')
    }
  }
  expect(guide.blocks.filter(({ language }) => ['sh', 'sql'].includes(language)).length).toBeGreaterThan(8)
})
