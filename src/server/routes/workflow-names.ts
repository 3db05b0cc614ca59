/** Workflows by the name in a path; `@latest` is the newest of the namespace. */
import type { Controller } from '../../controller/port.ts'
import { ApiError } from '../../controller/port.ts'
import type { Workflow } from '../../resources/index.ts'
import { workflowUid } from '../../resources/index.ts'

export const notFound = (plural: string, name: string): ApiError =>
  new ApiError('NOT_FOUND', `${plural} "${name}" not found`)

/** @throws ApiError NOT_FOUND */
export async function workflowNamed(
  controller: Controller,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  { uid, nodes }: { readonly uid?: string | undefined; readonly nodes: boolean },
): Promise<Workflow> {
  const found = await controller.workflow(namespace, name, { ...(uid !== undefined && { uid }), nodes, archived: true })
  if (found !== null) return found
  const older = uid === undefined ? null : await controller.workflowByUid(workflowUid(uid))
  if (older !== null && older.metadata.namespace === namespace && older.metadata.name === name) return older
  if (name === '@latest') throw new ApiError('NOT_FOUND', 'no workflows found')
  throw notFound('workflows.argoproj.io', name)
}

/** The name that `@latest` stands for; other names as they are. */
export async function resolvedName(controller: Controller, namespace: string, name: string): Promise<string> {
  if (name !== '@latest') return name
  const { metadata } = await workflowNamed(controller, { namespace, name }, { nodes: false })
  return metadata.name ?? name
}
