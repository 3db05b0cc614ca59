/** Two daemons on one Postgres and one Docker Engine, through everything that can happen to them. */
import { randomUUID } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startPostgres } from '../../scripts/postgres.ts'
import type { PostgresServer } from '../../scripts/postgres.ts'
import type { Workflow } from '../../src/resources/index.ts'
import { KillableDaemon } from '../kill/daemon.ts'
import { instanceInStore, standing, sweep } from '../kill/engine.ts'
import { claimManifest, nthWorkflow, readerManifest } from '../kill/workflows.ts'

let server: PostgresServer
let first: KillableDaemon
let second: KillableDaemon
beforeAll(async () => {
  server = await startPostgres()
  first = await KillableDaemon.inScratch({ DATABASE_URL: server.url, DRYDOCK_STORE_SSL_MODE: 'disable' })
  second = first.beside()
  await mkdir(first.folder, { recursive: true })
}, 300_000)
afterAll(async () => {
  const instance = await instanceInStore(server.url).catch(() => null)
  for (const daemon of [first, second]) await daemon.kill()
  server.stop()
  if (instance !== null) await sweep(instance)
  await first.clear()
})

const drop = (file: string, manifest: object) => writeFile(join(first.folder, `${file}.json`), JSON.stringify(manifest))
const api = '/api/v1/workflows/default'
const workflows = async (daemon: KillableDaemon): Promise<readonly Workflow[]> => {
  const answer = await fetch(`${await daemon.url}${api}`)
  return ((await answer.json()) as { items?: readonly Workflow[] | null }).items ?? []
}
const ended = (all: readonly Workflow[]) =>
  Object.fromEntries(
    all.map(({ metadata, status }) => [metadata.name, status?.finishedAt ? status.phase : 'unfinished']),
  )

it('runs each step once though Postgres stops and crashes and the daemon in charge is killed', async () => {
  const claim = `postgres-${randomUUID().slice(0, 8)}`
  const wanted = Array.from({ length: 6 }, (_, index) => nthWorkflow(index, claim))
  await drop('claim', claimManifest(claim))
  for (const { file, manifest } of wanted) await drop(file, manifest)
  first.spawn()
  await first.url
  second.spawn()
  await expect.poll(() => second.said.join('\n')).toContain('standing by: another drydock')
  server.shutDown()
  await sleep(500)
  server.start()
  await sleep(1_500)
  await first.kill()
  await second.url
  server.kill()
  await sleep(500)
  server.start()
  const succeeded = Object.fromEntries(wanted.map(({ file }) => [file, 'Succeeded']))
  await expect.poll(async () => ended(await workflows(second)), { interval: 500 }).toEqual(succeeded)

  await drop('reader', readerManifest('reader', claim))
  await expect.poll(async () => ended(await workflows(second))['reader'], { interval: 300 }).toBe('Succeeded')
  const log = await (await fetch(`${await second.url}${api}/reader/log?logOptions.container=main`)).text()
  const lines = log.split('\n').flatMap((row) => (row === '' ? [] : [(JSON.parse(row) as Row).result.content]))
  expect(lines.sort()).toEqual(wanted.flatMap((one) => one.lines).sort())

  const instance = await instanceInStore(server.url)
  for (const { metadata } of await workflows(second))
    await fetch(`${await second.url}${api}/${metadata.name ?? ''}`, { method: 'DELETE' })
  await rm(join(first.folder, 'claim.json'))
  await expect.poll(() => standing(instance), { interval: 500 }).toEqual([])
  await second.stop()
})

type Row = { readonly result: { readonly content: string } }
