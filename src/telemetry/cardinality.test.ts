/** Whatever users call their things, the page stays short and readable. */
import { describe, expect, it } from 'vitest'
import { silentLog } from '../controller/telemetry.ts'
import type { MetricEmission } from '../engine/decision.ts'
import { workflowUid } from '../resources/index.ts'
import { argoMetrics, labelCharactersMax, ownMetrics, seriesMax } from './catalogue.ts'
import { customLimits } from './custom-metrics.ts'
import { openMetrics } from './index.ts'
import { otherLabel } from './label-limit.ts'

const open = () => openMetrics({ version: { version: 'v0' }, log: silentLog, process: false })
const seriesOf = (text: string, name: string) => text.split('\n').filter((line) => line.startsWith(`${name}{`))
const workflow = { uid: workflowUid('u'), namespace: 'n', name: 'w' }
const emission = (more: Partial<MetricEmission>): MetricEmission => ({
  name: 'm',
  help: 'h',
  labels: [],
  metric: { kind: 'counter', value: 1 },
  ...more,
})

describe('labels that users make up', () => {
  it('are bounded for every metric that has them, and nothing is lost in the sum', async () => {
    const metrics = open()
    const count = seriesMax + 200
    for (let at = 0; at < count; at += 1) {
      metrics.workflowPhase(`namespace-${at}`, 'Failed', { name: `template-${at}`, clusterScope: false })
      metrics.workflowEnded(1, `namespace-${at}`, { name: `template-${at}`, clusterScope: false })
      metrics.lockTaken({ name: `n/Mutex/${at}`, mutex: true, storage: 'configmap', namespace: 'n' })
      metrics.cronTriggered('n', `cron-${at}`)
      metrics.cronMissed('n', `cron-${at}`, 1)
      metrics.podPending('n', `reason ${at}`)
      metrics.commitFailed(`CODE_${at}`)
      metrics.manifestRefused(`Kind${at}`)
      metrics.storeOperation({ operation: 'commit', seconds: 1, code: `CODE_${at}` })
    }
    const text = await metrics.text()
    const names = [...Object.entries(argoMetrics), ...Object.entries(ownMetrics)].flatMap(([name, spec]) =>
      'open' in spec ? [name] : [],
    )
    expect(names.length).toBeGreaterThan(15)
    for (const name of names) {
      const lines = [`argo_workflows_${name}`, `drydock_${name}`, `argo_workflows_${name}_count`].flatMap((full) =>
        seriesOf(text, full),
      )
      expect(lines.length, name).toBeLessThanOrEqual(seriesMax + 6)
    }
    const failed = seriesOf(text, 'argo_workflows_total_count')
    expect(failed.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)).toBe(count)
    expect(text).toContain(`argo_workflows_total_count{phase="Failed",namespace="${otherLabel}"} 200`)
    expect(text).toContain('drydock_series_folded_total{metric="total_count"} 200')
  })

  it('of locks that are read afresh add up under one name, and have room again at the next scrape', async () => {
    const metrics = open()
    let from = 0
    metrics.read({
      locks: () =>
        Array.from({ length: seriesMax + 3 }, (_, at) => ({
          labels: { type: 'mutex', storage: 'configmap', lock_name: `n/Mutex/${from + at}`, namespace: 'n' },
          held: 1,
          pending: 2,
        })),
    })
    expect(await metrics.text()).toMatch(/locks_pending\{[^}]*lock_name="\(other\)"[^}]*\} 6\n/)
    from = 10_000
    const text = await metrics.text()
    expect(text).toContain('lock_name="n/Mutex/10000"')
    expect(seriesOf(text, 'argo_workflows_locks_held').length).toBe(seriesMax + 1)
  })

  it('are cut to length and lose what would break a line', async () => {
    const metrics = open()
    metrics.cronTriggered('n', `${'x'.repeat(10_000)}"\n\u0000\\`)
    metrics.cronTriggered('n', 'a"b\\c\nd\u0000\ud800e')
    const lines = seriesOf(await metrics.text(), 'argo_workflows_cronworkflows_triggered_total')
    expect(lines.every((line) => line.length < labelCharactersMax + 120 && !line.includes('\u0000'))).toBe(true)
    expect(lines).toContain('argo_workflows_cronworkflows_triggered_total{name="a\\"b\\\\c d \ufffde",namespace="n"} 1')
  })
})

describe('metrics of manifests', () => {
  it.each<[string, Partial<MetricEmission>, RegExp]>([
    ['a name of ours', { name: 'gauge' }, /controller’s own/],
    ['a part of a histogram of ours', { name: 'queue_latency_bucket' }, /controller’s own/],
    ['a name Prometheus cannot read', { name: 'a b' }, /not valid/],
    ['a label Prometheus cannot read', { labels: [{ key: 'a-b', value: '' }] }, /does not take: a-b/],
    ['a label of Prometheus’ own', { labels: [{ key: '__name__', value: 'up' }] }, /does not take/],
    [
      'a label twice',
      {
        labels: [
          { key: 'a', value: '1' },
          { key: 'a', value: '2' },
        ],
      },
      /does not take/,
    ],
    [
      'the bound of a bucket as a label',
      { metric: { kind: 'histogram', value: 1, buckets: [1] }, labels: [{ key: 'le', value: '1' }] },
      /does not take/,
    ],
    [
      'more buckets than anybody reads',
      { metric: { kind: 'histogram', value: 1, buckets: Array.from({ length: 101 }, (_, at) => at) } },
      /more than 100 buckets/,
    ],
  ])('are refused for %s', async (_why, more, words) => {
    const problems: string[] = []
    const metrics = openMetrics({
      version: {},
      log: { ...silentLog, error: (_fields, text) => problems.push(text) },
      process: false,
    })
    const before = await metrics.text()
    metrics.customMetric(emission(more), workflow)
    expect(problems).toEqual([expect.stringMatching(words)])
    const counted = before.replace('refused_total 0', 'refused_total 1')
    expect(await metrics.text()).toBe(counted)
  })

  it('cannot be a part of each other', async () => {
    const metrics = open()
    metrics.customMetric(emission({ name: 'h', metric: { kind: 'histogram', value: 1, buckets: [1] } }), workflow)
    metrics.customMetric(emission({ name: 'h_sum' }), workflow)
    metrics.customMetric(emission({ name: 'c_count' }), workflow)
    metrics.customMetric(emission({ name: 'c', metric: { kind: 'histogram', value: 1, buckets: [1] } }), workflow)
    expect(await metrics.text()).toContain('drydock_custom_metrics_refused_total 2\n')
  })

  it('have at most so many names and so many series', async () => {
    const metrics = open()
    for (let at = 0; at < customLimits.names + 5; at += 1) metrics.customMetric(emission({ name: `m${at}` }), workflow)
    for (let name = 0; name < 12; name += 1)
      for (let at = 0; at < customLimits.seriesPerName; at += 1)
        metrics.customMetric(emission({ name: `m${name}`, labels: [{ key: 'a', value: String(at) }] }), workflow)
    const text = await metrics.text()
    const lines = text.split('\n').filter((line) => /^argo_workflows_m\d+/.test(line))
    expect(lines.length).toBe(customLimits.series)
  })

  it('write infinities as Prometheus reads them', async () => {
    const metrics = open()
    metrics.customMetric(
      emission({ name: 'g', metric: { kind: 'gauge', value: Infinity, operation: 'Set' } }),
      workflow,
    )
    metrics.customMetric(
      emission({ name: 'h', metric: { kind: 'histogram', value: 2, buckets: [1, Infinity, 1] } }),
      workflow,
    )
    const text = await metrics.text()
    expect(text).toContain('argo_workflows_g +Inf\n')
    expect(seriesOf(text, 'argo_workflows_h_bucket')).toEqual([
      'argo_workflows_h_bucket{le="1"} 0',
      'argo_workflows_h_bucket{le="+Inf"} 1',
    ])
  })
})

it('a part that cannot answer leaves the rest of the page as it is', async () => {
  const metrics = open()
  metrics.read({
    workflowPhases: () => Promise.reject(new Error('the store is away')),
    storeUp: () => false,
    engineUp: () => true,
  })
  const text = await metrics.text()
  expect(text).toContain('drydock_store_up 0')
  expect(text).toContain('drydock_engine_up 1')
})
