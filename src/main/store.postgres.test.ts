import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePort } from '../../scripts/free-port.ts'
import { startPostgres } from '../../scripts/postgres.ts'
import type { PostgresServer } from '../../scripts/postgres.ts'
import { startDaemon } from '../main.ts'
import type { Daemon, DaemonOptions } from '../main.ts'
import type { Workflow } from '../resources/index.ts'
import { SimulatedEngine, SimulatedRuntime } from '../runtime/simulated/index.ts'
import { openPostgresStore } from '../store/index.ts'
import type { PostgresStore } from '../store/postgres/store.ts'
import { proxyTo } from '../store/postgres/outage.fixtures/proxy.ts'
import type { Proxy } from '../store/postgres/outage.fixtures/proxy.ts'
import { systemClock, systemRandom } from './system.ts'

let server: PostgresServer
let proxy: Proxy
let base = ''
beforeAll(async () => {
  server = await startPostgres()
  proxy = await proxyTo(server.url)
  base = await mkdtemp(join(tmpdir(), 'drydock-on-postgres-'))
}, 300_000)
afterAll(async () => {
  proxy.close()
  server.stop()
  await rm(base, { recursive: true, force: true })
})

const steps = 12
const workflows = 8
const chain = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Workflow',
  metadata: { generateName: 'chain-' },
  spec: {
    entrypoint: 'main',
    templates: [
      { name: 'main', steps: Array.from({ length: steps }, (_, i) => [{ name: `s${i}`, template: 'pod' }]) },
      { name: 'pod', container: { image: 'busybox', command: ['true'] } },
    ],
  },
} as unknown as Workflow

const newEngine = () =>
  new SimulatedEngine({
    clock: systemClock,
    random: systemRandom,
    behaviour: () => ({ main: { durationMs: 60 } }),
    cpus: 1000,
    memoryBytes: 2 ** 45,
  })
const daemonOn = (engine: SimulatedEngine, schema: string, more: Partial<DaemonOptions> = {}, flags: object = {}) =>
  startDaemon({
    services: false,
    waitForEngine: true,
    runtime: () => new SimulatedRuntime(engine),
    ...more,
    sources: {
      base,
      flags: {
        data: join(base, schema),
        log: { level: 'silent' },
        metrics: { enabled: false },
        store: { url: proxy.url, schema },
        ...flags,
      },
    },
  })
const phasesOf = async ({ controller }: Daemon) =>
  (await controller.listWorkflows({ nodes: false })).items.map(({ status }) => status?.phase)
const allSucceeded = Array.from({ length: workflows }, () => 'Succeeded')
const terminate = async () => {
  const client = new pg.Client(server.url)
  await client.connect()
  await client.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'drydock%'")
  await client.end()
}

it('runs each step once and to the end though Postgres stops, crashes and hangs up in the middle', async () => {
  const engine = newEngine()
  const daemon = await daemonOn(engine, 'outages')
  try {
    await Promise.all(allSucceeded.map(() => daemon.controller.createWorkflow('default', chain)))
    await sleep(150)
    server.shutDown()
    await expect.poll(() => daemon.metrics.text()).toContain('drydock_store_up 0')
    await expect.poll(() => daemon.metrics.text()).toContain('drydock_ready 0')
    server.start()
    await sleep(150)
    server.kill()
    await sleep(300)
    server.start()
    await sleep(150)
    await terminate()
    await expect.poll(() => phasesOf(daemon).catch(() => [])).toEqual(allSucceeded)
    expect([...engine.starts.values()]).toEqual(Array.from({ length: steps * workflows }, () => 1))
    await expect.poll(() => daemon.metrics.text()).toContain('drydock_store_up 1')
  } finally {
    await daemon.drain()
  }
})

it('stops in seconds though Postgres is away, and goes on where it was afterwards', async () => {
  const engine = newEngine()
  const first = await daemonOn(engine, 'ending')
  await Promise.all(allSucceeded.map(() => first.controller.createWorkflow('default', chain)))
  await sleep(150)
  server.kill()
  await sleep(200)
  const begunAt = performance.now()
  await first.drain()
  expect(performance.now() - begunAt).toBeLessThan(30_000)
  const second = daemonOn(engine, 'ending')
  await sleep(300)
  server.start()
  const daemon = await second
  try {
    await expect.poll(() => phasesOf(daemon).catch(() => [])).toEqual(allSucceeded)
    expect([...engine.starts.values()]).toEqual(Array.from({ length: steps * workflows }, () => 1))
  } finally {
    await daemon.drain()
  }
})

it('has a standby that says so, and takes the work over from one that was cut off', async () => {
  const engine = newEngine()
  const first = await daemonOn(engine, 'pair')
  await Promise.all(allSucceeded.map(() => first.controller.createWorkflow('default', chain)))
  const port = await freePort()
  const readiness = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null)
    const body = answer === null ? null : ((await answer.json()) as { readonly reasons: readonly string[] })
    return { status: answer?.status, reason: body?.reasons[0] ?? '' }
  }
  const second = daemonOn(
    engine,
    'pair',
    { services: true },
    { store: { url: server.url, schema: 'pair' }, server: { port } },
  )
  await expect.poll(readiness).toMatchObject({
    status: 503,
    reason: expect.stringContaining('standing by: another drydock') as string,
  })
  proxy.become('refused')
  proxy.cut()
  const daemon = await second
  try {
    proxy.become('fine')
    expect(await first.lost).toContain('has taken over')
    await first.drain()
    await expect.poll(() => phasesOf(daemon)).toEqual(allSucceeded)
    expect([...engine.starts.values()]).toEqual(Array.from({ length: steps * workflows }, () => 1))
    await expect.poll(async () => (await readiness()).status).toBe(200)
  } finally {
    await daemon.drain()
  }
})

it.each(['goes away', 'goes to another daemon'])(
  'begins anew where the database %s while it starts',
  async (what) => {
    const schema = what === 'goes away' ? 'start_away' : 'start_lost'
    const engine = newEngine()
    const first = await daemonOn(engine, schema)
    await first.controller.createWorkflow('default', chain)
    await first.drain()
    let runtimes = 0
    const others: Promise<PostgresStore>[] = []
    const starting = daemonOn(engine, schema, {
      runtime: () => {
        runtimes += 1
        if (runtimes === 1) {
          if (what !== 'goes away')
            others.push(
              openPostgresStore({ url: server.url, schema, sslMode: 'disable', wait: { say: () => undefined } }),
            )
          proxy.become('refused')
          proxy.cut()
        }
        return new SimulatedRuntime(engine)
      },
    })
    await expect.poll(() => runtimes, { timeout: 60_000 }).toBe(1)
    // As long as a read is tried again, and more, for a machine that does much else.
    await sleep(6_000)
    const opened = await Promise.all(others)
    proxy.become('fine')
    for (const store of opened) await store.close()
    const daemon = await starting
    try {
      expect(runtimes).toBe(2)
      await expect.poll(() => phasesOf(daemon), { timeout: 60_000 }).toEqual(['Succeeded'])
      expect([...engine.starts.values()]).toEqual(Array.from({ length: steps }, () => 1))
    } finally {
      await daemon.drain()
    }
  },
  120_000,
)
