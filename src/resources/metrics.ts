/** Prometheus metrics that a workflow emits. */
import { type Static, amount, bool, choice, list, object, text } from './schema.ts'

export const MetricLabelSchema = object('MetricLabel', { key: text(), value: text() }, {})
export type MetricLabel = Static<typeof MetricLabelSchema>

export const CounterSchema = object('Counter', { value: text() }, {})
export type Counter = Static<typeof CounterSchema>

export const GaugeSchema = object(
  'Gauge',
  { value: text() },
  { operation: choice(['Set', 'Add', 'Sub']), realtime: bool() },
)
export type Gauge = Static<typeof GaugeSchema>

export const HistogramSchema = object('Histogram', { buckets: list(amount()), value: text() }, {})
export type Histogram = Static<typeof HistogramSchema>

export const PrometheusSchema = object(
  'Prometheus',
  { help: text(), name: text() },
  {
    counter: CounterSchema,
    gauge: GaugeSchema,
    histogram: HistogramSchema,
    labels: list(MetricLabelSchema),
    when: text(),
  },
)
export type Prometheus = Static<typeof PrometheusSchema>

export const MetricsSchema = object('Metrics', { prometheus: list(PrometheusSchema) }, {})
export type Metrics = Static<typeof MetricsSchema>
