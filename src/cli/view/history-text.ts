/** A workflow's history and explanations for people. */
import type { Explanation, HistoryEntry, WorkflowHistory } from '../../controller/port.ts'

/** A line for each decision: when, what was observed or asked for → what changed → what was begun. */
export function historyText({ workflow, entries, missing }: WorkflowHistory): string {
  if (entries.length === 0)
    return `${workflow} has no history: nothing was decided yet, or none is kept (history.newest)`
  const lines: string[] = []
  let next = 0
  for (const entry of entries) {
    const gap = entry.sequence - next
    if (gap > 0 && missing > 0) lines.push(`… ${gap} ${gap === 1 ? 'decision is' : 'decisions are'} no longer kept`)
    next = entry.sequence + 1
    lines.push(`${String(entry.sequence).padStart(4)}  ${entry.at}  ${entryText(entry)}`)
  }
  return lines.join('\n')
}

export function entryText(entry: HistoryEntry): string {
  const { requested = [], workflow, nodes, moreNodes = 0, deleted, effects, notes = [] } = entry
  const causes = [...requested.map((text) => `asked: ${text}`), ...grouped(observed(entry))]
  const changes = [
    ...(workflow === undefined ? [] : [`workflow ${withMessage(workflow.phase, workflow.message)}`]),
    ...nodes.map(({ name, phase, message }) => `${name} ${withMessage(phase, message)}`),
    ...(moreNodes === 0 ? [] : [`${moreNodes} more nodes`]),
    ...(deleted === undefined ? [] : [`${deleted.count} nodes deleted`]),
    ...notes.map(({ name, text }) => `${name}: ${text}`),
  ]
  const begun = effects.map(({ kind, targets, count }) =>
    count === 1 ? `${kind} ${targets[0] ?? ''}`.trimEnd() : `${kind} ×${count}`,
  )
  return [
    causes.join(', ') || 'looked at',
    changes.join('; ') || 'nothing',
    ...(begun.length === 0 ? [] : [begun.join(', ')]),
  ].join(' → ')
}

function observed({ observed: all }: HistoryEntry): readonly string[] {
  return all.map(({ kind, name, detail }) => {
    if (kind === 'more') return `${detail ?? ''} more`
    if (kind === 'lookAgain') return kind
    return `${kind} ${name ?? ''}${detail === undefined ? '' : ` (${detail})`}`.trimEnd()
  })
}

/** The same thing seen several times is said once. */
function grouped(texts: readonly string[]): readonly string[] {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return [...counts].map(([text, count]) => (count === 1 ? text : `${text} ×${count}`))
}

const withMessage = (phase: string, message = ''): string => (message === '' ? phase : `${phase} (${message})`)

/** The sentences, the log of what failed, and what happened last. */
export function explanationText({ sentences, log, history }: Explanation): string {
  const lines = [...sentences]
  if (log.length > 0) lines.push('', 'Last lines of its log:', ...log.map((line) => `  ${line}`))
  const shown = history.slice(-8)
  if (shown.length > 0)
    lines.push('', 'What happened last:', ...shown.map((entry) => `  ${entry.at}  ${entryText(entry)}`))
  return lines.join('\n')
}
