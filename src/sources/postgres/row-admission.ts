/** One row: what is new is admitted, what is wished is carried out, and what came of it becomes record and answer. */
import type { Problem } from '../../admission/index.ts'
import type { SourceController } from '../rules/admitting.ts'
import { admitFile } from '../rules/file-admission.ts'
import type { Claims, FileOutcome } from '../rules/file-admission.ts'
import type { FileRecord } from '../rules/records.ts'
import { carryOut, deleteAll, makesWorkflows, suspending } from './desired.ts'
import { isDesired } from './row.ts'
import type { ClaimedRow } from './row.ts'
import type { RowState } from './row-answer.ts'
import type { RowContent } from './row-content.ts'

export type RowTask = {
  readonly row: ClaimedRow
  /** Stands for the row wherever a file's path would. */
  readonly path: string
  readonly content: RowContent
  readonly before: FileRecord | undefined
  readonly mayWait: boolean
  readonly touched: boolean
}

export type RowOutcome = {
  /** `null`: nothing is to be remembered. */
  readonly record: FileRecord | null
  readonly state: RowState
  readonly problems: readonly Problem[]
  readonly notes: readonly string[]
  readonly waitsFor: readonly string[]
}

const isWorkflow = ({ kind }: { readonly kind: string }): boolean => kind === 'Workflow'

/** @throws WorldError, ApiError UNAVAILABLE: to be tried again */
export async function admitRow(controller: SourceController, claims: Claims, task: RowTask): Promise<RowOutcome> {
  const { row, path, before, content } = task
  if (!isDesired(row.desired)) return outcomeOf(task, await admitFile(controller, claims, task), [])
  if (row.desired === 'deleted') {
    if (before !== undefined) await deleteAll(controller, claims, path, before)
    return { record: null, state: 'Deleted', problems: [], notes: [], waitsFor: [] }
  }
  const isKnown = before?.settled === true && before.gone !== true && before.hash === content.hash
  const admitted =
    isKnown && makesWorkflows(row.desired)
      ? { record: before, problems: [], notes: [], waitsFor: [] }
      : makesWorkflows(row.desired)
        ? await admitFile(row.desired === 'suspended' ? suspending(controller) : controller, claims, task)
        : await admitAllButWorkflows(controller, claims, task)
  const refusals = await carryOut(controller, admitted.record, { desired: row.desired, before: row.observedState })
  return outcomeOf(task, admitted, refusals)
}

/** Of a row that is stopped: its workflows stay as they are, new ones are not made. */
async function admitAllButWorkflows(controller: SourceController, claims: Claims, task: RowTask): Promise<FileOutcome> {
  const { content, before } = task
  const others = content.documents.filter(({ manifest }) => manifest.kind !== 'Workflow')
  const outcome = await admitFile(controller, claims, {
    ...task,
    content: { ...content, documents: others },
    before: before && { ...before, documents: before.documents.filter((one) => !isWorkflow(one)) },
  })
  const documents = [...outcome.record.documents, ...(before?.documents ?? []).filter(isWorkflow)]
  const hasRun = documents.some(isWorkflow) || outcome.record.ran.length > 0
  const isHeldBack = !hasRun && content.documents.length > others.length
  const notes = isHeldBack ? [...outcome.notes, `not run: desired_state is ${task.row.desired}`] : outcome.notes
  // What it is now was not admitted as a whole: it is read again when it may run.
  return { ...outcome, notes, record: { ...outcome.record, settled: false, hash: '', documents } }
}

function outcomeOf(
  { content }: RowTask,
  { record, problems, notes, waitsFor }: FileOutcome,
  refusals: readonly Problem[],
): RowOutcome {
  const all = [...problems, ...refusals].map(content.clean)
  const state = waitsFor.length > 0 ? 'Waiting' : all.length > 0 ? 'Refused' : 'Admitted'
  return { record, state, problems: all, notes, waitsFor }
}
