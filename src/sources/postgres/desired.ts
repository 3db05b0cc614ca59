/** Carries out `desired_state` on the workflows a row has made. */
import type { Problem } from '../../admission/index.ts'
import { ApiError } from '../../controller/port.ts'
import type { Operation } from '../../engine/decision.ts'
import type { Workflow } from '../../resources/index.ts'
import { isFinished } from '../rules/admitting.ts'
import type { SourceController } from '../rules/admitting.ts'
import type { Claims } from '../rules/file-admission.ts'
import { recordKey, retireFile } from '../rules/file-admission.ts'
import type { DocumentRecord, FileRecord } from '../rules/records.ts'
import type { DesiredState } from './row.ts'

/** Workflows are made only in these states; a row that is stopped before it was seen never runs. */
export const makesWorkflows = (desired: DesiredState): boolean => desired === 'running' || desired === 'suspended'

/** New workflows of a row that is suspended are born suspended. */
export function suspending(controller: SourceController): SourceController {
  return {
    createWorkflow: (namespace, workflow, options) =>
      controller.createWorkflow(namespace, { ...workflow, spec: { ...workflow.spec, suspend: true } }, options),
    workflow: (...words) => controller.workflow(...words),
    deleteWorkflow: (...words) => controller.deleteWorkflow(...words),
    operate: (...words) => controller.operate(...words),
    updateObject: (...words) => controller.updateObject(...words),
    deleteObject: (...words) => controller.deleteObject(...words),
    object: (...words) => controller.object(...words),
    watch: (...words) => controller.watch(...words),
  }
}

/** @returns what could not be done */
export async function carryOut(
  controller: SourceController,
  record: FileRecord,
  { desired, before }: { readonly desired: DesiredState; readonly before: string | null },
): Promise<readonly Problem[]> {
  const operation = operationFor(desired, before)
  if (operation === null) return []
  const problems: Problem[] = []
  for (const one of [...record.documents, ...record.ran]) {
    if (one.kind === 'Workflow') problems.push(...(await operate(controller, one, operation)))
  }
  return problems
}

/** `running` takes back a suspension of the row's own; what a manifest suspends by itself stays so. */
function operationFor(desired: DesiredState, before: string | null): Operation | null {
  if (desired === 'suspended') return { kind: 'edit', suspend: true }
  if (desired === 'stopped') return { kind: 'stop' }
  if (desired === 'terminated') return { kind: 'terminate' }
  return desired === 'running' && before === 'suspended' ? { kind: 'edit', suspend: null } : null
}

async function operate(
  controller: SourceController,
  { namespace, name }: DocumentRecord,
  operation: Operation,
): Promise<readonly Problem[]> {
  const workflow = await controller.workflow(namespace, name, { nodes: false })
  if (workflow === null || isFinished(workflow) || isSo(workflow, operation)) return []
  try {
    await controller.operate(namespace, name, operation)
    return []
  } catch (error) {
    if (!(error instanceof ApiError) || error.code === 'UNAVAILABLE') throw error
    const now = await controller.workflow(namespace, name, { nodes: false })
    if (now === null || isFinished(now)) return []
    return [{ message: error.message, path: 'desired_state' }]
  }
}

/** It was done already, before a crash perhaps. */
function isSo({ spec }: Workflow, operation: Operation): boolean {
  if (operation.kind === 'edit') return (spec?.suspend ?? null) === operation.suspend
  if (operation.kind === 'stop') return spec?.shutdown !== undefined && spec.shutdown !== ''
  return operation.kind === 'terminate' && spec?.shutdown === 'Terminate'
}

/** All that the row has made goes, also what has ended. */
export async function deleteAll(
  controller: SourceController,
  claims: Claims,
  path: string,
  record: FileRecord,
): Promise<void> {
  const rest = await retireFile(controller, claims, path, record)
  for (const one of [...(rest?.documents ?? []), ...(rest?.ran ?? [])]) {
    await controller.deleteWorkflow(one.namespace, one.name).catch((error: unknown) => {
      if (!(error instanceof ApiError) || error.code !== 'NOT_FOUND') throw error
    })
    claims.release(recordKey(one), path)
  }
}
