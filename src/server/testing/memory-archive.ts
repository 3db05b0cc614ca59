/** The archive of a controller that runs nothing: its finished workflows. */
import type { ArchivedIdentity, Controller, WorkflowArchive } from '../../controller/port.ts'
import { ApiError } from '../../controller/port.ts'
import type { Workflow } from '../../resources/index.ts'
import { workflowUid } from '../../resources/index.ts'

type Parts = Pick<
  Controller,
  | 'workflow'
  | 'workflowByUid'
  | 'deleteWorkflow'
  | 'operate'
  | 'resubmit'
  | 'preview'
  | 'previewResubmit'
  | 'listWorkflows'
>

export function archiveOver(controller: Parts): WorkflowArchive {
  const found = async ({ uid, namespace, name }: ArchivedIdentity): Promise<Workflow> => {
    const workflow = uid
      ? await controller.workflowByUid(workflowUid(uid))
      : await controller.workflow(namespace || 'default', name)
    if (!workflow?.status?.finishedAt) throw new ApiError('NOT_FOUND', 'not found')
    return workflow
  }
  const named = async (identity: ArchivedIdentity): Promise<readonly [string, string]> => {
    const { metadata } = await found(identity)
    return [metadata.namespace ?? '', metadata.name ?? '']
  }
  const labels = async () => {
    const { items } = await controller.listWorkflows({ archive: 'only', nodes: false })
    return items.map(({ metadata }) => metadata.labels ?? {})
  }
  const sorted = (words: readonly string[]) => [...new Set(words)].sort()
  return {
    workflow: found,
    delete: async (identity) => controller.deleteWorkflow(...(await named(identity))),
    operate: async (identity, operation) => controller.operate(...(await named(identity)), operation),
    resubmit: async (identity, options) => controller.resubmit(...(await named(identity)), options),
    preview: async (identity, operation) => controller.preview(...(await named(identity)), operation),
    previewResubmit: async (identity, options) => controller.previewResubmit(...(await named(identity)), options),
    labelKeys: async () => sorted((await labels()).flatMap((own) => Object.keys(own))),
    labelValues: async (key) => sorted((await labels()).flatMap((own) => own[key] ?? [])),
  }
}
