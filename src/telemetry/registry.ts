/** The catalogue as prom-client metrics, with Argo's `metricsConfig.modifiers` applied. */
import { Counter, Gauge, Registry } from 'prom-client'
import type { MetricSpec } from './catalogue.ts'
import { argoMetrics, argoPrefix, ownMetrics, ownPrefix } from './catalogue.ts'
import { Histogram } from './histogram.ts'
import { LabelLimit } from './label-limit.ts'
import type { Labels } from './label-limit.ts'

export type Modifier = {
  readonly disabled?: boolean
  readonly disabledAttributes?: readonly string[]
  readonly histogramBuckets?: readonly number[]
}
export type Modifiers = Readonly<Record<string, Modifier>>

type Entry = {
  readonly metric: Counter | Gauge | Histogram
  readonly labels: readonly string[]
  /** `null`: all labels have few values. */
  readonly limit: LabelLimit | null
}

/** Recording under a name that is disabled does nothing. */
export class MetricTable {
  readonly registry = new Registry()
  readonly #byName = new Map<string, Entry>()

  constructor(modifiers: Modifiers = {}) {
    for (const [name, spec] of Object.entries(argoMetrics))
      this.#define(name, `${argoPrefix}${name}`, spec, modifiers[name] ?? {})
    for (const [name, spec] of Object.entries(ownMetrics))
      this.#define(name, `${ownPrefix}${name}`, spec, modifiers[name] ?? {})
  }

  #define(key: string, name: string, spec: MetricSpec, modifier: Modifier): void {
    if (modifier.disabled === true) return
    const labels = (spec.labels ?? []).filter((label) => !modifier.disabledAttributes?.includes(label))
    const common = { name, help: spec.help, labelNames: labels, registers: [this.registry] }
    const buckets = [...(modifier.histogramBuckets ?? spec.buckets ?? [])]
    const metric =
      spec.type === 'counter'
        ? new Counter(common)
        : spec.type === 'gauge'
          ? new Gauge(common)
          : new Histogram({ ...common, buckets })
    const open = (spec.open ?? []).filter((label) => labels.includes(label))
    this.#byName.set(key, { metric, labels, limit: open.length === 0 ? null : new LabelLimit(open) })
  }

  add(name: string, labels: Labels = {}, by = 1): void {
    const found = this.#find(name, labels)
    if (found?.metric instanceof Counter) found.metric.inc(found.labels, by)
  }
  set(name: string, value: number, labels: Labels = {}): void {
    const found = this.#find(name, labels)
    if (!(found?.metric instanceof Gauge)) return
    // Several come together under one label: what they add up to.
    if (found.isFolded) found.metric.inc(found.labels, value)
    else found.metric.set(found.labels, value)
  }
  observe(name: string, value: number, labels: Labels = {}): void {
    const found = this.#find(name, labels)
    if (found?.metric instanceof Histogram) found.metric.observe(found.labels, value)
  }
  /** Drops every series of a gauge that is about to be read afresh. */
  clear(name: string): void {
    const found = this.#byName.get(name)
    if (!(found?.metric instanceof Gauge)) return
    found.metric.reset()
    found.limit?.reset()
  }

  #find(name: string, labels: Labels) {
    const found = this.#byName.get(name)
    if (found === undefined) return undefined
    const kept = hasExactly(labels, found.labels)
      ? labels
      : Object.fromEntries(Object.entries(labels).filter(([label]) => found.labels.includes(label)))
    if (found.limit === null) return { metric: found.metric, labels: kept, isFolded: false }
    const bounded = found.limit.bounded(kept)
    if (bounded.isFolded) this.add('series_folded_total', { metric: name })
    return { metric: found.metric, ...bounded }
  }
}

/** Nothing in it has to be left out. */
function hasExactly(labels: Labels, known: readonly string[]): boolean {
  for (const label in labels) if (!known.includes(label)) return false
  return true
}
