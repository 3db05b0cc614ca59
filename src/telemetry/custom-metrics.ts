/**
 * Metrics that manifests declare. They come and go with any labels, so they are kept and written out here rather than by
 * prom-client, which fixes the labels of a name. The same name and labels from any workflow are one series.
 */
import type { MetricEmission } from '../engine/decision.ts'
import type { WorkflowUid } from '../resources/index.ts'
import { argoMetrics, argoPrefix } from './catalogue.ts'
import { labelValue } from './label-limit.ts'
import type { Modifiers } from './registry.ts'

type Labels = MetricEmission['labels']
type Value =
  | { readonly kind: 'counter' | 'gauge'; value: number }
  | { readonly kind: 'histogram'; readonly counts: number[]; sum: number; count: number }
  | {
      readonly kind: 'realtime'
      readonly since: number
      readonly workflow: WorkflowUid
      readonly node: string | null
      until: number | null
    }
type Series = { readonly labels: Labels; readonly value: Value; updatedAt: number }
type Family = {
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly buckets: readonly number[]
  readonly series: Map<string, Series>
}

/** Beyond them new ones are refused: a label with a workflow's name in it would grow for ever. */
export const customLimits = { names: 500, seriesPerName: 2_000, series: 20_000, bucketsPerHistogram: 100 }

export class CustomMetrics {
  readonly #families = new Map<string, Family>()
  readonly #ttlMs: number
  readonly #modifiers: Modifiers

  /** @param ttlMs series not updated for so long are dropped, histograms never; 0: none is */
  constructor(ttlMs: number, modifiers: Modifiers = {}) {
    this.#ttlMs = ttlMs
    this.#modifiers = modifiers
  }

  /** Why the emission was not recorded, or `null` where it was. */
  record(emission: MetricEmission, workflow: WorkflowUid, nowMs: number): string | null {
    const modifier = this.#modifiers[emission.name] ?? {}
    if (modifier.disabled === true) return null
    const unfit = this.#unfit(emission)
    if (unfit !== null) return unfit
    const family = this.#family(emission, modifier.histogramBuckets)
    const problem = mismatch(family, emission)
    if (problem !== null) return problem
    const labels = emission.labels
      .filter(({ key }) => !modifier.disabledAttributes?.includes(key))
      .map(({ key, value }) => ({ key, value: labelValue(value) }))
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    const identity = JSON.stringify(labels.map(({ key, value }) => [key, value]))
    let series = family.series.get(identity)
    const isNewRealtime = emission.metric.kind === 'realtime' && series !== undefined
    if (series === undefined || isNewRealtime) {
      if (series === undefined && family.series.size >= customLimits.seriesPerName)
        return `metric ${emission.name} has ${customLimits.seriesPerName} series; no more are taken`
      if (series === undefined && this.#seriesCount() >= customLimits.series)
        return `the metrics of manifests have ${customLimits.series} series; no more are taken`
      series = { labels, value: initialValue(emission, workflow, family.buckets), updatedAt: nowMs }
      family.series.set(identity, series)
    }
    series.updatedAt = nowMs
    apply(series.value, emission, family.buckets)
    return null
  }

  /** Realtime metrics of a node (or, with `null`, of the workflow itself) stand still from now on. */
  end(workflow: WorkflowUid, node: string | null, atMs: number): void {
    for (const { value } of this.#all())
      if (value.kind === 'realtime' && value.workflow === workflow && value.node === node) value.until ??= atMs
  }

  forget(workflow: WorkflowUid): void {
    for (const family of this.#families.values())
      for (const [identity, { value }] of family.series)
        if (value.kind === 'realtime' && value.workflow === workflow) family.series.delete(identity)
  }

  /** In the text format of Prometheus. */
  text(nowMs: number): string {
    const lines: string[] = []
    for (const [name, family] of this.#families) {
      this.#expire(family, nowMs)
      if (family.series.size === 0) continue
      const full = `${argoPrefix}${name}`
      lines.push(`# HELP ${full} ${escaped(family.help, false)}`, `# TYPE ${full} ${family.type}`)
      for (const series of family.series.values()) lines.push(...seriesLines(full, series, family.buckets, nowMs))
    }
    return lines.length === 0 ? '' : `${lines.join('\n')}\n`
  }

  /** One line that Prometheus cannot read would cost it everything else on the page. */
  #unfit({ name, labels, metric }: MetricEmission): string | null {
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) return `metric name ${labelValue(name)} is not valid`
    if (isTaken(name)) return `metric ${name} is one of the controller’s own`
    if (!this.#families.has(name)) {
      if (this.#families.size >= customLimits.names)
        return `there are ${customLimits.names} names of metrics; no more are taken`
      for (const suffix of ['_bucket', '_sum', '_count'])
        if (this.#families.get(name.slice(0, -suffix.length))?.type === 'histogram' && name.endsWith(suffix))
          return `metric ${name} is a part of a histogram already`
      if (metric.kind === 'histogram')
        for (const suffix of ['_bucket', '_sum', '_count'])
          if (this.#families.has(`${name}${suffix}`)) return `metric ${name}${suffix} is there already`
    }
    if (metric.kind === 'histogram' && metric.buckets.length > customLimits.bucketsPerHistogram)
      return `metric ${name} has more than ${customLimits.bucketsPerHistogram} buckets`
    const keys = new Set<string>()
    for (const { key } of labels) {
      const isReserved = key.startsWith('__') || (metric.kind === 'histogram' && key === 'le')
      if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(key) || isReserved || keys.has(key))
        return `metric ${name} has a label that Prometheus does not take: ${labelValue(key)}`
      keys.add(key)
    }
    return null
  }

  #seriesCount(): number {
    let count = 0
    for (const { series } of this.#families.values()) count += series.size
    return count
  }

  #family(emission: MetricEmission, changedBuckets: readonly number[] | undefined): Family {
    let family = this.#families.get(emission.name)
    if (family === undefined) {
      const { metric, help } = emission
      const type = metric.kind === 'realtime' ? 'gauge' : metric.kind
      // The first use of a name fixes the buckets.
      const bounds = metric.kind === 'histogram' ? (changedBuckets ?? metric.buckets) : []
      // Infinity has its line anyway, and no bound may be there twice.
      const buckets = [...new Set(bounds)].filter((bound) => bound < Infinity).toSorted((a, b) => a - b)
      family = { help, type, buckets, series: new Map() }
      this.#families.set(emission.name, family)
    }
    return family
  }

  #expire(family: Family, nowMs: number): void {
    if (this.#ttlMs === 0 || family.type === 'histogram') return
    for (const [identity, { value, updatedAt }] of family.series) {
      const isAlive = value.kind === 'realtime' && value.until === null
      if (!isAlive && nowMs - updatedAt > this.#ttlMs) family.series.delete(identity)
    }
  }

  *#all(): Iterable<Series> {
    for (const family of this.#families.values()) yield* family.series.values()
  }
}

/** A family of the same name twice makes the whole page invalid. */
function isTaken(name: string): boolean {
  if (Object.hasOwn(argoMetrics, name)) return true
  const base = name.replace(/_(bucket|sum|count)$/, '')
  return base !== name && (argoMetrics as Readonly<Record<string, { type: string }>>)[base]?.type === 'histogram'
}

function mismatch(family: Family, { name, help, metric }: MetricEmission): string | null {
  const type = metric.kind === 'realtime' ? 'gauge' : metric.kind
  if (family.type !== type) return `metric ${name} is a ${family.type} already, not a ${type}`
  if (family.help !== help) return `metric ${name} has another help text already: ${family.help}`
  return null
}

function initialValue({ metric }: MetricEmission, workflow: WorkflowUid, buckets: readonly number[]): Value {
  if (metric.kind === 'histogram') return { kind: 'histogram', counts: buckets.map(() => 0), sum: 0, count: 0 }
  if (metric.kind === 'realtime')
    return { kind: 'realtime', since: metric.since, workflow, node: metric.node, until: null }
  return { kind: metric.kind, value: 0 }
}

function apply(value: Value, { metric }: MetricEmission, buckets: readonly number[]): void {
  if (metric.kind === 'counter' && value.kind === 'counter') value.value += metric.value
  if (metric.kind === 'gauge' && value.kind === 'gauge') {
    if (metric.operation === 'Set') value.value = metric.value
    else value.value += metric.operation === 'Add' ? metric.value : -metric.value
  }
  if (metric.kind === 'histogram' && value.kind === 'histogram') {
    value.sum += metric.value
    value.count += 1
    buckets.forEach((bound, index) => {
      if (metric.value <= bound) value.counts[index] = (value.counts[index] ?? 0) + 1
    })
  }
}

function seriesLines(name: string, { labels, value }: Series, buckets: readonly number[], nowMs: number): string[] {
  const own = labels.map(({ key, value: text }) => `${key}="${escaped(text, true)}"`)
  const line = (suffix: string, number: number, more: readonly string[] = []): string => {
    const all = [...own, ...more]
    return `${name}${suffix}${all.length === 0 ? '' : `{${all.join(',')}}`} ${numberText(number)}`
  }
  if (value.kind === 'realtime') return [line('', ((value.until ?? nowMs) - value.since) / 1000)]
  if (value.kind !== 'histogram') return [line('', value.value)]
  return [
    ...buckets.map((bound, index) => line('_bucket', value.counts[index] ?? 0, [`le="${numberText(bound)}"`])),
    line('_bucket', value.count, ['le="+Inf"']),
    line('_sum', value.sum),
    line('_count', value.count),
  ]
}

const numberText = (value: number): string =>
  value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value)

const escaped = (text: string, quotes: boolean): string => {
  const plain = text
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll(/[\u0000-\u001f\u007f]/g, ' ')
  return quotes ? plain.replaceAll('"', '\\"') : plain
}
