/** Custom metrics of templates and workflows, emitted when a node or the workflow ends (metrics.md). */
import type { NodeStatus, Prometheus, Template } from '../resources/index.ts'
import { instantOf, nodeIdOf } from '../resources/index.ts'
import type { Variables } from '../expressions/index.ts'
import { evaluateWhen, variablesOf } from '../expressions/index.ts'
import { withCondition } from './conditions.ts'
import type { MetricEmission } from './decision.ts'
import { durationOf } from './globals.ts'
import type { Processed } from './inputs.ts'
import type { Run } from './run.ts'
import { everythingMustResolve, render } from './substitution.ts'

export function emitNodeMetrics(run: Run, template: Template, node: NodeStatus, processed: Processed | null): void {
  const list = template.metrics?.prometheus ?? []
  if (list.length === 0 || node.phase === 'Skipped' || node.phase === 'Omitted') return
  const variables = nodeVariables(run, node, processed?.variables ?? variablesOf(run.globals))
  for (const metric of list) if (metric.gauge?.realtime !== true) emit(run, metric, variables)
}

export function emitWorkflowMetrics(run: Run): void {
  const list = run.spec.metrics?.prometheus ?? []
  if (list.length === 0) return
  const root = run.nodeNamed(run.name)
  const own = variablesOf(
    { 'workflow.status': run.status.phase ?? '', 'workflow.duration': durationOf(run) },
    variablesOf(run.globals),
  )
  const variables = root === undefined ? own : nodeVariables(run, root, own)
  for (const metric of list) if (metric.gauge?.realtime !== true) emit(run, metric, variables)
}

/** Realtime gauges of a template begin with its node. */
export function startRealtime(run: Run, template: Template, node: NodeStatus, processed: Processed | null): void {
  for (const metric of template.metrics?.prometheus ?? [])
    if (metric.gauge?.realtime === true)
      realtime(run, metric, node, nodeVariables(run, node, processed?.variables ?? variablesOf(run.globals)))
}

export function startWorkflowRealtime(run: Run): void {
  for (const metric of run.spec.metrics?.prometheus ?? [])
    if (metric.gauge?.realtime === true) realtime(run, metric, null, variablesOf(run.globals))
}

function realtime(run: Run, metric: Prometheus, node: NodeStatus | null, variables: Variables): void {
  // Of a workflow that begins the duration is known as text only.
  const filled = filledIn(run, metric, node === null ? variablesOf({ duration: '0' }, variables) : variables)
  if (filled === null) return
  const value = metric.gauge?.value ?? ''
  if (!value.startsWith('{{') || !value.endsWith('}}'))
    return fault(run, 'real time metrics can only be used with metric variables')
  const tag = value.slice(2, -2).trim()
  if (tag !== 'workflow.duration' && (tag !== 'duration' || node === null))
    return fault(run, `'${tag}' is not available as a real time metric`)
  const since = tag === 'duration' ? instantOf(node?.startedAt) : run.startedAt()
  run.metrics.push({
    name: filled.name,
    help: filled.help,
    labels: filled.labels ?? [],
    metric: {
      kind: 'realtime',
      since: since ?? run.now,
      node: tag === 'duration' && node !== null ? nodeIdOf(node.id) : null,
    },
  })
}

/** With its tags replaced; `null` where its condition does not hold, or where it is at fault. */
function filledIn(run: Run, metric: Prometheus, variables: Variables): Prometheus | null {
  if (!metric.help) {
    fault(run, `metric '${metric.name}' must contain a help string under 'help: ' field`)
    return null
  }
  const rendered = render(run, metric, variables, everythingMustResolve)
  if (!rendered.ok) {
    fault(run, `unable to substitute parameters for metric '${metric.name}': ${rendered.error}`)
    return null
  }
  const { when } = rendered.value
  if (!when) return rendered.value
  const answer = evaluateWhen(when)
  if (answer.ok) return answer.value ? rendered.value : null
  fault(run, `unable to compute 'when' clause for metric '${run.name}': ${answer.error}`)
  return null
}

function nodeVariables(run: Run, node: NodeStatus, outer: Variables): Variables {
  const started = instantOf(node.startedAt) ?? run.now
  const finished = instantOf(node.finishedAt) ?? run.now
  const own: Record<string, unknown> = {
    status: node.phase ?? 'Pending',
    duration: (Math.max(0, finished - started) / 1000).toFixed(6),
    'resourcesDuration.cpu': '0',
    'resourcesDuration.memory': '0',
  }
  for (const [name, seconds] of Object.entries(node.resourcesDuration ?? {}))
    own[`resourcesDuration.${name}`] = String(seconds)
  for (const parameter of node.inputs?.parameters ?? [])
    own[`inputs.parameters.${parameter.name}`] = parameter.value ?? ''
  for (const parameter of node.outputs?.parameters ?? [])
    own[`outputs.parameters.${parameter.name}`] = parameter.value ?? ''
  if (node.outputs?.result !== undefined) own['outputs.result'] = node.outputs.result
  if (node.outputs?.exitCode !== undefined) own['exitCode'] = node.outputs.exitCode
  const children = node.children?.length ?? 0
  if (children > 0) own['retries'] = String(children - 1)
  return variablesOf(own, outer)
}

function emit(run: Run, metric: Prometheus, variables: Variables): void {
  const filled = filledIn(run, metric, variables)
  if (filled === null) return
  const emission = emissionOf(filled)
  if (typeof emission === 'string') return fault(run, `could not construct metric '${filled.name}': ${emission}`)
  run.metrics.push({ name: filled.name, help: filled.help, labels: filled.labels ?? [], metric: emission })
}

function emissionOf(metric: Prometheus): MetricEmission['metric'] | string {
  const { gauge, histogram, counter } = metric
  const text = gauge?.value ?? histogram?.value ?? counter?.value
  if (text === undefined) return `invalid metric '${metric.name}': must have exactly one type`
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isNaN(value)) return `strconv.ParseFloat: parsing "${text}": invalid syntax`
  if (gauge !== undefined) {
    const { operation } = gauge
    return { kind: 'gauge', value, operation: operation === 'Add' || operation === 'Sub' ? operation : 'Set' }
  }
  if (histogram !== undefined) return { kind: 'histogram', value, buckets: (histogram.buckets ?? []).map(Number) }
  return { kind: 'counter', value }
}

/** Never a failure of the workflow: a condition. */
function fault(run: Run, message: string): void {
  const known = run.status.conditions?.find((condition) => condition.type === 'MetricsError')
  const text = known?.message ? `${known.message}, ${message}` : message
  run.patchStatus({
    conditions: withCondition(run.status.conditions, { type: 'MetricsError', status: 'True', message: text }),
  })
}
