/** A real daemon on the real engine, scraped by a real Prometheus: panels have data, alerts fire when they should. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { dashboardFiles } from '../../scripts/dashboards.ts'
import { startPrometheus } from '../../scripts/prometheus.ts'
import type { PrometheusServer } from '../../scripts/prometheus.ts'
import { startDaemon } from '../../src/main.ts'
import type { Daemon } from '../../src/main.ts'
import { findEngine } from '../../src/runtime/docker/index.ts'
import { CutProxy } from './cut-proxy.ts'
import * as load from './load.ts'
import { filledIn, panelsOf } from './panels.ts'
import { PrometheusClient } from './prometheus-client.ts'

const deploy = join(import.meta.dirname, '..', '..', 'deploy', 'prometheus')
/** What has a scenario here; the others are about minutes and hours, and promtool runs them (rules.test.ts). */
const quick = new Set([
  'DrydockDown',
  'DrydockNotReady',
  'DrydockEngineDown',
  'DrydockStoreDown',
  'DrydockFailureRate',
  'DrydockDiskLow',
  'DrydockDiskFloor',
  'DrydockCronMissed',
  'DrydockManifestsRefused',
  'DrydockSettings',
])
const window = '10s'
const often = { interval: 500 }
const settings = (more = '') => `metrics: {port: 0}\nserver: {port: 0}\nlog: {level: silent}\n${more}`

let scratch = ''
let proxy: CutProxy
let daemon: Daemon
let server: PrometheusServer | undefined
let prometheus: PrometheusClient

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'drydock-monitoring-'))
  mkdirSync(join(scratch, 'drop'))
  const search = await findEngine({ env: process.env })
  if (!search.found || search.address.kind !== 'socket') throw new Error('the test needs an engine on a socket')
  proxy = new CutProxy(join(scratch, 'engine.sock'), search.address.path)
  await proxy.join()
  writeFileSync(join(scratch, 'drydock.yaml'), settings())
  daemon = await startDaemon({
    sources: {
      base: scratch,
      file: join(scratch, 'drydock.yaml'),
      flags: {
        data: join(scratch, 'data'),
        folders: [join(scratch, 'drop')],
        docker: { host: `unix://${join(scratch, 'engine.sock')}` },
      },
    },
  })
  drop('mixed.yaml', load.mixed)
  drop('schedule.yaml', load.schedule)
  drop('lasting.yaml', load.lasting)
  writePrometheus(new URL(daemon.metricsUrl).host)
  server = await startPrometheus(join(scratch, 'prometheus'))
  prometheus = new PrometheusClient(server.url)
})

afterAll(async () => {
  await server?.stop()
  rmSync(scratch, { recursive: true, force: true })
})

const drop = (name: string, text: string) => writeFileSync(join(scratch, 'drop', name), text)
const take = (name: string) => unlinkSync(join(scratch, 'drop', name))

/** The files of `deploy/` with a second for each of their minutes, aimed at the daemon. */
function writePrometheus(target: string): void {
  const folder = join(scratch, 'prometheus')
  cpSync(deploy, folder, { recursive: true })
  const config = readFileSync(join(folder, 'prometheus.yml'), 'utf8')
  writeFileSync(
    join(folder, 'prometheus.yml'),
    config.replace('drydock:9090', target).replaceAll(/_interval: \d+s/g, '_interval: 1s'),
  )
  const sooner = (text: string) =>
    text.replaceAll(/\[(5|15)m\]/g, `[${window}]`).replaceAll('offset 15m', `offset ${window}`)
  const recording = join(folder, 'rules', 'recording.yml')
  writeFileSync(recording, sooner(readFileSync(recording, 'utf8')))
  const alerts = join(folder, 'rules', 'alerts.yml')
  const rules = parse(readFileSync(alerts, 'utf8')) as {
    groups: { rules: { alert: string; expr: string; for?: string }[] }[]
  }
  for (const rule of rules.groups.flatMap((group) => group.rules)) {
    if (!quick.has(rule.alert)) continue
    rule.expr = sooner(rule.expr)
    if (rule.for !== undefined) rule.for = '1s'
  }
  writeFileSync(alerts, stringify(rules))
}

const firing = () => prometheus.firing()

describe('Prometheus', () => {
  it('gets data for every query of every panel', async () => {
    let without = panelsOf(dashboardFiles)
    await expect
      .poll(async () => {
        const still = await Promise.all(
          without.map(async (panel) => {
            const values = await prometheus.query(filledIn(panel.expr, window))
            return values.some((value) => !Number.isNaN(value)) ? [] : [panel]
          }),
        )
        without = still.flat()
        return without
      }, often)
      .toEqual([])
  })

  it('hears no alert while all is well', async () => {
    expect(await firing()).toEqual([])
  })

  it('can read every line, whatever manifests call their metrics', async () => {
    expect(await prometheus.query('up{job="drydock"}')).toEqual([1])
    expect((await prometheus.query('argo_workflows_cargo_total'))[0]).toBeGreaterThan(0)
    expect((await prometheus.query('drydock_custom_metrics_refused_total'))[0]).toBeGreaterThan(0)
    expect(await prometheus.query('argo_workflows_gauge{phase=""}')).toEqual([])
  })
})

describe('an alert fires', () => {
  it('for workflows that fail', async () => {
    for (let at = 0; at < 8; at += 1) drop(`failing-${at}.yaml`, load.failing(`failing-${at}`))
    await expect.poll(firing, often).toEqual(['DrydockFailureRate'])
    await expect.poll(firing, often).toEqual([])
  })

  it('for manifests that are refused, until they are gone', async () => {
    drop('refused.yaml', load.refused)
    await expect.poll(firing, often).toEqual(['DrydockManifestsRefused'])
    take('refused.yaml')
    await expect.poll(firing, often).toEqual([])
  })

  it('for settings that are wrong or wait for a restart', async () => {
    writeFileSync(join(scratch, 'drydock.yaml'), settings('parallelism: many\n'))
    await expect.poll(firing, often).toEqual(['DrydockSettings'])
    expect((await (await fetch(`${daemon.apiUrl}/readyz`)).json()) as object).toMatchObject({
      ready: true,
      parts: {
        settings: { ok: false, detail: expect.stringMatching(/drydock\.yaml:4:14 .*must be integer/) as string },
      },
    })
    writeFileSync(join(scratch, 'drydock.yaml'), settings())
    await expect.poll(firing, often).toEqual([])
  })

  it('for a disk that is full, by a floor that was raised while the daemon runs', async () => {
    writeFileSync(join(scratch, 'drydock.yaml'), settings('disk: {freeMin: 1Ei}\n'))
    await expect.poll(firing, often).toEqual(['DrydockDiskFloor', 'DrydockDiskLow', 'DrydockNotReady'])
    expect((await fetch(`${daemon.apiUrl}/readyz`)).status).toBe(503)
    writeFileSync(join(scratch, 'drydock.yaml'), settings())
    await expect.poll(firing, often).toEqual([])
  })

  it('for an engine that is away, until it is back', async () => {
    proxy.cut()
    await expect.poll(firing, often).toEqual(['DrydockEngineDown', 'DrydockNotReady'])
    await proxy.join()
    await expect.poll(firing, often).toEqual([])
  })

  it('for a store that takes no commits, until it does', async () => {
    const other = new DatabaseSync(join(scratch, 'data', 'drydock.db'))
    other.exec('BEGIN IMMEDIATE')
    await expect.poll(firing, often).toEqual(['DrydockNotReady', 'DrydockStoreDown'])
    other.exec('ROLLBACK')
    other.close()
    await expect.poll(firing, often).toEqual([])
  })

  it('for schedules that are missed', async () => {
    drop('vanishing.yaml', load.vanishing)
    drop('missing.yaml', load.missing)
    await expect.poll(() => daemon.controller.object('CronWorkflow', 'default', 'lost'), often).not.toBeNull()
    await daemon.controller.deleteObject('WorkflowTemplate', 'default', 'nowhere')
    await expect.poll(firing, often).toEqual(['DrydockCronMissed'])
  })

  it('for a daemon that is gone', async () => {
    for (const name of ['schedule.yaml', 'missing.yaml']) take(name)
    for (const { metadata } of (await daemon.controller.listWorkflows({})).items)
      await daemon.controller.deleteWorkflow(metadata.namespace ?? '', metadata.name ?? '', { force: true })
    await daemon.drain()
    proxy.cut()
    await expect.poll(firing, often).toContain('DrydockDown')
  })
})
