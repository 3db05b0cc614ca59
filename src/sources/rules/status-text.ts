/** What stands in `.status/<file>.yaml`. */
import { stringify } from 'yaml'
import { formatProblem } from '../../admission/index.ts'
import type { Problem } from '../../admission/index.ts'
import type { Workflow } from '../../resources/index.ts'

export type FileState = 'Admitted' | 'Refused' | 'Waiting'

export type ObjectStatus = {
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly uid?: string
  readonly phase?: string
  readonly progress?: string
  readonly message?: string
  readonly startedAt?: string
  readonly finishedAt?: string
}

export type FileStatus = {
  readonly file: string
  readonly state: FileState
  /** Of the file's workflows together; absent where it has none. */
  readonly phase?: string
  readonly progress?: string
  readonly message?: string
  readonly errors: readonly {
    readonly at?: string
    readonly path?: string
    readonly message: string
    readonly hint?: string
    readonly rule?: string
  }[]
  readonly objects: readonly ObjectStatus[]
}

export function fileStatus(
  file: string,
  of: {
    readonly problems: readonly Problem[]
    readonly notes: readonly string[]
    readonly waitsFor: readonly string[]
    readonly objects: readonly ObjectStatus[]
  },
): FileStatus {
  const state = of.waitsFor.length > 0 ? 'Waiting' : of.problems.length > 0 ? 'Refused' : 'Admitted'
  const workflows = of.objects.filter(({ kind }) => kind === 'Workflow')
  const newest = workflows.at(-1)
  const waiting = of.waitsFor.length > 0 ? `waits for ${[...new Set(of.waitsFor)].join(', ')}` : undefined
  const first = of.problems[0]
  const message = waiting ?? (first === undefined ? (newest?.message ?? of.notes[0]) : formatProblem(first))
  return {
    file,
    state,
    phase: workflows.length > 0 ? phaseOf(workflows) : first === undefined ? undefined : 'Error',
    progress: progressOf(workflows),
    message: message === '' ? undefined : message,
    errors: of.problems.map(({ at, path, message: text, hint, rule }) => ({
      at: at === undefined ? undefined : [at.file, at.line, at.column].filter((part) => part !== undefined).join(':'),
      path: path === '' ? undefined : path,
      message: text,
      hint,
      rule,
    })),
    objects: of.objects,
  }
}

/** Of several workflows together; nothing where there are none. */
export const aggregate = (
  workflows: readonly ObjectStatus[],
): { readonly phase: string | undefined; readonly progress: string | undefined } => ({
  phase: workflows.length > 0 ? phaseOf(workflows) : undefined,
  progress: progressOf(workflows),
})

/** What still goes on comes first, then the worst. */
function phaseOf(workflows: readonly ObjectStatus[]): string | undefined {
  const phases = new Set(workflows.map(({ phase }) => phase ?? ''))
  return ['Running', 'Pending', '', 'Error', 'Failed', 'Succeeded'].find((phase) => phases.has(phase)) || 'Pending'
}

function progressOf(workflows: readonly ObjectStatus[]): string | undefined {
  const parts = workflows.flatMap(({ progress }) => {
    const [, done, total] = /^(\d+)\/(\d+)$/.exec(progress ?? '') ?? []
    return done === undefined || total === undefined ? [] : [{ done: Number(done), total: Number(total) }]
  })
  if (parts.length === 0) return undefined
  const sum = (pick: (part: { done: number; total: number }) => number) =>
    parts.reduce((all, part) => all + pick(part), 0)
  return `${sum(({ done }) => done)}/${sum(({ total }) => total)}`
}

export function workflowStatus(workflow: Workflow): ObjectStatus {
  const { metadata, status } = workflow
  return {
    kind: 'Workflow',
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    uid: metadata.uid,
    phase: status?.phase || 'Pending',
    progress: status?.progress || undefined,
    message: status?.message || undefined,
    startedAt: status?.startedAt ?? undefined,
    finishedAt: status?.finishedAt ?? undefined,
  }
}

/** Undefined members and empty lists are left out. */
export function statusText(status: FileStatus): string {
  const plain = JSON.parse(JSON.stringify(status)) as Record<string, unknown>
  for (const key of ['errors', 'objects']) if ((plain[key] as unknown[]).length === 0) delete plain[key]
  return stringify(plain, { lineWidth: 0 })
}
