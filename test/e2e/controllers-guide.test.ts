/** The commands of docs/several-controllers.md, one after the other, as somebody would type them. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startPostgres } from '../../scripts/postgres.ts'
import type { PostgresServer } from '../../scripts/postgres.ts'
import { Guide } from '../guide.ts'

const guideUrl = 'postgres://postgres@127.0.0.1:5432/postgres'
let server: PostgresServer
let guide: Guide

beforeAll(async () => {
  server = await startPostgres()
  guide = await Guide.open('several-controllers')
  guide.environment['DRYDOCK_STORE_SSL_MODE'] = 'disable'
})
afterAll(async () => {
  await guide.remove()
  server.stop()
})

it('are fine', async () => {
  const blocks = guide.blocksOf('sh')
  expect(blocks.length).toBe(4)
  const port = 28_000 + (process.pid % 1_000) * 2
  const cleanUp = `trap 'kill -9 $(cat a.pid b.pid 2>/dev/null) 2>/dev/null || true' EXIT`
  const script = [cleanUp, ...blocks, 'wait']
    .join('\n')
    .replaceAll(guideUrl, server.url)
    .replaceAll('2750', String(port))
    .replaceAll('2751', String(port + 1))
  const said = await guide.type(script).catch(async (error: unknown) => {
    const logs = await Promise.all(
      ['a', 'b'].map((name) => readFile(join(guide.folder, `${name}.log`), 'utf8').catch(() => '')),
    )
    throw new Error(`${String(error)}\n${logs.join('\n')}`)
  })
  const tables = said.split('NAME').slice(1)
  expect(tables.length).toBe(3)
  expect(tables[0]).toMatch(/^a \* +live +0/m)
  expect(tables[1]).toMatch(/^b +live +2/m)
  expect(tables[2]).toMatch(/^b \* +live +0/m)
})
