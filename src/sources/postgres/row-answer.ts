/** What is written back into a row. */
import type { Problem } from '../../admission/index.ts'
import { aggregate, workflowStatus } from '../rules/status-text.ts'
import type { ObjectStatus } from '../rules/status-text.ts'
import type { Workflow } from '../../resources/index.ts'
import type { DocumentRecord, FileRecord } from '../rules/records.ts'

export type RowState = 'Waiting' | 'Admitted' | 'Refused' | 'Deleted'

export type RowError = {
  readonly line?: number
  readonly column?: number
  readonly path?: string
  readonly message: string
  readonly suggestion?: string
  readonly rule?: string
}

/** How the row's workflows are. */
export type Progress = {
  readonly id: string
  readonly workflow_namespace: string | null
  readonly workflow_name: string | null
  readonly workflow_uid: string | null
  readonly phase: string | null
  readonly message: string | null
  readonly progress: string | null
  readonly objects: readonly ObjectStatus[]
  readonly started_at: string | null
  readonly finished_at: string | null
  /** There were workflows and none is there any more: what was written of them stays, if they had ended. */
  readonly gone: boolean
}

/** The same after a look at the row itself. */
export type Answer = Progress & {
  /** `null`: the row is to be looked at again. */
  readonly observed_generation: string | null
  readonly observed_state: string | null
  readonly state: RowState
  readonly kinds: readonly string[] | null
  readonly errors: readonly RowError[]
}

const errorsMax = 100
const messageMax = 4000
/** Objects of one row that it names, the newest. */
const objectsMax = 50

export const recordsShown = ({ documents, ran }: Pick<FileRecord, 'documents' | 'ran'>): readonly DocumentRecord[] => [
  ...documents.filter(({ kind }) => kind === 'Workflow'),
  ...ran.slice(-objectsMax),
]

/** @param workflows those of `recordsShown`, in that order; `null`: deleted since */
export function progressOf(
  id: string,
  record: Pick<FileRecord, 'documents' | 'ran'>,
  workflows: readonly (Workflow | null)[],
): Progress {
  const shown = recordsShown(record).map((one, index): ObjectStatus => {
    const workflow = workflows[index] ?? null
    if (workflow !== null) return workflowStatus(workflow)
    return { kind: 'Workflow', namespace: one.namespace, name: one.name, message: 'was deleted' }
  })
  const newest = shown.at(-1)
  const present = shown.filter(({ phase }) => phase !== undefined)
  const all = aggregate(present)
  const others = record.documents.filter(({ kind }) => kind !== 'Workflow')
  const isOver = all.phase !== undefined && finishedPhases.has(all.phase)
  return {
    id,
    workflow_namespace: newest?.namespace ?? null,
    workflow_name: newest?.name ?? null,
    workflow_uid: newest?.uid ?? null,
    phase: all.phase ?? null,
    message: shortened(newest?.message ?? '') || null,
    progress: all.progress ?? null,
    objects: [...others.map(({ kind, namespace, name }) => ({ kind, namespace, name })), ...shown].slice(-objectsMax),
    started_at: newest?.startedAt ?? null,
    finished_at: isOver ? (newest?.finishedAt ?? null) : null,
    gone: shown.length > 0 && present.length === 0,
  }
}

export const finishedPhases: ReadonlySet<string> = new Set(['Succeeded', 'Failed', 'Error'])

export const rowErrors = (problems: readonly Problem[]): readonly RowError[] =>
  problems.slice(0, errorsMax).map(({ message, at, path, hint, rule }) => ({
    ...(at === undefined ? {} : { line: at.line, column: at.column }),
    ...(path ? { path } : {}),
    message: shortened(message),
    ...(hint === undefined ? {} : { suggestion: shortened(hint) }),
    ...(rule === undefined ? {} : { rule }),
  }))

/** The first error in a line. */
export function errorText({ line, column, path, message, suggestion }: RowError): string {
  const place = line === undefined ? undefined : `${line}:${column ?? 1}`
  const text = [place, path, message].filter((part) => part !== undefined).join('  ')
  return suggestion === undefined ? text : `${text}  — ${suggestion}`
}

const shortened = (text: string): string => (text.length > messageMax ? `${text.slice(0, messageMax)}…` : text)
