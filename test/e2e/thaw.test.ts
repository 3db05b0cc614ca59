/** A daemon that stood still while another took over does not show what it remembers. */
import { mkdir } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startPostgres } from '../../scripts/postgres.ts'
import type { PostgresServer } from '../../scripts/postgres.ts'
import type { Workflow } from '../../src/resources/index.ts'
import { KillableDaemon } from '../kill/daemon.ts'
import { instanceInStore, standing, sweep } from '../kill/engine.ts'

let server: PostgresServer
let first: KillableDaemon
let second: KillableDaemon
beforeAll(async () => {
  server = await startPostgres()
  const environment = {
    DATABASE_URL: server.url,
    DRYDOCK_STORE_SSL_MODE: 'disable',
    DRYDOCK_CONTROLLER_SILENT_AFTER: '10s',
  }
  first = await KillableDaemon.inScratch(environment)
  second = first.beside()
  await mkdir(first.folder, { recursive: true })
}, 300_000)
afterAll(async () => {
  const instance = await instanceInStore(server.url)
  for (const daemon of [first, second]) await daemon.kill()
  server.stop()
  await sweep(instance)
  await first.clear()
  expect(await standing(instance)).toEqual([])
})

const path = '/api/v1/workflows/default'
const ask = async (daemon: KillableDaemon, rest = '', init: RequestInit = {}) =>
  fetch(`${await daemon.url}${path}${rest}`, init)
const phaseOf = async (answer: Response) => ((await answer.json()) as Workflow).status?.phase
const waiting = {
  metadata: { name: 'waits' },
  spec: { entrypoint: 'main', templates: [{ name: 'main', suspend: {} }] },
}

it('answers 503 to what was asked of it while it stood still, and then stands by', async () => {
  first.spawn()
  await first.url
  await ask(first, '', { method: 'POST', body: JSON.stringify({ workflow: waiting }) })
  await expect.poll(async () => phaseOf(await ask(first, '/waits'))).toBe('Running')
  second.spawn()
  await expect.poll(() => second.said.join('\n')).toContain('standing by: another drydock')
  first.freeze()
  await second.url
  await ask(second, '/waits/resume', { method: 'PUT', body: '{}' })
  await expect.poll(async () => phaseOf(await ask(second, '/waits'))).toBe('Succeeded')

  const asked = [ask(first, '/waits'), ask(first), ask(first, '/waits/log')]
  await new Promise((resolve) => setTimeout(resolve, 300)) // they are with the kernel
  first.thaw()
  for (const answer of await Promise.all(asked))
    expect({ status: answer.status, body: await answer.json() }).toMatchObject({ status: 503, body: { code: 14 } })
  await expect.poll(() => first.said.join('\n')).toContain('another daemon is in charge')
  await second.kill()
  const shown = async () => phaseOf(await ask(first, '/waits'))
  await expect.poll(() => shown().catch(() => null)).toBe('Succeeded')
})
