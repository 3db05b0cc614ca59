/** Prometheus metrics that a workflow emits. */
import { type Static, amount, bool, choice, list, object, text } from './schema.ts'

export const MetricLabelSchema = object('MetricLabel', { key: text(), value: text() }, ['key', 'value'])
export type MetricLabel = Static<typeof MetricLabelSchema>

export const CounterSchema = object('Counter', { value: text() }, ['value'])
export type Counter = Static<typeof CounterSchema>

export const GaugeSchema = object(
  'Gauge',
  { value: text(), realtime: bool(), operation: choice(['Set', 'Add', 'Sub']) },
  ['value'],
)
export type Gauge = Static<typeof GaugeSchema>

export const HistogramSchema = object('Histogram', { value: text(), buckets: list(amount()) }, ['value', 'buckets'])
export type Histogram = Static<typeof HistogramSchema>

export const PrometheusSchema = object(
  'Prometheus',
  {
    name: text(),
    labels: list(MetricLabelSchema),
    help: text(),
    when: text(),
    gauge: GaugeSchema,
    histogram: HistogramSchema,
    counter: CounterSchema,
  },
  ['name', 'help'],
)
export type Prometheus = Static<typeof PrometheusSchema>

export const MetricsSchema = object('Metrics', { prometheus: list(PrometheusSchema) }, ['prometheus'])
export type Metrics = Static<typeof MetricsSchema>
