import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { silentLog } from '../controller/telemetry.ts'
import type { MetricEmission } from '../engine/decision.ts'
import { instant, nodeIdOf, workflowUid } from '../resources/index.ts'
import { customLimits } from './custom-metrics.ts'
import { metricsDocument, openLogs, openMetrics, SecretValues, serveMetrics } from './index.ts'

const version = {
  version: 'v0',
  platform: 'p',
  go_version: '',
  build_date: '',
  compiler: '',
  git_commit: '',
  git_tree_state: '',
  git_tag: '',
}
const open = (more: Partial<Parameters<typeof openMetrics>[0]> = {}) =>
  openMetrics({ version, log: silentLog, process: false, ...more })
const workflow = { uid: workflowUid('u1'), namespace: 'default', name: 'w' }
const emission = (metric: MetricEmission['metric'], more: Partial<MetricEmission> = {}): MetricEmission => ({
  name: 'm',
  help: 'h',
  labels: [],
  metric,
  ...more,
})

describe('logs', () => {
  const lines = (
    format: 'json' | 'pretty',
    work: (logs: ReturnType<typeof openLogs>, secrets: SecretValues) => void,
  ) => {
    const written: string[] = []
    const secrets = new SecretValues()
    const sink = { write: (line: string) => written.push(line) }
    work(openLogs({ level: 'info', format, components: { docker: 'debug', cron: 'error' } }, sink, secrets), secrets)
    return written
  }

  it('carry workflow and node on each line', () => {
    const [line = ''] = lines('json', (logs) =>
      logs.component('controller').info({ workflow: 'w', node: 'w-1' }, 'started'),
    )
    expect(JSON.parse(line)).toMatchObject({
      level: 'info',
      component: 'controller',
      workflow: 'w',
      node: 'w-1',
      msg: 'started',
    })
  })

  it('have a level per component', () => {
    const written = lines('json', (logs) => {
      logs.component('docker').debug({}, 'a')
      logs.component('cron').warn({}, 'b')
      logs.component('other').debug({}, 'c')
    })
    expect(written.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['a'])
  })

  it.each(['json', 'pretty'] as const)('never show a secret, %s', (format) => {
    const written = lines(format, (logs, secrets) => {
      secrets.set('default/s', ['hunter2hunter2', 'with "quotes"'])
      logs
        .component('x')
        .info({ a: 'hunter2hunter2', password: 'p4ss', b: { token: 't0k' } }, 'said hunter2hunter2 with "quotes"')
    })
    expect(written.join('')).not.toMatch(/hunter2|p4ss|t0k|with \\?"quotes/)
    expect(written.join('')).toContain('[redacted]')
  })
})

describe('logs of a workflow', () => {
  const uid = '0b7a4c12-1111-4222-8333-944455556666'
  const traced = { uid, trace_id: uid.replaceAll('-', '') }
  const line = (work: (logs: ReturnType<typeof openLogs>) => void): Record<string, unknown> => {
    const written: string[] = []
    work(
      openLogs(
        { level: 'info', format: 'json', components: {} },
        { write: (text) => written.push(text) },
        new SecretValues(),
      ),
    )
    return JSON.parse(written[0] ?? '{}') as Record<string, unknown>
  }

  it.each<[string, object, object]>([
    ['its UID', { uid, workflow: 'w', node: 'w-1' }, { workflow: 'w', node: 'w-1' }],
    ['its UID alone', { uid }, { workflow: 'named', namespace: 'n' }],
    ['a pod of its', { pod: `${uid}.abc.0` }, { workflow: 'named', namespace: 'n', pod: `${uid}.abc.0` }],
  ])('have its name and a trace id where the writer knew %s', (_what, fields, expected) => {
    const written = line((logs) => {
      logs.nameWith((known) => (known === uid ? { workflow: 'named', namespace: 'n' } : null))
      logs.component('x').info({ ...fields }, 'said')
    })
    expect(written).toMatchObject({ ...traced, ...expected })
  })

  it('say nothing of a trace where there is no workflow', () => {
    expect(line((logs) => logs.component('x').info({ pod: 'other' }, 'said'))).not.toHaveProperty('trace_id')
  })
})

describe('log levels', () => {
  it('change for loggers that are there already, and for one component alone', () => {
    const written: string[] = []
    const sink = { write: (text: string) => written.push((JSON.parse(text) as { msg: string }).msg) }
    const logs = openLogs({ level: 'info', format: 'json', components: {} }, sink, new SecretValues())
    const [docker, cron] = [logs.component('docker'), logs.component('cron')]
    docker.debug({}, 'a')
    logs.setLevels({ level: 'error', components: { docker: 'debug' } })
    docker.debug({}, 'b')
    cron.warn({}, 'c')
    logs.component('new').warn({}, 'd')
    logs.setLevels({ level: 'warn', components: {} })
    cron.warn({}, 'e')
    docker.debug({}, 'f')
    expect(written).toEqual(['b', 'e'])
    expect(logs.levels()).toEqual({ level: 'warn', components: {} })
  })
})

describe('secrets', () => {
  it.each<[string, object, string]>([
    ['in the environment of a container', { env: [{ name: 'PASSWORD', value: 'hunter2hunter2' }] }, 'created'],
    ['in the message of an error', { error: new Error('login as admin/hunter2hunter2 refused') }, 'failed'],
    ['in the cause of an error', { error: new Error('no', { cause: new Error('hunter2hunter2') }) }, 'failed'],
    ['in a URL', { url: 'postgres://ada:hunter2hunter2@db:5432/x' }, 'connecting'],
    ['in a URL, unknown to any Secret', { url: 'https://ada:p%40ss-w0rd@host/x' }, 'to https://ada:p%40ss-w0rd@host'],
    ['in a URL inside a message', {}, 'cannot reach amqp://u:p:a:ss@broker:5672'],
    ['encoded', { data: Buffer.from('hunter2hunter2').toString('base64') }, 'stored'],
  ])('are masked %s', (_where, fields, text) => {
    const written: string[] = []
    const secrets = new SecretValues()
    secrets.set('n/s', ['hunter2hunter2', Buffer.from('hunter2hunter2').toString('base64')])
    const logs = openLogs(
      { level: 'info', format: 'json', components: {} },
      { write: (line) => written.push(line) },
      secrets,
    )
    logs.component('x').error({ ...fields }, text)
    expect(written.join('')).not.toMatch(/hunter2|p%40ss|p:a:ss|aHVudGVyMmh1bnRlcjI/)
    expect(written.join('')).toContain('[redacted]')
    expect(() => JSON.parse(written[0] ?? '') as unknown).not.toThrow()
  })
})

describe('metrics', () => {
  it('have Argo’s names and labels', async () => {
    const metrics = open()
    metrics.workflowPhase('default', 'Succeeded', { name: 't', clusterScope: true })
    metrics.queueAdded('workflow_queue')
    metrics.counted('warning')
    metrics.read({ workflowPhases: () => Promise.resolve(new Map([['Running', 2]])) })
    const text = await metrics.text()
    expect(text).toContain('argo_workflows_total_count{phase="Succeeded",namespace="default"} 1')
    expect(text).toContain('argo_workflows_gauge{phase="Running"} 2')
    expect(text).toContain('argo_workflows_gauge{phase="Error"} 0')
    expect(text).toContain('argo_workflows_queue_adds_count{queue_name="workflow_queue"} 1')
    expect(text).toContain('argo_workflows_log_messages{level="warning"} 1')
    expect(text).toContain('cluster_scope="true",phase="Succeeded"} 1')
    expect(text).toContain('argo_workflows_error_count{cause="OperationPanic"} 0')
  })

  it('can be switched off, lose a label and change buckets by modifiers', async () => {
    const metrics = open({
      modifiers: {
        total_count: { disabledAttributes: ['namespace'] },
        log_messages: { disabled: true },
        queue_latency: { histogramBuckets: [7] },
      },
    })
    metrics.workflowPhase('default', 'Failed', null)
    metrics.queueWaited('workflow_queue', 3)
    const text = await metrics.text()
    expect(text).toContain('argo_workflows_total_count{phase="Failed"} 1')
    expect(text).not.toContain('log_messages')
    expect(text).toContain('queue_latency_bucket{le="7",queue_name="workflow_queue"} 1')
  })

  it('show how long keys have been in work', async () => {
    const metrics = open()
    metrics.queueWaited('workflow_queue', 0)
    metrics.queueWaited('workflow_queue', 0)
    metrics.queueWorked('workflow_queue', 0)
    expect(await metrics.text()).toContain('argo_workflows_workers_busy_count{worker_type="workflow_queue"} 1')
  })

  it('are served on a port of their own', async () => {
    const metrics = open()
    const server = await serveMetrics({ host: '127.0.0.1', port: 0, path: '/metrics' }, () => metrics.text())
    const response = await fetch(`http://127.0.0.1:${server.port}/metrics`)
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/)
    expect(await response.text()).toContain('argo_workflows_is_leader 1')
    expect((await fetch(`http://127.0.0.1:${server.port}/`)).status).toBe(404)
    await server.close()
  })
})

describe('metrics of specs', () => {
  it('add counters, set and change gauges, and count into buckets', async () => {
    const metrics = open()
    const labels = [
      { key: 'b', value: 'x "y"' },
      { key: 'a', value: '1' },
    ]
    metrics.customMetric(emission({ kind: 'counter', value: 2 }, { name: 'c', labels }), workflow)
    metrics.customMetric(emission({ kind: 'counter', value: 3 }, { name: 'c', labels: labels.toReversed() }), workflow)
    metrics.customMetric(emission({ kind: 'gauge', value: 5, operation: 'Set' }, { name: 'g' }), workflow)
    metrics.customMetric(emission({ kind: 'gauge', value: 2, operation: 'Sub' }, { name: 'g' }), workflow)
    for (const value of [1, 10, 100])
      metrics.customMetric(emission({ kind: 'histogram', value, buckets: [5, 50] }, { name: 'h' }), workflow)
    const text = await metrics.text()
    expect(text).toContain('argo_workflows_c{a="1",b="x \\"y\\""} 5')
    expect(text).toContain('argo_workflows_g 3')
    expect(text).toContain(
      'argo_workflows_h_bucket{le="5"} 1\nargo_workflows_h_bucket{le="50"} 2\nargo_workflows_h_bucket{le="+Inf"} 3\nargo_workflows_h_sum 111\nargo_workflows_h_count 3',
    )
  })

  it('keep the type and the help text of a name', async () => {
    const problems: string[] = []
    const metrics = open({ log: { ...silentLog, error: (_fields, text) => problems.push(text) } })
    metrics.customMetric(emission({ kind: 'counter', value: 1 }), workflow)
    metrics.customMetric(emission({ kind: 'gauge', value: 1, operation: 'Set' }), workflow)
    metrics.customMetric(emission({ kind: 'counter', value: 1 }, { help: 'other' }), workflow)
    expect(problems).toEqual([
      expect.stringContaining('is a counter already'),
      expect.stringContaining('another help text'),
    ])
    expect(await metrics.text()).toContain('argo_workflows_m 1\n')
  })

  it('run in real time until their node ends, and go with their workflow', async () => {
    let now = 10_000
    const metrics = open({ nowMs: () => now })
    const node = nodeIdOf('w-1')
    metrics.customMetric(emission({ kind: 'realtime', since: instant(4_000), node }), workflow)
    expect(await metrics.text()).toContain('argo_workflows_m 6\n')
    metrics.customMetricsEnded(workflow.uid, node, instant(11_000))
    now = 60_000
    expect(await metrics.text()).toContain('argo_workflows_m 7\n')
    metrics.workflowDeleted(workflow.uid)
    expect(await metrics.text()).not.toContain('argo_workflows_m ')
  })

  it('expire when nobody updates them, except histograms', async () => {
    let now = 0
    const metrics = open({ nowMs: () => now, customTtlMs: 1000 })
    metrics.customMetric(emission({ kind: 'counter', value: 1 }, { name: 'c' }), workflow)
    metrics.customMetric(emission({ kind: 'histogram', value: 1, buckets: [1] }, { name: 'h' }), workflow)
    now = 2000
    const text = await metrics.text()
    expect(text).not.toContain('argo_workflows_c 1')
    expect(text).toContain('argo_workflows_h_count 1')
  })

  it(`stop at ${customLimits.seriesPerName} series of a name`, async () => {
    const problems: string[] = []
    const metrics = open({ log: { ...silentLog, error: (_fields, text) => problems.push(text) } })
    for (let i = 0; i <= customLimits.seriesPerName; i++)
      metrics.customMetric(
        emission({ kind: 'counter', value: 1 }, { labels: [{ key: 'i', value: String(i) }] }),
        workflow,
      )
    expect(problems).toEqual([expect.stringContaining('no more are taken')])
  })
})

it('docs/metrics.md is up to date (`npm run docs`)', async () => {
  const path = join(import.meta.dirname, '..', '..', 'docs', 'metrics.md')
  expect(await readFile(path, 'utf8')).toBe(metricsDocument())
})
