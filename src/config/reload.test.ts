import { parse } from 'yaml'
import { describe, expect, it } from 'vitest'
import { configOf } from './config.ts'
import { liveSettings, planReload } from './index.ts'
import type { Settings } from './index.ts'
import { showConfig } from './show.ts'

const of = (settings: Settings) => configOf(settings, '/base')

describe('a reload', () => {
  it.each<[string, Settings]>([
    ['log.level', { log: { level: 'debug' } }],
    ['log.components', { log: { components: { docker: 'debug' } } }],
    ['policy.privileged', { policy: { privileged: true } }],
    ['capacity.cpus', { capacity: { cpus: 3 } }],
    ['capacity.memory', { capacity: { memory: '1Gi' } }],
    ['docker.pullPolicy', { docker: { pullPolicy: 'IfNotPresent' } }],
    ['disk.freeMin', { disk: { freeMin: '1Gi' } }],
    ['metrics.workflows', { metrics: { workflows: 3 } }],
    ['parallelism', { parallelism: 3 }],
    ['retentionPolicy', { retentionPolicy: { completed: 1 } }],
    ['workflowDefaults', { workflowDefaults: { spec: { priority: 1 } } }],
    ['podGCDeleteDelayDuration', { podGCDeleteDelayDuration: '9s' }],
    ['navColor', { navColor: 'red' }],
  ])('takes over %s, and undoes it when it is gone again', (name, settings) => {
    const { config, applied, pending } = planReload(of({}), of(settings))
    expect([applied, pending]).toEqual([[name], []])
    expect(config).toEqual({ ...of(settings), argo: config.argo })
    expect(planReload(of({}), config).applied).toEqual([name])
    const back = planReload(config, of({}))
    expect(back.applied).toEqual([name])
    expect(showConfig(back.config)).toBe(showConfig(of({})))
  })

  it.each<[string, Settings]>([
    ['data', { data: 'elsewhere' }],
    ['folders', { folders: ['a'] }],
    ['instance', { instance: 'other' }],
    ['server.port', { server: { port: 1 } }],
    ['server.tokenFile', { server: { tokenFile: 'f' } }],
    ['metrics.port', { metrics: { port: 1 } }],
    ['docker.host', { docker: { host: 'tcp://h' } }],
    ['log.format', { log: { format: 'json' } }],
    ['folder.settleMs', { folder: { settleMs: 1 } }],
    ['timezone', { timezone: 'Europe/Vienna' }],
    ['instanceID', { instanceID: 'x' }],
  ])('leaves %s for a restart', (name, settings) => {
    const running = of({})
    const { config, applied, pending } = planReload(running, of(settings))
    expect(applied).toEqual([])
    expect(pending).toContain(name)
    expect(showConfig(config)).toBe(showConfig(running))
  })

  it('names only settings that there are', () => {
    const known = Object.keys(parse(showConfig(of({ persistence: { archive: true } }))) as object)
    const sections = liveSettings.filter((name) => name.includes('.')).map((name) => name.split('.')[0])
    expect(sections.filter((name) => !known.includes(name ?? ''))).toEqual([])
  })
})

describe('the settings that `config show` prints', () => {
  it.each<[string, Settings]>([
    ['nothing', {}],
    [
      'much',
      {
        data: '/d',
        folders: ['/f'],
        server: { port: 1, tokenFile: '/t' },
        capacity: { cpus: 2, memory: '2Gi', containersMax: 3, oversized: 'run' },
        runtime: 'swarm',
        swarm: { managers: ['tcp://m'], nodes: [{ hostname: 'n', host: 'tcp://n' }], certs: '/c', lostAfterMs: 1 },
        docker: { host: 'tcp://h', startConcurrency: 2 },
        disk: { freeMin: '1Gi' },
        log: { level: 'debug', components: { docker: 'warn' } },
        policy: { privileged: true, hostPaths: ['/srv'] },
        plugins: [{ name: 'p', address: 'http://p' }],
        parallelism: 4,
        podGCDeleteDelayDuration: '1m',
        metricsConfig: { metricsTTL: '10m', modifiers: { gauge: { disabled: true } } },
        retentionPolicy: { completed: 1, failed: 2 },
      },
    ],
  ])('come to the same when they are read again, from %s', (_what, settings) => {
    const shown = showConfig(of(settings))
    expect(showConfig(of(parse(shown) as Settings))).toBe(shown)
  })
})
