/** What a deleted file (or a document taken out of one) leaves behind. */
import { ApiError } from '../../controller/port.ts'
import type { ObjectKind } from '../../controller/port.ts'
import { isFinished } from './admitting.ts'
import type { SourceController } from './admitting.ts'
import type { DocumentRecord } from './records.ts'

/**
 * Templates and the like are deleted, running workflows are terminated and removed; finished ones stay, with their
 * results. True where something stays.
 */
export async function removeDocument(controller: SourceController, record: DocumentRecord): Promise<boolean> {
  const { kind, namespace, name } = record
  try {
    if (kind !== 'Workflow') {
      await controller.deleteObject(kind as ObjectKind, namespace, name)
      return false
    }
    const workflow = await controller.workflow(namespace, name, { nodes: false })
    if (workflow === null) return false
    if (isFinished(workflow)) return true
    await controller.deleteWorkflow(namespace, name)
    return false
  } catch (error) {
    if (error instanceof ApiError && error.code === 'NOT_FOUND') return false
    throw error
  }
}
