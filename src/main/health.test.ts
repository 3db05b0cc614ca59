import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loadConfig } from '../config/index.ts'
import type { HealthParts } from './health.ts'
import { folderCheck, healthReport } from './health.ts'

const { config } = await loadConfig({ base: '/base', flags: { disk: { freeMin: '1Mi' } } })
const figures = (freeBytes: number) => ({
  figures: () => Promise.resolve([{ place: 'data' as const, freeBytes, sizeBytes: 10 ** 9 }]),
})
const controller = (more: object = {}, lag = 0, endpoints: readonly object[] = []) =>
  ({
    health: () => ({ isStarted: true, isDraining: false, isFenced: false, engine: { ok: true, reason: '' }, ...more }),
    snapshot: () => ({ queueLagSeconds: lag, endpoints }),
  }) as unknown as HealthParts['controller']
const well: HealthParts = {
  controller: controller(),
  store: { health: () => ({ isUp: true }) },
  disks: figures(10 ** 8),
  settings: { config, state: () => ({ pending: [], problems: [] }) },
  sources: () => [],
}

it('is ready while every part is', async () => {
  const report = await healthReport(well)
  expect(report).toMatchObject({ alive: true, ready: true, reasons: [] })
  expect(Object.keys(report.parts).sort()).toEqual(['controller', 'disk', 'engine', 'settings', 'sources', 'store'])
})

it('is ready with one endpoint of several away, and says which', async () => {
  const endpoints = [
    { ok: true, reason: '' },
    { ok: false, reason: 'endpoint b is away: no route' },
  ]
  const { ready, parts } = await healthReport({ ...well, controller: controller({}, 0, endpoints) })
  expect(ready).toBe(true)
  expect(parts['engine']).toEqual({ ok: true, detail: 'endpoint b is away: no route' })
})

it.each<[string, Partial<HealthParts>, string, RegExp, boolean]>([
  [
    'the engine is away',
    { controller: controller({ engine: { ok: false, reason: 'refused' } }) },
    'engine',
    /refused/,
    true,
  ],
  ['it starts', { controller: controller({ isStarted: false }) }, 'controller', /starting/, true],
  ['it ends', { controller: controller({ isDraining: true }) }, 'controller', /stopping/, true],
  ['another may have taken over', { controller: controller({ isFenced: true }) }, 'controller', /taken over/, true],
  ['its loop stands still', { controller: controller({}, 1000) }, 'controller', /for 1000 s/, false],
  ['the store is away', { store: { health: () => ({ isUp: false, reason: 'no route' }) } }, 'store', /no route/, true],
  [
    'a disk is full',
    { disks: figures(1000) },
    'disk',
    /too little disk space \(data: 0 MiB free, 1 MiB wanted\)/,
    true,
  ],
  [
    'a source is away',
    { sources: () => [{ name: '/f', problem: () => Promise.resolve('gone') }] },
    'sources',
    /\/f: gone/,
    true,
  ],
])('is not ready when %s, and says so', async (_when, more, part, words, isAlive) => {
  const { alive, ready, reasons, parts } = await healthReport({ ...well, ...more })
  expect([alive, ready, parts[part]?.ok]).toEqual([isAlive, false, false])
  expect(reasons.join()).toMatch(words)
})

it('stays ready with settings that are wrong or wait, and shows them', async () => {
  const state = () => ({ pending: ['server.port'], problems: [] })
  const report = await healthReport({ ...well, settings: { config, state } })
  expect([report.ready, report.parts['settings']]).toEqual([
    true,
    { ok: false, detail: 'takes effect after a restart: server.port' },
  ])
})

it('knows a folder from what is none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'health-'))
  await writeFile(join(folder, 'file'), '')
  expect(await folderCheck(folder).problem()).toBeNull()
  expect(await folderCheck(join(folder, 'file')).problem()).toMatch(/no folder/)
  await rm(folder, { recursive: true })
  expect(await folderCheck(folder).problem()).toMatch(/not there/)
})
