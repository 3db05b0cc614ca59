/** Workflows as `argo list` prints them. */
import type { Workflow } from '../../resources/index.ts'
import { betweenMs, shortDuration } from './duration-text.ts'
import { tableText } from './table.ts'
import { statusWord } from './workflow-text.ts'

export type ListForm = {
  readonly wide: boolean
  readonly namespaces: boolean
  readonly headings: boolean
  /** A last column with the UIDs. */
  readonly uids?: boolean
  readonly nowMs: number
}

export function listText(workflows: readonly Workflow[], form: ListForm): string {
  const head = ['NAME', 'STATUS', 'AGE', 'DURATION', 'PRIORITY', 'MESSAGE']
  const headings = [
    ...(form.namespaces ? ['NAMESPACE'] : []),
    ...head,
    ...(form.wide ? ['P/R/C', 'PARAMETERS'] : []),
    ...(form.uids ? ['UID'] : []),
  ]
  const rows = workflows.toSorted(newestFirst).map((workflow) => rowOf(workflow, form))
  return tableText(form.headings ? [headings, ...rows] : rows)
}

function rowOf(workflow: Workflow, form: ListForm): string[] {
  const { metadata, spec, status = {} } = workflow
  const ageMs = betweenMs(metadata.creationTimestamp, null, form.nowMs) ?? 0
  const runMs = betweenMs(status.startedAt, status.finishedAt, form.nowMs) ?? 0
  const message = (status.message ?? '').split('\n')[0] ?? ''
  const row = [
    metadata.name ?? '',
    statusWord(workflow),
    shortDuration(ageMs),
    shortDuration(runMs),
    String(spec.priority ?? 0),
    message,
  ]
  const parameters = (spec.arguments?.parameters ?? []).map(({ name, value }) => `${name ?? ''}=${String(value ?? '')}`)
  return [
    ...(form.namespaces ? [metadata.namespace ?? ''] : []),
    ...row,
    ...(form.wide ? [podCounts(workflow), parameters.join(',')] : []),
    ...(form.uids ? [metadata.uid ?? ''] : []),
  ]
}

/** Pods that are pending, running, done. */
function podCounts({ status = {} }: Workflow): string {
  const pods = Object.values(status.nodes ?? {}).filter(({ type }) => type === 'Pod')
  const pending = pods.filter(({ phase }) => phase === 'Pending').length
  const running = pods.filter(({ phase }) => phase === 'Running').length
  return `${pending}/${running}/${pods.length - pending - running}`
}

/** Unfinished ones by creation, then finished ones by their end, newest first. */
function newestFirst(a: Workflow, b: Workflow): number {
  const endA = Date.parse(a.status?.finishedAt ?? '') || Infinity
  const endB = Date.parse(b.status?.finishedAt ?? '') || Infinity
  if (endA !== endB) return endA > endB ? -1 : 1
  return (b.metadata.creationTimestamp ?? '') > (a.metadata.creationTimestamp ?? '') ? 1 : -1
}
