/** The variables that every template sees (semantics-variables.md §2.1). */
import type { NodeStatus, Parameter, WorkflowSpec } from '../resources/index.ts'
import { instantOf, rfc3339 } from '../resources/index.ts'
import { creationTimestampTags, podName } from '../expressions/index.ts'
import { parameterFromConfigMap } from './configmap-parameter.ts'
import type { Outcome } from './outcome.ts'
import { bad, good } from './outcome.ts'
import type { Run } from './run.ts'

const podNameFormat = 'workflows.argoproj.io/pod-name-format'
const scheduledTime = 'workflows.argoproj.io/scheduled-time'

/** Fills `run.globals` from metadata and arguments; the error is one of `failed to set global parameters`. */
export function setGlobals(run: Run, spec: WorkflowSpec): Outcome<null> {
  const { globals } = run
  const metadata = run.workflow.metadata ?? {}
  globals.set('workflow.name', run.name)
  globals.set('workflow.namespace', run.namespace)
  globals.set('workflow.uid', run.uid)
  globals.set('workflow.mainEntrypoint', spec.entrypoint ?? '')
  globals.set('workflow.serviceAccountName', spec.serviceAccountName ?? '')
  if (spec.priority !== undefined) globals.set('workflow.priority', String(spec.priority))
  const created = instantOf(metadata.creationTimestamp) ?? run.now
  for (const [suffix, text] of Object.entries(creationTimestampTags(new Date(created), run.world.config.timezone)))
    globals.set(suffix === '' ? 'workflow.creationTimestamp' : `workflow.creationTimestamp.${suffix}`, text)
  const scheduled = metadata.annotations?.[scheduledTime]
  if (scheduled !== undefined) globals.set('workflow.scheduledTime', scheduled)
  setLabelGlobals(run)
  return setParameters(run, spec.arguments?.parameters ?? [])
}

export function setLabelGlobals(run: Run): void {
  const { labels = {}, annotations: all = {} } = run.workflow.metadata ?? {}
  // In its first pass Argo has not yet put its own annotation on the workflow.
  const annotations =
    run.passes === 0 ? Object.fromEntries(Object.entries(all).filter(([key]) => key !== podNameFormat)) : all
  for (const [key, value] of Object.entries(labels)) run.globals.set(`workflow.labels.${key}`, value)
  for (const [key, value] of Object.entries(annotations)) run.globals.set(`workflow.annotations.${key}`, value)
  for (const [name, map] of [
    ['labels', labels],
    ['annotations', annotations],
  ] as const) {
    const text = JSON.stringify(Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1))))
    run.globals.set(`workflow.${name}`, text)
    run.globals.set(`workflow.${name}.json`, text)
  }
}

function setParameters(run: Run, parameters: readonly Parameter[]): Outcome<null> {
  for (const parameter of parameters) {
    const value = parameterValue(run, parameter)
    if (!value.ok) return value
    run.globals.set(`workflow.parameters.${parameter.name}`, value.value)
  }
  const text = JSON.stringify(parameters)
  run.globals.set('workflow.parameters', text)
  run.globals.set('workflow.parameters.json', text)
  return good(null)
}

function parameterValue(run: Run, parameter: Parameter): Outcome<string> {
  if (parameter.value !== undefined) return good(parameter.value)
  const from = parameter.valueFrom
  if (from === undefined)
    return bad(`either value or valueFrom must be specified in order to set global parameter ${parameter.name}`)
  if (from.configMapKeyRef === undefined) return good(from.default ?? '')
  const found = parameterFromConfigMap(run, from.configMapKeyRef)
  if (found.ok) return good(found.value)
  if (from.default !== undefined) return good(from.default)
  return bad(
    `failed to set global parameter ${parameter.name} from configmap with name ${from.configMapKeyRef.name ?? ''} and key ${from.configMapKeyRef.key}: ${found.error}`,
  )
}

/** What changes while the workflow runs. */
export function refreshStatusGlobals(run: Run): void {
  if (run.passes === 1) setLabelGlobals(run)
  run.globals.set('workflow.status', run.passes === 0 ? '' : (run.status.phase ?? ''))
  run.globals.set('workflow.duration', durationOf(run))
}

/** Seconds since the start with six decimals. */
export function durationOf(run: Run): string {
  const started = run.startedAt()
  if (started === null) return '0.000000'
  const end = instantOf(run.status.finishedAt) ?? run.now
  return (Math.max(0, end - started) / 1000).toFixed(6)
}

const templateNameOf = ({ templateRef, templateName = '' }: NodeStatus): string =>
  templateRef === undefined ? templateName : (templateRef.template ?? '')

/** The failed nodes as a JSON list, quoted once more as a JSON string. */
export function setFailures(run: Run): void {
  const failures: unknown[] = []
  for (const node of run.failedNodes === 0 ? [] : run.nodes.values()) {
    if (node.phase !== 'Failed' && node.phase !== 'Error') continue
    failures.push({
      displayName: node.displayName ?? '',
      message: node.message ?? '',
      templateName: templateNameOf(node),
      phase: node.phase,
      podName: podName(run.name, node.name, templateNameOf(node), run.world.config.podNameFormat),
      finishedAt: node.finishedAt ?? rfc3339(run.now),
    })
  }
  run.globals.set('workflow.failures', JSON.stringify(failures.length === 0 ? 'null' : JSON.stringify(failures)))
}
