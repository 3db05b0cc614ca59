import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startDaemon } from '../main.ts'
import type { Workflow } from '../resources/index.ts'
import { SimulatedEngine, SimulatedRuntime } from '../runtime/simulated/index.ts'
import { backupSqlite, openSqliteStore, restoreSqlite } from '../store/index.ts'
import { systemClock, systemRandom } from './system.ts'

let base = ''
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'drydock-restore-'))
})
afterAll(() => rm(base, { recursive: true, force: true }))

const chain = (length: number) =>
  ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Workflow',
    metadata: { generateName: 'chain-' },
    spec: {
      entrypoint: 'main',
      templates: [
        { name: 'main', steps: Array.from({ length }, (_, i) => [{ name: `s${i}`, template: 'pod' }]) },
        { name: 'pod', container: { image: 'busybox', command: ['true'] } },
      ],
    },
  }) as unknown as Workflow
const newEngine = () =>
  new SimulatedEngine({
    clock: systemClock,
    random: systemRandom,
    behaviour: () => ({ main: { durationMs: 40 } }),
    cpus: 1000,
    memoryBytes: 2 ** 45,
  })
const daemonIn = (data: string, engine: SimulatedEngine) =>
  startDaemon({
    services: false,
    runtime: () => new SimulatedRuntime(engine),
    sources: { base, flags: { data, log: { level: 'silent' }, metrics: { enabled: false } } },
  })

it('goes on from a backup that was taken while it ran, on another machine; what had ended is not run again', async () => {
  const [here, there, file] = [join(base, 'here'), join(base, 'there'), join(base, 'copy.db')]
  const first = await daemonIn(here, newEngine())
  await Promise.all([1, 8, 8, 8].map((length) => first.controller.createWorkflow('default', chain(length))))
  const phases = async () => (await first.controller.listWorkflows({})).items.map(({ status }) => status?.phase)
  await expect.poll(phases, { interval: 5 }).toContain('Succeeded')
  await backupSqlite(here, file)
  await first.drain()

  expect(restoreSqlite(there, file, new Date())).toBe(null)
  const store = await openSqliteStore({ directory: there })
  const nodes = (await Promise.all((await store.workflows({})).map(({ uid }) => store.nodes(uid)))).flat()
  const ended = nodes
    .filter(({ node }) => node.type === 'Pod' && node.phase === 'Succeeded')
    .map(({ id }) => String(id))
  await store.close()
  expect(ended.length).toBeGreaterThan(0)
  expect(ended.length).toBeLessThan(25)

  const engine = newEngine()
  const second = await daemonIn(there, engine)
  const all = async () => (await second.controller.listWorkflows({})).items
  await expect
    .poll(async () => (await all()).map(({ status }) => status?.phase), { timeout: 15_000 })
    .toEqual(Array.from({ length: 4 }, () => 'Succeeded'))
  // What ran at that instant runs again: its containers are on the other machine.
  expect(engine.starts.size).toBe(25 - ended.length)
  await second.drain()
})
