/** Metrics of a template. */
import type { Prometheus, Template } from '../../resources/index.ts'
import { type Fault, type Place, fault, inside } from './fault.ts'

const metricName = /^[a-zA-Z_][a-zA-Z0-9_]*$/

export function metricsFault(template: Template, place: Place): Fault | null {
  for (const [index, metric] of (template.metrics?.prometheus ?? []).entries()) {
    const found = metricFault(`templates.${template.name ?? ''}`, metric, inside(place, 'metrics', 'prometheus', index))
    if (found) return found
  }
  return null
}

function metricFault(template: string, metric: Prometheus, place: Place): Fault | null {
  const { name, labels = [], help } = metric
  if (!metricName.test(name)) {
    const words = "is invalid. Metric names must contain alphanumeric characters or '_'"
    return fault(`${template} metric name '${name}' ${words}`, inside(place, 'name'))
  }
  const label = labels.findIndex(({ key }) => !metricName.test(key))
  if (label !== -1) {
    const words = "is invalid: keys may only contain alphanumeric characters or '_'"
    return fault(`metric label '${labels[label]?.key ?? ''}' ${words}`, inside(place, 'labels', label))
  }
  if (help === '') return fault(`${template} metric '${name}' must contain a help string under 'help: ' field`, place)
  const value = valueFault(metric)
  return value === null ? null : fault(`${template} metric '${name}' error: ${value}`, place)
}

function valueFault({ gauge, counter, histogram }: Prometheus): string | null {
  if (gauge && gauge.value === '') return 'missing gauge.value'
  if (gauge?.realtime && gauge.value.includes('resourcesDuration.')) {
    return "'resourcesDuration.*' metrics cannot be used in real-time"
  }
  if (counter && counter.value === '') return 'missing counter.value'
  return histogram && histogram.value === '' ? 'missing histogram.value' : null
}
