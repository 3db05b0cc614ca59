/** A workflow as `argo get` prints it: header lines, then the tree. */
import type { NodeStatus, Workflow } from '../../resources/index.ts'
import { betweenMs, longDuration, timestamp } from './duration-text.ts'
import { phaseIcon, phaseText } from './style.ts'
import type { Style } from './style.ts'
import { tableText } from './table.ts'
import { treeRows } from './tree.ts'
import type { TreeForm } from './tree.ts'

export type WorkflowTextOptions = {
  readonly style: Style
  readonly form?: TreeForm
  readonly nowMs: number
  readonly shows?: (node: NodeStatus) => boolean
}

export function workflowText(workflow: Workflow, options: WorkflowTextOptions): string {
  const tree = tableText(treeRows(workflow, options))
  if (options.form === 'short') return tree
  return `${headerLines(workflow, options).join('\n')}\n${tree === '' ? '' : `\n${tree}`}`
}

function headerLines(workflow: Workflow, { style, nowMs }: WorkflowTextOptions): string[] {
  const { metadata, status = {}, spec } = workflow
  const stored = status.storedWorkflowTemplateSpec
  const lines: string[] = []
  const say = (label: string, value: string | undefined | null) => {
    if (value !== undefined && value !== null && value !== '') lines.push(`${`${label}:`.padEnd(20)} ${value}`)
  }
  say('Name', metadata.name)
  say('Namespace', metadata.namespace)
  say(
    'ServiceAccount',
    spec.serviceAccountName ?? stored?.serviceAccountName ?? 'unset (will run with the default ServiceAccount)',
  )
  say('Status', phaseText(statusWord(workflow), style))
  say('Message', status.message)
  const conditions = status.conditions ?? []
  if (conditions.length > 0) lines.push('Conditions:         ')
  for (const { type, message, status: value } of conditions) {
    const isBad = /Error|Warning/.test(type ?? '')
    lines.push(
      `${isBad ? phaseIcon('Error', style) : phaseIcon('Succeeded', style)} ${type ?? ''}`.padEnd(20) +
        ` ${message || value || ''}`,
    )
  }
  say('Created', metadata.creationTimestamp ? timestamp(metadata.creationTimestamp, nowMs) : undefined)
  say('Started', status.startedAt ? timestamp(status.startedAt, nowMs) : undefined)
  say('Finished', status.finishedAt ? timestamp(status.finishedAt, nowMs) : undefined)
  const runMs = betweenMs(status.startedAt, status.finishedAt, nowMs)
  say('Duration', runMs === null ? undefined : longDuration(runMs))
  if (status.phase === 'Running' && status.estimatedDuration)
    say('EstimatedDuration', longDuration(status.estimatedDuration * 1000))
  say('Progress', status.progress)
  const used = Object.entries(status.resourcesDuration ?? {}).map(([name, seconds]) => `${seconds}s*${name}`)
  say('ResourcesDuration', used.join(','))
  const parameters = spec.arguments?.parameters ?? stored?.arguments?.parameters ?? []
  lines.push(...listed('Parameters', parameters))
  lines.push(...listed('Output Parameters', status.outputs?.parameters ?? []))
  const artifacts = status.outputs?.artifacts ?? []
  if (artifacts.length > 0) lines.push('Output Artifacts:', ...artifacts.map(({ name }) => `  ${name}`))
  return lines
}

const listed = (
  title: string,
  parameters: readonly { readonly name?: string; readonly value?: unknown }[],
): string[] =>
  parameters.length === 0
    ? []
    : [
        `${title}:`,
        ...parameters.map(
          ({ name, value }) => `  ${`${name ?? ''}:`.padEnd(18)} ${value === undefined ? '<none>' : String(value)}`,
        ),
      ]

/** The phase, with what is asked of the workflow beside it. */
export function statusWord({ spec, status = {} }: Workflow): string {
  const phase = status.phase || 'Pending'
  if (phase === 'Running') {
    const waits = Object.values(status.nodes ?? {}).some((node) => node.type === 'Suspend' && node.phase === 'Running')
    if (spec.suspend === true || waits) return 'Running (Suspended)'
  }
  if (phase === 'Failed' && spec.shutdown) return 'Failed (Terminated)'
  return phase
}
